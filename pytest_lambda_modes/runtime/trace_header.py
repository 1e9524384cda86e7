"""The X-Ray trace header, by which AWS knows what belongs together. (RT-36, ASYNC-24)"""

from __future__ import annotations

from pytest_lambda_modes.units import SECOND


def trace_header(request_id: str, began: int) -> str:
    """The header of a request that began at an epoch (microseconds). All attempts of an event have the same one."""
    digits = request_id.replace("-", "")
    return f"Root=1-{began // SECOND:08x}-{digits[:24]};Parent={digits[16:]};Sampled=0"
