"""The one door by which lines of history are changed: what is left of them after a withdrawal, and
of lines about what was deleted from the trash for good.

History is append-only. But a line may hold the words, the name or the identifiers of somebody who
has withdrawn, and then keeping it would break the promise that was made to them. So its content
goes and the line stays: what was done, by whom, when. Nothing else opens this door; see
docs/adr/016-withdrawal.md and docs/adr/019-trash.md.
"""

import uuid
from collections.abc import Sequence

from django.db import models

from projects.access import Access
from projects.models import Event
from projects.services.rows import write_rows

# What a line is called, and whom it names, when that may no longer be said.
MARK = "[withdrawn]"
DELETED = "[deleted for good]"
NOBODY = uuid.UUID(int=0)
FIELDS = ["label", "before", "after", "object_guid", "source_guid"]


def blank(*, access: Access, events: models.QuerySet[Event]) -> int:
    """Take everything but verb, actor, time and batch out of these lines; how many they were."""
    access.require("withdraw")
    ours = _open().filter(project=access.project, pk__in=events.order_by().values("pk"))
    return ours.update(label=MARK, before=None, after=None, object_guid=NOBODY, source_guid=NOBODY)


def empty(*, access: Access, own: models.QuerySet[Event], about: models.QuerySet[Event]) -> int:
    """Take what they hold out of these lines; from ``own``, the lines of what was deleted, their
    name, too. Who did what, and when, stays."""
    access.require("empty_trash")
    ours = _open().filter(project=access.project)
    named = ours.filter(pk__in=own.order_by().values("pk"))
    n = named.update(label=DELETED, before=None, after=None)
    return n + ours.filter(pk__in=about.order_by().values("pk")).update(before=None, after=None)


def rewrite(*, access: Access, events: Sequence[Event]) -> int:
    """Write label, content and identifiers of these lines as they are given."""
    access.require("withdraw")
    if any(event.project_id != access.project.pk for event in events):
        raise ValueError("History is rewritten inside one project.")
    write_rows(events, FIELDS)
    return len(events)


def _open() -> models.QuerySet[Event]:
    # The manager of events refuses every update; this is a query set that does not.
    return models.QuerySet(Event)
