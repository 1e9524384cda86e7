"""Topics, queues and collections that cannot be mapped: settings that are refused, in AWS's words or in ours."""

from __future__ import annotations

import datetime as dt

import pytest

from pytest_lambda_modes import (
    ConfigError,
    InvalidParameterValueException,
    NotSettledError,
    ResourceConflictException,
    facts,
)
from pytest_lambda_modes.harness.event_source_settings import SETTINGS

KINDS = ["msk", "self_managed_kafka", "activemq", "rabbitmq", "documentdb"]
KAFKA = ["msk", "self_managed_kafka"]
MQ = ["activemq", "rabbitmq"]
OPTIONS = ["-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]
POSITIONS = [*KAFKA, "documentdb"]


def handler(event, context):
    return None


def make(event_source, kind, **settings):
    position = {"starting_position": "TRIM_HORIZON"} if kind in POSITIONS else {}
    return event_source(kind, handler, **{**position, **settings})


def refusal(event_source, kind, error=ConfigError, **settings):
    with pytest.raises(error) as refused:
        make(event_source, kind, **settings)
    return str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_a_method_too(event_source, kind):
    """Both give the same sort of source, named after the function where nothing else is said."""
    one = make(event_source, kind)
    assert one.state == "Enabled"
    assert repr(one).endswith("0 batches, mapping enabled>")
    position = {"starting_position": "LATEST"} if kind in POSITIONS else {}
    other = getattr(event_source, kind)(lambda event, context: None, **position)
    assert type(one) is type(other)


@pytest.mark.parametrize(
    "kind, meant",
    [
        ("kafka", '"kafka" is "msk" or "self_managed_kafka" here.'),
        ("mq", '"mq" is "activemq" or "rabbitmq" here.'),
        ("docdb", '"docdb" is "documentdb" here.'),
        ("self-managed-kafka", '"self-managed-kafka" is "self_managed_kafka" here.'),
    ],
)
def test_what_people_look_for_is_named(event_source, kind, meant):
    """The kinds are those of AWS, since their events differ."""
    with pytest.raises(ConfigError) as refused:
        event_source(kind, handler)
    assert meant in str(refused.value)


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("kind", POSITIONS)
def test_a_topic_and_a_change_stream_need_a_starting_position(event_source, kind):
    """AWS has no default for it."""
    with pytest.raises(InvalidParameterValueException, match="Value null at 'startingPosition'"):
        event_source(kind, handler)


@pytest.mark.rule("ESM-2", "MQ-2", "DOCDB-1")
@pytest.mark.parametrize(
    "kinds, setting, why",
    [
        (KINDS, {"tumbling_window_in_seconds": 60}, "tumbling windows are for Kinesis and DynamoDB streams (ESM-2)"),
        (KINDS, {"parallelization_factor": 2}, "it divides the shards of Kinesis and DynamoDB streams (ESM-2)"),
        (KINDS, {"maximum_concurrency": 2}, "it is for SQS (SQS-25)"),
        (MQ, {"starting_position": "LATEST"}, "there are no positions (MQ-2)"),
        (MQ, {"maximum_retry_attempts": 2}, "until it is processed or its messages expire (MQ-2)"),
        (MQ, {"maximum_record_age_in_seconds": 60}, "until it is processed or its messages expire (MQ-2)"),
        (MQ, {"bisect_batch_on_function_error": True}, "until it is processed or its messages expire (MQ-2)"),
        (MQ, {"function_response_types": []}, "there are no partial batch responses"),
        (MQ, {"minimum_pollers": 2}, "there is no provisioned mode"),
        (MQ, {"topics": ["a"]}, "Amazon MQ has queues"),
        (KAFKA, {"queues": ["a"]}, "Kafka has topics"),
        (["documentdb"], {"maximum_retry_attempts": 2}, "or the change stream's log expires (DOCDB-1)"),
        (["documentdb"], {"function_response_types": []}, "there are no partial batch responses"),
        (["documentdb"], {"filter_criteria": []}, "change streams have no filters"),
        (["documentdb"], {"maximum_pollers": 2}, "there is no provisioned mode"),
    ],
)
def test_a_setting_of_other_sources_is_refused_by_name(event_source, kinds, setting, why):
    """With the reason, and the rule behind it."""
    [name] = setting
    for kind in kinds:
        told = refusal(event_source, kind, **setting)
        assert f"event_source.{kind}(...): there is no {name} here: " in told
        assert why in told


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("kind", [*MQ, "documentdb"])
@pytest.mark.parametrize("setting", ["on_failure", "destination_config"])
def test_only_kafka_has_destinations(event_source, kind, setting):
    """AWS says so in these words."""
    told = refusal(event_source, kind, InvalidParameterValueException, **{setting: "sqs:lost"})
    assert "Unsupported DestinationConfig parameter for given event source mapping type." in told


@pytest.mark.rule("KAFKA-4")
@pytest.mark.parametrize(
    "setting",
    [
        {"maximum_retry_attempts": 2},
        {"maximum_record_age_in_seconds": 60},
        {"bisect_batch_on_function_error": True},
        {"function_response_types": ["ReportBatchItemFailures"]},
        {"on_failure": "kafka://lost"},
    ],
)
def test_some_settings_need_provisioned_mode(event_source, setting):
    """A topic on demand is retried without end; how to have the mode is said."""
    told = refusal(event_source, "msk", **setting)
    assert "can be set in provisioned mode only. (KAFKA-4)" in told
    assert "minimum_pollers=1" in told
    assert make(event_source, "msk", minimum_pollers=1, **setting).pollers == 1


@pytest.mark.parametrize(
    "kind, settings, text",
    [
        ("msk", {"topics": "orders"}, 'topics is "orders", and must be a list of one topic'),
        ("msk", {"topics": ["a", "b"]}, "Map others apart. (ESM-2)"),
        ("msk", {"topics": ["a b"]}, "1 to 249 letters"),
        ("msk", {"num_partitions": 0}, "num_partitions is 0"),
        ("msk", {"cluster_name": "a b"}, "1 to 64 letters, digits and hyphens"),
        ("msk", {"bootstrap_servers": ["a:1"]}, "is a setting of event_source (self_managed_kafka), not of this"),
        ("self_managed_kafka", {"bootstrap_servers": []}, "a list of one address or more"),
        ("self_managed_kafka", {"bootstrap_servers": ["kafka-1"]}, "host and port"),
        ("self_managed_kafka", {"cluster_name": "a"}, "is a setting of event_source (msk, documentdb), not of this"),
        ("msk", {"minimum_pollers": 1.5}, "minimum_pollers is 1.5"),
        ("msk", {"on_failure": "kafka://a b"}, "kafka:// and a topic"),
        ("msk", {"on_failure": "events:default"}, "a target such as"),
        ("self_managed_kafka", {"consumption_mode": "Queue"}, "consumption_mode is not simulated: share groups"),
        ("msk", {"consumer_group_id": "g"}, "consumer_group_id is not simulated: each mapping has a consumer group"),
        ("msk", {"schema_registry_config": {}}, "schema_registry_config is not simulated"),
        ("activemq", {"queues": []}, "a list of one queue"),
        ("activemq", {"virtual_host": "/"}, "is a setting of event_source (rabbitmq), not of this"),
        ("rabbitmq", {"virtual_host": ""}, "a string of 1 to 200 characters"),
        ("rabbitmq", {"source_access_configurations": []}, "nothing here is authenticated"),
        ("documentdb", {"full_document": "always"}, 'must be "Default" or "UpdateLookup"'),
        ("documentdb", {"database_name": "a.b"}, "a string of 1 to 63 characters"),
        ("documentdb", {"collection_name": "system.views"}, "a string of 1 to 57 characters"),
        ("documentdb", {"change_stream_log_retention_duration": 5}, "from 3600 to 604800"),
        ("activemq", {"maximum_batching_window_in_seconds": 0.5}, "must be a whole number of seconds from 0 to 300"),
        ("documentdb", {"BatchSize": 5}, "names are in snake case here: batch_size"),
    ],
)
def test_a_value_that_cannot_be_is_explained(event_source, kind, settings, text):
    """What it is, what it must be, and whose it is."""
    assert text in refusal(event_source, kind, **settings)


@pytest.mark.rule("ESM-2")
@pytest.mark.parametrize(
    "kind, settings, text",
    [
        ("msk", {"batch_size": 10_001}, "less than or equal to 10000"),
        ("rabbitmq", {"batch_size": 0}, "greater than or equal to 1"),
        ("msk", {"minimum_pollers": 201}, "less than or equal to 200"),
        ("msk", {"maximum_pollers": 2_001}, "less than or equal to 2000"),
        ("msk", {"minimum_pollers": 3, "maximum_pollers": 2}, "MinimumPollers must be less than or equal to"),
        ("msk", {"filter_criteria": [{"value": "a"}]}, "Invalid filter pattern definition."),
        ("msk", {"on_failure": "sqs:lost.fifo"}, "is invalid."),
        ("documentdb", {"starting_position": "AT_TIMESTAMP"}, "StartingPositionTimestamp is required"),
        ("activemq", {"qualifier": "7"}, "Function does not exist"),
        (
            "msk",
            {
                "starting_position": "AT_TIMESTAMP",
                "starting_position_timestamp": dt.datetime(2027, 1, 1, tzinfo=dt.timezone.utc),
            },
            "cannot be in the future",
        ),
    ],
)
def test_what_aws_answers_with_an_error_raises_it(event_source, kind, settings, text):
    """InvalidParameterValueException, as CreateEventSourceMapping does."""
    assert text in refusal(event_source, kind, InvalidParameterValueException, **settings)


@pytest.mark.rule("ESM-5")
@pytest.mark.parametrize("kind", POSITIONS)
def test_the_same_function_is_mapped_once(event_source, kind):
    """To a topic or a collection; after the first mapping is deleted, again."""
    first = make(event_source, kind)
    told = refusal(event_source, kind, ResourceConflictException)
    assert f"the existing mapping with UUID {first.mapping.uuid}" in told
    first.delete()
    make(event_source, kind)


@pytest.mark.parametrize("kind", MQ)
def test_a_queue_is_mapped_once(event_source, kind):
    """Two mappings would compete for its messages."""
    event_source(kind, handler, queues=["orders"])
    with pytest.raises(ConfigError, match="queue orders is mapped already"):
        event_source(kind, lambda event, context: None, queues=["orders"])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_made_of_what_is_refused(event_source, lambda_modes, kind):
    """So the right call after it is as if it were the first."""
    refusal(event_source, kind, InvalidParameterValueException, batch_size=0)
    assert event_source.made == []
    assert make(event_source, kind).state == "Enabled"


@pytest.mark.lambda_function(handler=handler)
@pytest.mark.event_source("msk", topics=["orders"], num_partitions=2, starting_position="TRIM_HORIZON")
def test_a_marker_describes_a_source(event_source):
    """The call may add to it."""
    orders = event_source(batch_size=7)
    assert (orders.topic.name, len(orders.topic.partitions)) == ("orders", 2)
    assert orders.mapping.config.batch_size == 7


@pytest.mark.parametrize(
    "marker, text",
    [
        ('"activemq", maximum_retry_attempts=1', "there is no maximum_retry_attempts here"),
        ('"msk", batch_size="many"', 'batch_size is \\"many\\"'),
        ('"documentdb", topics=["a"]', "topics is a setting of event_source"),
    ],
)
def test_a_marker_is_checked_before_the_test_runs(pytester, marker, text):
    """With the name of the marker."""
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.lambda_function(handler=lambda event, context: None)
        @pytest.mark.event_source({marker})
        def test_it(event_source):
            raise AssertionError("it ran")
        """
    )
    result = pytester.runpytest_inprocess(*OPTIONS)
    result.assert_outcomes(errors=1)
    assert "marker event_source: " in str(result.stdout)
    assert text.replace("\\", "") in str(result.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mapping_can_be_changed(event_source, kind):
    """All but where it started; what is wrong changes nothing."""
    source = make(event_source, kind)
    source.update(batch_size=3, enabled=False)
    assert (source.mapping.config.batch_size, source.state) == (3, "Disabled")
    with pytest.raises(ConfigError, match=r"event_source.update\(...\): "):
        source.update(batch_size=4, starting_position="LATEST")
    assert source.mapping.config.batch_size == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_disabled_mapping_cannot_be_drained(event_source, kind):
    """What waits would wait for ever."""
    source = make(event_source, kind, enabled=False)
    verb = {"rabbitmq": "publish", "documentdb": "insert_one"}.get(kind, "send")
    getattr(source, verb)({"a": 1})
    with pytest.raises(NotSettledError, match="its mapping is disabled"):
        source.drain()


def test_what_never_ran_is_left_over(pytester):
    """A test that forgets to let time pass is told what it left."""
    pytester.makepyfile(
        """
        def handler(event, context): ...

        def test_kafka(event_source):
            event_source.msk(handler, starting_position="TRIM_HORIZON").send("a")

        def test_mq(event_source):
            event_source.rabbitmq(handler).publish("a")

        def test_documentdb(event_source):
            event_source.documentdb(handler, starting_position="TRIM_HORIZON").insert_one({"_id": 7})
        """
    )
    result = pytester.runpytest_inprocess(*OPTIONS)
    told = str(result.stdout)
    assert "<KafkaRecord a in handler-topic, handler-topic-0: pending>" in told
    assert "<MqMessage a in handler-queue: pending>" in told
    assert '<DocumentChange insert {"_id": 7} in handler-collection' in told


def test_each_kind_has_its_settings():
    """The catalogue that messages and the marker go by."""
    assert set(KINDS) < set(SETTINGS)
    assert all("qualifier" in names and "faults" in names for names in SETTINGS.values())


def test_hazards_of_filters_are_told(event_source, lambda_modes):
    """As for other sources."""
    make(event_source, "msk", filter_criteria=[{"value": {"price": [1.5]}}])
    assert "FILT-7" in [fact.id for fact in lambda_modes.timeline.facts if isinstance(fact, facts.Hazard)]
