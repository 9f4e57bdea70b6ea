"""Which kinds of job there are. Each app's ``tasks`` module adds its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from projects.jobs.run import JobRun

Handler = Callable[["JobRun"], dict[str, Any] | None]
Queue = Literal["interactive", "long"]

# Somebody waits in front of the screen for the first; nothing there may take minutes.
QUEUES: tuple[Queue, ...] = ("interactive", "long")


class UnknownKind(LookupError):  # noqa: N818
    """A job names a kind that no module of this version registers."""


@dataclass(frozen=True, slots=True)
class JobKind:
    name: str
    handler: Handler
    queue: Queue
    right: str | None


_kinds: dict[str, JobKind] = {}


def job(
    name: str, *, queue: Queue = "long", right: str | None = None
) -> Callable[[Handler], Handler]:
    """Register a handler. ``right`` is required of the person when the job is made and again when
    the handler asks for its access; None leaves that to the handler.
    """

    def register(handler: Handler) -> Handler:
        if queue not in QUEUES:
            raise ValueError(f"Job {name!r}: queue must be one of {QUEUES}, not {queue!r}.")
        known = _kinds.get(name)
        if known is not None and known.handler.__module__ != handler.__module__:
            raise ValueError(f"Job {name!r} is registered twice.")
        _kinds[name] = JobKind(name, handler, queue, right)
        return handler

    return register


def kind_of(name: str) -> JobKind:
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(f"There is no job of the kind {name!r}.") from None
