"""An HTTP request as its client sends it: checked once, then told in the words of the service that receives it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote, urlencode

from pytest_lambda_modes.errors import ConfigError
from pytest_lambda_modes.events.building import SOURCE_IP, base64_text, choice, json_text
from pytest_lambda_modes.model.identifiers import Identifiers
from pytest_lambda_modes.model.settings import shown

Values = Mapping[str, str | Sequence[str]]
Body = str | bytes | Mapping[str, object] | Sequence[object] | None
Pairs = tuple[tuple[str, str], ...]

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
USER_AGENT = "pytest-lambda-modes"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH = re.compile(r"/[!$%&'()*+,./0-9:;=@A-Z_a-z~-]*")
_TEXT_TYPES = ("application/json", "application/javascript", "application/xml")


class Request(NamedTuple):
    """A request that can be. Query and headers are in order, a name once for each of its values."""

    method: str
    path: str
    query: Pairs
    headers: Pairs
    body: bytes | None

    def header(self, name: str) -> str | None:
        """The last value of a header, in whatever case its name was given."""
        return last_values(lower_names(self.headers)).get(name.lower())

    def raw_query(self) -> str:
        """The query as it stands in the URL, without the `?`."""
        return urlencode(self.query, quote_via=quote)


def checked(
    where: str, method: str, path: str, query: Values | None, headers: Values | None, body: Body, most_bytes: int | None
) -> Request:
    """The request that the arguments describe, with the headers that every client sends.

    `path` is the path as it stands in the URL, so percent-encoded; query values are plain. A body is text, bytes, or
    a value to send as JSON. Raises ConfigError for what no client can send or the service does not take.
    """
    choice(where, "method", method, METHODS)
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise ConfigError(
            f"{where}: path is {shown(path)}, and must be a path of a URL, from its first / on.\n\n"
            'Percent-encode what a URL cannot hold: urllib.parse.quote(...). A query goes apart: query={"page": "2"}'
        )
    sent, content_type = _body(where, body)
    if sent is not None and most_bytes is not None and len(sent) > most_bytes:
        raise ConfigError(f"{where}: body has {len(sent)} bytes, and the service takes {most_bytes} at most.")
    given = header_pairs(where, "headers", headers)
    defaults = {"accept": "*/*", "content-type": content_type, "user-agent": USER_AGENT}
    names = {name.lower() for name, _ in given}
    added = tuple((name, value) for name, value in defaults.items() if value and name not in names)
    return Request(method, path, _pairs(where, "query", query), added + given, sent)


def header_pairs(where: str, name: str, headers: Values | None) -> Pairs:
    """Headers in order, a name once for each of its values. Raises ConfigError for what HTTP cannot carry."""
    pairs = _pairs(where, name, headers)
    for header, value in pairs:
        if not _TOKEN.fullmatch(header) or not value.isprintable():
            raise ConfigError(f"{where}: the header {shown(header)}: {shown(value)} cannot be sent in HTTP.")
    return pairs


def through_a_proxy(request: Request, host: str, ids: Identifiers, at: int) -> Request:
    """The request with the headers that AWS's front doors add. `at` is in microseconds since 1970."""
    if request.header("host") is not None:
        host = str(request.header("host"))
    added = {
        "host": host,
        "x-amzn-trace-id": f"Root=1-{at // 1_000_000:08x}-{ids.hex('trace', 24)}",
        "x-forwarded-for": SOURCE_IP,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    theirs = tuple(pair for pair in request.headers if pair[0].lower() not in added)
    return request._replace(headers=theirs + tuple(added.items()))


def lower_names(pairs: Pairs) -> Pairs:
    return tuple((name.lower(), value) for name, value in pairs)


def last_values(pairs: Pairs) -> dict[str, str]:
    """Each name with its last value."""
    return dict(pairs)


def all_values(pairs: Pairs) -> dict[str, list[str]]:
    """Each name with its values in order."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def joined_values(pairs: Pairs) -> dict[str, str]:
    """Each name with its values in order, commas between."""
    return {name: ",".join(values) for name, values in all_values(pairs).items()}


def body_members(request: Request) -> tuple[str | None, bool]:
    """`body` and `isBase64Encoded` where the content type decides: text as it is, anything else in base64."""
    if request.body is None:
        return None, False
    content_type = (request.header("content-type") or "").split(";")[0].strip().lower()
    if request.header("content-encoding") is None and (content_type.startswith("text/") or content_type in _TEXT_TYPES):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64_text(request.body), True


def path_parameters(where: str, template: str, path: str) -> dict[str, str] | None:
    """The parameters of a path by a template such as `/orders/{id}` or `/{proxy+}`; None when it has none.

    Raises ConfigError when the path does not match.
    """
    parts = re.split(r"(\{[A-Za-z0-9._-]+\+?\})", template)
    patterns = (_parameter_pattern(part) if index % 2 else re.escape(part) for index, part in enumerate(parts))
    match = re.fullmatch("".join(patterns), path)
    if match is None:
        raise ConfigError(
            f"{where}: the path {shown(path)} does not match {shown(template)}, so it would not get there.\n\n"
            "A segment is {name}; what follows to the end of the path is {name+}."
        )
    names = [part.strip("{+}") for part in parts[1::2]]
    return {name: unquote(value) for name, value in zip(names, match.groups(), strict=True)} or None


def _parameter_pattern(part: str) -> str:
    return "(.+)" if part.endswith("+}") else "([^/]+)"


def _pairs(where: str, name: str, values: Values | None) -> Pairs:
    pairs: list[tuple[str, str]] = []
    for key, value in (values or {}).items():
        several = [value] if isinstance(value, str) else value
        if (
            not isinstance(key, str)
            or not isinstance(several, (list, tuple))
            or not all(isinstance(one, str) for one in several)
        ):
            raise ConfigError(
                f"{where}: {name}[{key!r}] is {shown(value)}, and must be a string, or a list of strings.\n\n"
                "HTTP knows strings only: str(...)"
            )
        pairs += [(key, one) for one in several]
    return tuple(pairs)


def _body(where: str, body: Body) -> tuple[bytes | None, str]:
    """The bytes that are sent, and the content type that goes with them unless a header says otherwise."""
    if body is None:
        return None, ""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        return body.encode(), "text/plain; charset=utf-8"
    return json_text(where, "body", body).encode(), "application/json"
