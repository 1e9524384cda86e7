"""The services that people use, as methods of `sync_invoke`: Cognito, Lex, Alexa, Connect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.harness.service_caller import ServiceCaller, only_given, refuse_others
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.faults import Fault
from pytest_lambda_modes.units import SECOND

if TYPE_CHECKING:
    from pytest_lambda_modes.events.building import Event
    from pytest_lambda_modes.modes.synchronous.alexa_contract import AlexaAnswer
    from pytest_lambda_modes.modes.synchronous.cognito_contract import CognitoAnswer
    from pytest_lambda_modes.modes.synchronous.connect_contract import ConnectAnswer
    from pytest_lambda_modes.modes.synchronous.lex_contract import LexAnswer


class UserCallers(ServiceCaller):
    """All take `overrides` (merged into the event), `handler` (instead of the function under test) with settings of
    the marker `lambda_function`, `qualifier` (a version or alias) and `faults` (by the number of the try). They raise
    ConfigError, before the function is called.
    """

    def from_cognito(
        self,
        trigger_source: str,
        *,
        user_name: str = "user",
        user_attributes: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
        version: str = "1",
        user_pool_id: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> CognitoAnswer:
        """A trigger of a user pool, such as `"PreSignUp_SignUp"`: 5 s for each of three tries. (SYNC-35)

        The arguments are those of `events.cognito_trigger`. Custom senders are refused: Cognito does not wait for them.
        """
        from pytest_lambda_modes.events.cognito import cognito_trigger
        from pytest_lambda_modes.modes.synchronous import cognito_contract

        where = "sync_invoke.from_cognito(...)"
        trial = self._trial(where, handler, qualifier, faults, function_settings, most_tries=3)
        event = trial.event(
            cognito_trigger,
            trigger_source,
            user_name=user_name,
            user_attributes=user_attributes,
            client_metadata=client_metadata,
            version=version,
            user_pool_id=user_pool_id,
            overrides=overrides,
        )
        if trigger_source.startswith(("CustomEmailSender", "CustomSMSSender")):
            raise ConfigError(
                f"{where}: Cognito calls {trigger_source} asynchronously, and waits for no answer. (SYNC-35)\n\n"
                f'  async_invoke(events.cognito_trigger("{trigger_source}")).wait()'
            )
        tries = self._tries(trial, event, cognito_contract.POLICY)
        return self._answered(trial, cognito_contract.answer(event, tries))

    def from_lex(
        self,
        intent: str,
        *,
        input_transcript: str = "Hello",
        slots: Mapping[str, str | None] | None = None,
        invocation_source: str = "DialogCodeHook",
        state: str | None = None,
        session_attributes: Mapping[str, str] | None = None,
        request_attributes: Mapping[str, str] | None = None,
        input_mode: str = "Text",
        bot: str = "bot",
        locale_id: str = "en_US",
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> LexAnswer:
        """A code hook of a Lex V2 bot: one try of 30 s. (SYNC-42)

        The arguments are those of `events.lex_code_hook`.
        """
        from pytest_lambda_modes.events.lex import lex_code_hook
        from pytest_lambda_modes.modes.synchronous import lex_contract

        trial = self._trial("sync_invoke.from_lex(...)", handler, qualifier, faults, function_settings)
        event = trial.event(
            lex_code_hook,
            intent,
            input_transcript=input_transcript,
            slots=slots,
            invocation_source=invocation_source,
            state=state,
            session_attributes=session_attributes,
            request_attributes=request_attributes,
            input_mode=input_mode,
            bot=bot,
            locale_id=locale_id,
            overrides=overrides,
        )
        return self._answered(trial, lex_contract.answer(event, self._tries(trial, event, lex_contract.POLICY)))

    def from_alexa(
        self,
        request_type: str = "LaunchRequest",
        *,
        intent: str | None = None,
        slots: Mapping[str, str | None] | None = None,
        session_attributes: Mapping[str, Any] | None = None,
        new_session: bool | None = None,
        reason: str | None = None,
        locale: str = "en-US",
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> AlexaAnswer:
        """A request to a skill: one try of 8 s. (SYNC-42)

        `"LaunchRequest"`; `"IntentRequest"` with `intent`, `slots`, `session_attributes`, `new_session`; or
        `"SessionEndedRequest"` with `reason`, `session_attributes`. They are those of `events.alexa_intent` etc.
        """
        from pytest_lambda_modes.events import alexa
        from pytest_lambda_modes.modes.synchronous import alexa_contract

        where = "sync_invoke.from_alexa(...)"
        builders: dict[str, tuple[Callable[..., Event], tuple[str, ...]]] = {
            "LaunchRequest": (alexa.alexa_launch, ()),
            "IntentRequest": (alexa.alexa_intent, ("intent", "slots", "session_attributes", "new_session")),
            "SessionEndedRequest": (alexa.alexa_session_ended, ("reason", "session_attributes")),
        }
        settings.one_of(
            where, "request_type", request_type, tuple(builders), "They are the requests to a custom skill."
        )
        builder, takes = builders[request_type]
        given = only_given(
            intent=intent, slots=slots, session_attributes=session_attributes, new_session=new_session, reason=reason
        )
        refuse_others(where, given, takes, request_type)
        if request_type == "IntentRequest":
            given.setdefault("intent", "")
        trial = self._trial(where, handler, qualifier, faults, function_settings)
        event = trial.event(builder, locale=locale, **given, overrides=overrides)
        return self._answered(trial, alexa_contract.answer(event, self._tries(trial, event, alexa_contract.POLICY)))

    def from_connect(
        self,
        *,
        parameters: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
        channel: str = "VOICE",
        initiation_method: str = "INBOUND",
        customer_number: str = "+15550100",
        invocation_time_limit_seconds: int = 8,
        response_type: str = "STRING_MAP",
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> ConnectAnswer:
        """The block `Invoke AWS Lambda function` of a contact flow: four tries in 8 s, or less. (SYNC-42)

        `invocation_time_limit_seconds` is 1 to 8, for all tries together. `response_type` is the block's response
        validation, `"STRING_MAP"` or `"JSON"`. The other arguments are those of `events.connect_contact_flow`.
        """
        from pytest_lambda_modes.events.connect import connect_contact_flow
        from pytest_lambda_modes.modes.synchronous import connect_contract

        where = "sync_invoke.from_connect(...)"
        name, limits = "invocation_time_limit_seconds", connect_contract.INVOCATION_TIME_LIMIT_SECONDS
        why = "It is how long the flow waits, retries included."
        limit = settings.number_in(where, name, invocation_time_limit_seconds, limits, "seconds", why)
        choices, why = connect_contract.RESPONSE_TYPES, "STRING_MAP takes a flat object of strings, JSON any object."
        settings.one_of(where, "response_type", response_type, choices, why)
        trial = self._trial(where, handler, qualifier, faults, function_settings, most_tries=4)
        event = trial.event(
            connect_contact_flow,
            parameters=parameters,
            attributes=attributes,
            channel=channel,
            initiation_method=initiation_method,
            customer_number=customer_number,
            overrides=overrides,
        )
        tries = self._tries(trial, event, connect_contract.POLICY._replace(within=limit * SECOND))
        return self._answered(trial, connect_contract.answer(tries, response_type))
