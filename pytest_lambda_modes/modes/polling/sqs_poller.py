"""Reads a queue for a mapping: forms batches, invokes, and deletes or leaves what the answer says. (SQS-4, SQS-5)"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from pytest_lambda_modes import units
from pytest_lambda_modes.clock.scheduler import Timer
from pytest_lambda_modes.errors import ApiError, OverLimit, QueueDoesNotExist
from pytest_lambda_modes.events import sqs as event
from pytest_lambda_modes.filtering.matching import FilterCriteria
from pytest_lambda_modes.model import faults, limits
from pytest_lambda_modes.model.event_source_mapping_config import SqsMappingConfig
from pytest_lambda_modes.model.facts import BatchSettled, Injected, MessagesPolled
from pytest_lambda_modes.modes.asynchronous.retry_policy import back_off
from pytest_lambda_modes.modes.polling import sqs_scaling
from pytest_lambda_modes.modes.polling.batch_response import read_report
from pytest_lambda_modes.modes.polling.event_source_mapping import EventSourceMapping
from pytest_lambda_modes.modes.polling.sqs_batch import Batch
from pytest_lambda_modes.runtime.invocation import Invocation, Request
from pytest_lambda_modes.services.sqs_message import Message
from pytest_lambda_modes.services.sqs_queue import SqsQueue
