"""Logs as lines of JSON that cannot hold a name.

Only keys of a short list pass; everything else is dropped. Our own events are names like `outbox.failed`. A line of a library keeps
its template without the values, or only the place it came from. Of an error there is its type and the lines it passed through,
never its message.
"""

import logging
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase
from structlog.typing import EventDict, Processor

from coordination.audit.context import door
from coordination.lib.faults import frames

KEYS = (
    "time", "level", "event", "logger", "request_id", "route", "method", "status", "ms", "user_id", "organization_id", "task",
    "message_id", "error", "cause", "code", "frames",
)  # fmt: skip
LONGEST = 200
_EVENT = re.compile(r"[a-z][a-z0-9_.]{1,80}")
_log = structlog.get_logger("coordination.request")


def configure(level: str = "WARNING") -> None:
    """Send every log line of the process, ours and the libraries', through the list of keys to standard error."""
    before: list[Processor] = [
        _add_where,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _add_error,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                _take_foreign_text,
                *before,
            ],
            processors=[_only_known_keys, structlog.processors.JSONRenderer(ensure_ascii=False)],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)


def _add_where(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """The request or job it happened in."""
    through = door.get()
    if through.request_id:
        event.setdefault("request_id", through.request_id)
    if through.route:
        event.setdefault("route", through.route)
    return event


def _take_foreign_text(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """A line of a library: its template if the values stand apart from it, else only where it was written."""
    record = event["_record"]
    event["event"] = (
        event["event"]
        if event.get("positional_args")
        else f"{record.module}.{record.funcName}:{record.lineno}"
    )
    return event


def _add_error(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Replace the error by its type and the lines it passed through."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    fault = given[1] if isinstance(given, tuple) else given
    if isinstance(fault, BaseException):
        event["error"] = type(fault).__name__
        event["frames"] = frames(fault)
        if fault.__cause__ is not None:
            event["cause"] = type(fault.__cause__).__name__
            event["code"] = getattr(fault.__cause__, "sqlstate", None)  # of PostgreSQL: five characters
    return event


def _only_known_keys(_logger: Any, _name: str, event: EventDict) -> EventDict:
    line = {key: _plain(event[key]) for key in KEYS if event.get(key) is not None}
    if event.get("_from_structlog") and not _EVENT.fullmatch(str(line.get("event", ""))):
        line["event"] = "unnamed"  # an event of ours that is a sentence may hold anything
    return line


def _plain(value: Any) -> Any:
    if isinstance(value, int | float | list):
        return value
    return str(value)[:LONGEST]


class RequestLog:
    """One line for each request: the route, never the address; who, never by name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        user = getattr(
            request, "_cached_user", None
        )  # set once the session was read; asking here would read it again
        say = _log.warning if response.status_code >= 500 else _log.info
        say(
            "request",
            method=request.method,
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1),
            user_id=getattr(user, "pk", None),
            organization_id=getattr(user, "organization_id", None),
        )
        return response
