"""The numbers, against those of botocore's service model."""

from __future__ import annotations

import pytest
from botocore.session import get_session

from pytest_lambda_modes.model import limits
from pytest_lambda_modes.model.limits import Range

lambda_api = get_session().get_service_model("lambda")


def modelled(shape: str) -> tuple[int, int]:
    metadata = lambda_api.shape_for(shape).metadata
    return metadata["min"], metadata["max"]


@pytest.mark.rule("ASYNC-7")
@pytest.mark.parametrize(
    "ours, shape",
    [
        (limits.MAXIMUM_RETRY_ATTEMPTS, "MaximumRetryAttempts"),
        (limits.MAXIMUM_EVENT_AGE_IN_SECONDS, "MaximumEventAgeInSeconds"),
    ],
)
def test_ranges_are_those_of_the_service_model(ours: Range, shape: str) -> None:
    """Retries and event age have the range that botocore knows."""
    assert (ours.least, ours.most) == modelled(shape)


@pytest.mark.parametrize("ours, shape", [(limits.TIMEOUT, "Timeout"), (limits.MEMORY_SIZE, "MemorySize")])
def test_only_managed_instances_go_further(ours: Range, shape: str) -> None:
    """Timeout and memory start where the model starts; it ends higher, for Managed Instances alone."""
    least, most = modelled(shape)
    assert ours.least == least
    assert ours.most < most


@pytest.mark.parametrize("ours", [value for value in vars(limits).values() if isinstance(value, Range)])
def test_a_default_is_in_its_range(ours: Range) -> None:
    """Every default is a value that could be set."""
    assert ours.least <= ours.default <= ours.most


@pytest.mark.rule("SYNC-12")
def test_a_response_may_be_larger_than_a_request() -> None:
    """A response has 100 bytes more than a request's 6 MiB."""
    assert limits.SYNC_RESPONSE_BYTES == limits.SYNC_REQUEST_BYTES + 100 == 6 * 1024 * 1024 + 100
