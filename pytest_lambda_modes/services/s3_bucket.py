"""An S3 bucket: objects by their keys, and who is told of their changes."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from hashlib import md5
from typing import Any, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import ConfigError, InvalidArgument, KeyTooLongError, NoSuchBucket, NoSuchKey
from pytest_lambda_modes.model.counting import counted
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.limits import S3_KEY_BYTES
from pytest_lambda_modes.model.settings import flag
from pytest_lambda_modes.services.bucket_notification import BucketNotification, change_filter
from pytest_lambda_modes.services.notification import NOTHING_OUTSIDE, ObjectChange, Outside, Route
from pytest_lambda_modes.units import utc_datetime


@dataclass(frozen=True)
class S3Object:
    """What is stored under a key. `last_modified` is in UTC."""

    key: str
    body: bytes
    content_type: str
    last_modified: dt.datetime

    @property
    def e_tag(self) -> str:
        """The hex MD5 of the body, in double quotes as in the API."""
        return f'"{md5(self.body, usedforsecurity=False).hexdigest()}"'

    def json(self) -> Any:
        """The body, parsed. Raises ValueError for other content."""
        return json.loads(self.body)


class S3Bucket:
    """A bucket. `objects` are in the order in which their keys were first written."""

    kind: ClassVar[str] = "s3"
    fifo: ClassVar[bool] = False

    def __init__(self, name: str, scheduler: Scheduler, identifiers: Identifiers) -> None:
        self.name = name
        self.arn = f"arn:aws:s3:::{name}"
        self.deleted = False
        self.objects: dict[str, S3Object] = {}
        self.notifications: list[BucketNotification] = []
        self.outside: Outside = NOTHING_OUTSIDE
        self._scheduler = scheduler
        self._identifiers = identifiers

    def put_object(self, key: str, body: str | bytes, content_type: str = "binary/octet-stream") -> S3Object:
        """Write or overwrite an object; text is written as UTF-8. Tells `ObjectCreated:Put`.

        Raises NoSuchBucket for a deleted bucket, KeyTooLongError for a key of more than 1024 bytes.
        """
        self._check_existence()
        if len(key.encode()) > S3_KEY_BYTES:
            raise KeyTooLongError
        content = body.encode() if isinstance(body, str) else bytes(body)
        stored = self.objects[key] = S3Object(key, content, content_type, utc_datetime(self._scheduler.epoch()))
        self._tell("ObjectCreated:Put", stored)
        return stored

    def get_object(self, key: str) -> S3Object:
        """Raises NoSuchKey, NoSuchBucket."""
        self._check_existence()
        if key not in self.objects:
            raise NoSuchKey
        return self.objects[key]

    def delete_object(self, key: str) -> None:
        """Delete an object, and tell `ObjectRemoved:Delete`. A key that is not there is no error, and nothing to tell.

        Raises NoSuchBucket.
        """
        self._check_existence()
        deleted = self.objects.pop(key, None)
        if deleted is not None:
            self._tell("ObjectRemoved:Delete", deleted)

    def notify(
        self,
        target: object,
        *,
        events: object = None,
        prefix: str = "",
        suffix: str = "",
        skip_destination_validation: bool = False,
    ) -> BucketNotification:
        """Tell a queue, a topic or a function of changes from now on, or the default event bus of all. (ASYNC-43)

        `events` are as in S3's configuration, e.g. `["s3:ObjectCreated:*"]`; keys must begin with `prefix` and end with
        `suffix`. The bus takes no such filters: its rules have patterns. A queue or topic gets `s3:TestEvent` first
        (EVT-5), unless `skip_destination_validation`. Raises ConfigError, NoSuchBucket, and InvalidArgument for
        filters that overlap with those of another notification and for a FIFO queue or topic.
        """
        self._check_existence()
        where = f"bucket {self.name}: notify(...)"
        endpoint = self.outside.endpoint(where, target, ("sqs", "sns", "lambda", "events"))
        why = "S3 checks a queue or topic with an s3:TestEvent. (EVT-5)"
        flag(where, "skip_destination_validation", skip_destination_validation, why)
        if endpoint.fifo:
            raise InvalidArgument("Unable to validate the following destination configurations")
        filter = None
        if endpoint.kind != "events":
            filter = change_filter(where, events, prefix, suffix)
        elif endpoint.name != "default" or events is not None or prefix or suffix:
            raise ConfigError(
                f"{where}: EventBridge gets all events of the bucket, on its default bus.\n\n"
                '  bucket.notify("events:default")\n'
                '  lambda_modes.event_bus().put_rule("new", {"source": ["aws.s3"]}, targets=[...])'
            )
        route = Route(endpoint, self.outside, self._scheduler)
        notification = BucketNotification(self._identifiers.uuid("s3 notification"), filter, route, self.outside)
        notification.check_beside(self.notifications)
        self.notifications.append(notification)
        if not skip_destination_validation:
            notification.send_test_event(self.name)
        return notification

    def delete(self) -> None:
        """DeleteBucket. From now on every call raises NoSuchBucket."""
        self.objects.clear()
        self.deleted = True

    def __repr__(self) -> str:
        return f"<S3Bucket {self.name}: {'deleted' if self.deleted else counted(len(self.objects), 'object')}>"

    def _tell(self, event_type: str, stored: S3Object) -> None:
        change = ObjectChange(event_type, self.name, stored.key, len(stored.body), stored.e_tag.strip('"'))
        for notification in self.notifications:
            notification.offer(change)

    def _check_existence(self) -> None:
        if self.deleted:
            raise NoSuchBucket
