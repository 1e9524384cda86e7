"""Values of documents in MongoDB's extended JSON, in its relaxed form, as change events have them."""

from __future__ import annotations

import datetime as dt
from binascii import b2a_base64
from collections.abc import Mapping

from pytest_lambda_modes.errors import EventError
from pytest_lambda_modes.model.settings import shown
from pytest_lambda_modes.units import epoch_microseconds, iso_milliseconds

# Bound once, at import: readers of time may be frozen while this runs.
_datetime = dt.datetime


def extended(value: object) -> object:
    """JSON values as they are, an aware datetime as `$date`, bytes as `$binary`; an ObjectId comes as `{"$oid": ...}`.

    Raises EventError for anything else.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: extended(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [extended(each) for each in value]
    if isinstance(value, bytes):
        return {"$binary": {"base64": b2a_base64(value, newline=False).decode(), "subType": "00"}}
    if isinstance(value, _datetime) and value.tzinfo is not None:
        return {"$date": iso_milliseconds(epoch_microseconds(value))}
    raise EventError(
        f"A document has {shown(value)}, which has no form in extended JSON here.\n\n"
        "It may have JSON values, bytes, aware datetimes, and anything in the form that extended JSON gives it: "
        '{"$numberDecimal": "9.99"}.'
    )
