"""An S3 bucket: objects by their keys."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from hashlib import md5
from typing import Any, ClassVar

from pytest_lambda_modes.clock.scheduler import Scheduler
from pytest_lambda_modes.errors import NoSuchBucket, NoSuchKey
from pytest_lambda_modes.model.identifiers import Identifiers
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
        self._scheduler = scheduler

    def put_object(self, key: str, body: str | bytes, content_type: str = "binary/octet-stream") -> S3Object:
        """Write or overwrite an object; text is written as UTF-8. Raises NoSuchBucket for a deleted bucket."""
        self._check_existence()
        content = body.encode() if isinstance(body, str) else bytes(body)
        stored = self.objects[key] = S3Object(key, content, content_type, utc_datetime(self._scheduler.epoch()))
        return stored

    def get_object(self, key: str) -> S3Object:
        """Raises NoSuchKey, NoSuchBucket."""
        self._check_existence()
        if key not in self.objects:
            raise NoSuchKey
        return self.objects[key]

    def delete(self) -> None:
        """DeleteBucket. From now on every call raises NoSuchBucket."""
        self.objects.clear()
        self.deleted = True

    def __repr__(self) -> str:
        return f"<S3Bucket {self.name}: {'deleted' if self.deleted else f'{len(self.objects)} objects'}>"

    def _check_existence(self) -> None:
        if self.deleted:
            raise NoSuchBucket
