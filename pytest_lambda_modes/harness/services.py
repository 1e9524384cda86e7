"""What is around the functions of one test: their queue of events, the services that send some, and all resources."""

from __future__ import annotations

from typing import NamedTuple

from pytest_lambda_modes.clock.activity import Activity
from pytest_lambda_modes.clock.event_loop import LoopDriver
from pytest_lambda_modes.clock.waiting import VirtualWaiting
from pytest_lambda_modes.harness.fan_out import FanOut
from pytest_lambda_modes.harness.functions import Functions
from pytest_lambda_modes.modes.asynchronous.event_queue import EventQueue
from pytest_lambda_modes.modes.asynchronous.service_sender import ServiceSender
from pytest_lambda_modes.runtime.invocation import Invocation
from pytest_lambda_modes.services.resources import Resources


class Services(NamedTuple):
    """They know each other: what one is told may go on to the next."""

    resources: Resources
    queue: EventQueue
    sender: ServiceSender


def services_around(functions: Functions, loops: LoopDriver) -> Services:
    platform = functions.platform
    hub = platform.hub
    waiting = VirtualWaiting(hub, loops, _lineage_of)
    resources = Resources(hub.scheduler, platform.identifiers, waiting, platform.emit)
    queue = EventQueue(platform, resources, loops)
    sender = ServiceSender(platform, queue, loops)
    resources.outside = FanOut(platform, resources, functions, sender)
    return Services(resources, queue, sender)


def _lineage_of(activity: Activity) -> dict[str, int] | None:
    return activity.lineage if isinstance(activity, Invocation) else None
