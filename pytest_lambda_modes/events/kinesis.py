"""The records of a Kinesis event, as JSON text. (KIN-1)

A record has the same text at each attempt, so it is built once. `events.stream` joins texts to a payload.
"""

from __future__ import annotations

from binascii import b2a_base64
from json.encoder import encode_basestring_ascii

from pytest_lambda_modes.units import MILLISECOND


class RecordTexts:
    """Makes the texts of records that one mapping reads: what is the same in all of them is built once.

    `invoke_identity_arn` is the ARN of the function's execution role.
    """

    __slots__ = ("_after",)

    def __init__(self, *, event_source_arn: str, invoke_identity_arn: str) -> None:
        region = event_source_arn.split(":")[3]
        self._after = (
            f'","eventName":"aws:kinesis:record","invokeIdentityArn":"{invoke_identity_arn}","awsRegion":"{region}",'
            f'"eventSourceARN":"{event_source_arn}"}}'
        )

    def text(self, *, data: bytes, partition_key: str, sequence_number: str, shard_id: str, arrival: int) -> str:
        """One record. `arrival` is in microseconds since 1970; the event has milliseconds."""
        base64 = b2a_base64(data, newline=False).decode()
        return (
            f'{{"kinesis":{{"kinesisSchemaVersion":"1.0","partitionKey":{encode_basestring_ascii(partition_key)},'
            f'"sequenceNumber":"{sequence_number}","data":"{base64}",'
            f'"approximateArrivalTimestamp":{arrival // MILLISECOND / 1000}}},'
            f'"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"{shard_id}:{sequence_number}{self._after}'
        )
