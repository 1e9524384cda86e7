"""The services that process data, as methods of `sync_invoke`: Firehose, Step Functions, S3 Batch, Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_lambda_modes.harness.service_caller import ServiceCaller
from pytest_lambda_modes.model import settings
from pytest_lambda_modes.model.faults import Fault

if TYPE_CHECKING:
    from pytest_lambda_modes.events.firehose import Data
    from pytest_lambda_modes.modes.synchronous.firehose_contract import FirehoseAnswer
    from pytest_lambda_modes.modes.synchronous.s3_batch_contract import S3BatchAnswer
    from pytest_lambda_modes.modes.synchronous.secrets_manager_contract import RotationAnswer
    from pytest_lambda_modes.modes.synchronous.service_answer import Try
    from pytest_lambda_modes.modes.synchronous.step_functions_contract import StepFunctionsAnswer


class DataCallers(ServiceCaller):
    """All take `overrides` (merged into the event), `handler` (instead of the function under test) with settings of
    the marker `lambda_function`, `qualifier` (a version or alias) and `faults` (by the number of the try). They raise
    ConfigError, before the function is called.
    """

    def from_firehose(
        self,
        records: Sequence[Data],
        *,
        delivery_stream: str = "stream",
        kinesis_stream: str | None = None,
        number_of_retries: int = 3,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> FirehoseAnswer:
        """A batch of records to transform: 5 minutes for each try, retried at once. (SYNC-37)

        `number_of_retries` is 0 to 300. The other arguments are those of `events.firehose_transformation`.
        """
        from pytest_lambda_modes.events.firehose import firehose_transformation
        from pytest_lambda_modes.modes.synchronous import firehose_contract

        where, limits = "sync_invoke.from_firehose(...)", firehose_contract.NUMBER_OF_RETRIES
        why = "It is how often an invocation that failed is tried again."
        retries = settings.number_in(where, "number_of_retries", number_of_retries, limits, "", why)
        trial = self._trial(where, handler, qualifier, faults, function_settings, most_tries=1 + retries)
        event = trial.event(
            firehose_transformation,
            records,
            delivery_stream=delivery_stream,
            kinesis_stream=kinesis_stream,
            overrides=overrides,
        )
        tries = self._tries(trial, event, firehose_contract.policy(retries))
        return self._answered(trial, firehose_contract.answer(event, tries))

    def from_step_functions(
        self,
        input: Mapping[str, Any] | None = None,
        *,
        timeout_seconds: int | None = None,
        retry: Sequence[Mapping[str, Any]] = (),
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> StepFunctionsAnswer:
        """A Task state that waits for the function, with `lambda:invoke`. (SYNC-38)

        `input` is the payload. `timeout_seconds` is the state's TimeoutSeconds, for each try; `retry` is its Retry
        block as in the Amazon States Language, a list of retriers: `{"ErrorEquals": ["States.ALL"], ...}`.
        """
        from pytest_lambda_modes.events.step_functions import step_functions_task
        from pytest_lambda_modes.modes.synchronous import step_functions_contract as contract
        from pytest_lambda_modes.modes.synchronous import step_functions_retry

        where = "sync_invoke.from_step_functions(...)"
        if timeout_seconds is not None:
            why = "It is the state's TimeoutSeconds; None waits until the function ends."
            settings.number_in(where, "timeout_seconds", timeout_seconds, contract.TIMEOUT_SECONDS, "seconds", why)
        if input is not None:
            settings.mapping(where, "input", input, "a mapping", "It is the state's payload, a JSON object. (SYNC-38)")
        retriers = step_functions_retry.check_retry(where, retry)
        most_tries = step_functions_retry.most_tries(retriers)
        trial = self._trial(where, handler, qualifier, faults, function_settings, most_tries)
        event = trial.event(step_functions_task, input, overrides=overrides)
        policy = contract.policy(timeout_seconds, retriers, lambda: trial.ids.fraction("step functions jitter"))
        return self._answered(trial, contract.answer(self._tries(trial, event, policy)))

    def from_s3_batch(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        schema_version: str = "1.0",
        user_arguments: Mapping[str, str] | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> S3BatchAnswer:
        """The one task of a call by a job: a temporary failure is tried again at once, three times. (SYNC-39)

        The arguments are those of `events.s3_batch_task`.
        """
        from pytest_lambda_modes.events.s3_batch import s3_batch_task
        from pytest_lambda_modes.modes.synchronous import s3_batch_contract

        most_tries = 1 + s3_batch_contract.RETRIES
        trial = self._trial("sync_invoke.from_s3_batch(...)", handler, qualifier, faults, function_settings, most_tries)
        event = trial.event(
            s3_batch_task,
            bucket,
            key,
            version_id=version_id,
            schema_version=schema_version,
            user_arguments=user_arguments,
            overrides=overrides,
        )
        tries = self._tries(trial, event, s3_batch_contract.policy(event))
        return self._answered(trial, s3_batch_contract.answer(event, tries))

    def from_secrets_manager(
        self,
        secret: str = "secret",
        *,
        client_request_token: str | None = None,
        rotation_token: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        handler: Any = None,
        qualifier: str | None = None,
        faults: Mapping[int, Fault] | None = None,
        **function_settings: Any,
    ) -> RotationAnswer:
        """A rotation: the four steps, one after the other, until one fails. (SYNC-41)

        Try 1 is createSecret, try 4 finishSecret. The arguments are those of `events.secrets_manager_rotation`; without
        a `client_request_token` the rotation is of a new version.
        """
        from pytest_lambda_modes.events.secrets_manager import ROTATION_STEPS, secrets_manager_rotation
        from pytest_lambda_modes.modes.synchronous import secrets_manager_contract as contract

        where, most_tries = "sync_invoke.from_secrets_manager(...)", len(ROTATION_STEPS)
        trial = self._trial(where, handler, qualifier, faults, function_settings, most_tries)
        token = client_request_token or trial.ids.uuid("secret version")
        tries: list[Try] = []
        for number, step in enumerate(ROTATION_STEPS, start=1):
            event = trial.event(
                secrets_manager_rotation,
                step,
                secret=secret,
                client_request_token=token,
                rotation_token=rotation_token,
                overrides=overrides,
            )
            tries += self._tries(trial, event, contract.POLICY, number)
            if tries[-1].outcome != "success":
                break
        return self._answered(trial, contract.RotationAnswer(tries, token))
