"""Where a request came through: filled by the middleware, read by `record`, empty outside a request.

It never says who acts: that is always the `by` of the call.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Door:
    route: str = ""
    request_id: str = ""
    address: str | None = None
    app_id: str = ""  # the program that called the API
    accesses: list[dict[str, Any]] | None = (
        None  # what this request showed: it counts also when the rest is undone
    )


door: ContextVar[Door] = ContextVar("door", default=Door())  # noqa: B039 - frozen, and outside a request it keeps nothing
