"""Writing history. Every service that changes something calls ``record`` in its transaction."""

import uuid
from typing import Any, Protocol

from projects.access import Access
from projects.models import Event, Project, User


class HasGuid(Protocol):
    guid: uuid.UUID


def record(
    access: Access,
    verb: str,
    obj: HasGuid,
    *,
    label: str = "",
    source: HasGuid | None = None,
    before: Any = None,
    after: Any = None,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> Event:
    """Add one line to the history of ``access.project``; ``verb`` reads like ``code.created``."""
    return record_for(
        access.project,
        access.user,
        verb,
        obj,
        label=label,
        source=source,
        before=before,
        after=after,
        batch=batch,
        mode=mode,
        answers=answers,
    )


def record_for(
    project: Project, actor: User | None, verb: str, obj: HasGuid, **fields: Any
) -> Event:
    """Like ``record``, where there is no membership yet (a new project, an accepted invitation)."""
    event = new_event(project, actor, verb, obj, **fields)
    event.save()
    return event


def record_many(events: list[Event]) -> None:
    """Write many lines of one action at once (an import); made with ``new_event``."""
    Event.objects.bulk_create(events, batch_size=500)


def new_event(
    project: Project, actor: User | None, verb: str, obj: HasGuid, **fields: Any
) -> Event:
    source = fields.pop("source", None)
    batch = fields.pop("batch", None) or uuid.uuid4()
    fields["label"] = (fields.get("label") or str(obj))[:300]
    return Event(
        project=project,
        actor=actor,
        verb=verb,
        object_type=verb.split(".")[0],
        object_guid=obj.guid,
        source_guid=source.guid if source is not None else None,
        batch=batch,
        **fields,
    )
