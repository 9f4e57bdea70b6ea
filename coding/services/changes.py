"""What has happened in a source since an event: how readers learn of each other's work.

The history says *that* something has happened to which codings; what they are now is read again
through ``queries.seen_by``. So an answer is always the state of now, applying one twice does no
harm, and what may not be seen is never sent, neither as added nor as removed.

Event ids are handed out before their transactions commit: on PostgreSQL a smaller id can appear
after a greater one. So the id given back, from which the next call goes on, lags: it is the last
event older than ``SETTLE``, and what is younger is looked at again by every call. A transaction
that stays open for longer than that after writing its line is missed until the page is loaded
again; ours take milliseconds, an import of a large study excepted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils import timezone

from coding import queries
from coding.models import Coding, Source
from projects.access import Access
from projects.models import Event
from projects.queries import visible_events

SETTLE = timedelta(seconds=15)
# Whoever has been away for longer gets everything anew: cheaper than what lies between.
MOST_EVENTS = 1000

# What moves passages of every source at once, or changes who sees them: everything anew says it
# best.
EVERYWHERE = (
    "code.merged",
    "code.unmerged",
    "code.removed",
    "code.restored",
    "round.started",
    "round.opened",
    "round.restored",
)

CODING_KINDS = ("coding", "codings", "placement")

Head = tuple[int, datetime, str, UUID | None, str]


@dataclass(frozen=True, slots=True)
class News:
    """The events that matter to a source since another; reading what they did comes later."""

    access: Access
    source: Source
    event: int
    codings: tuple[int, ...]
    codes: tuple[int, ...]
    notes: tuple[int, ...] = ()
    examples: tuple[int, ...] = ()
    reset: bool = False

    def tag(self, present: Any) -> str:
        """An entity tag: the same as long as there is nothing new to say."""
        news = (self.event, self.codings, self.codes, self.notes, self.examples, self.reset)
        said = repr((*news, self.source.version, present))
        return f'W/"{sha256(said.encode()).hexdigest()[:20]}"'

    def as_json(self) -> dict[str, Any]:
        """``added`` and ``removed`` codings, ``codes`` (the whole tree, or None when unchanged),
        ``coders``, ``notes`` (numbers of memos, where there is news), ``examples`` (all of them,
        where there is news); with ``reset`` these are all there are. A constant number of queries.
        """
        # Of which text the places below are: a page with another one must not take them.
        body: dict[str, Any] = {"version": self.source.version}
        body |= {"event": self.event, "reset": self.reset}
        body |= {"added": [], "removed": [], "codes": None, "coders": None}
        if self.reset:
            body["added"] = queries.coding_rows(self.access, self.source)
        elif self.codings:
            body["added"], body["removed"] = self._codings()
        if self.reset:
            body["notes"] = queries.note_counts(self.access, self.source)
        elif self.notes:
            body["notes"] = self._notes()
        if self.reset or self.examples:
            body["examples"] = queries.example_rows(self.access, self.source)
        if self.reset or self.codes:
            body["codes"] = queries.code_rows(self.access)
        if self.reset or self.codings or self.notes:
            people = queries.coders(self.access)
            body["coders"] = [{"id": c["id"], "name": c["label"]} for c in people]
            body |= queries.undo_state(self.access, self.source).as_json()
        return body

    def _notes(self) -> list[list[int]]:
        states = Event.objects.filter(pk__in=self.notes).values_list("before", "after")
        ids = {
            row["coding"]
            for both in states
            for state in both
            for row in (state or {}).get("notes", [])
            # Memos about the source itself are not shown on passages.
            if "coding" in row
        }
        seen = queries.visible_codings(self.access).filter(source=self.source, pk__in=ids)
        return queries.note_counts(self.access, self.source, seen.values_list("pk", flat=True))

    def _codings(self) -> tuple[list[list[Any]], list[int]]:
        ids: set[int] = set()
        for before, after in Event.objects.filter(pk__in=self.codings).values_list(
            "before", "after"
        ):
            ids |= _coding_ids(before) | _coding_ids(after)
        rows = queries.seen_by(self.access, Coding.objects.all()).filter(
            source=self.source, pk__in=ids, agreed_in__isnull=True
        )
        added, removed = [], []
        for coding in rows.order_by("start", "-end", "id"):
            if coding.removed_at is None:
                added.append(coding.as_row())
            else:
                removed.append(coding.pk)
        return added, removed


def since(access: Access, source: Source, event_id: int) -> News:
    """What has happened after ``event_id``. One query, on the index of the project's events."""
    settled = timezone.now() - SETTLE
    heads: list[Head] = list(
        visible_events(access)
        .filter(pk__gt=event_id)
        .order_by("pk")
        .values_list("pk", "at", "object_type", "source_guid", "verb")[: MOST_EVENTS + 1]
    )
    if len(heads) > MOST_EVENTS:
        return everything(access, source)
    here = [head for head in heads if head[3] in (None, source.guid)]
    last = event_id
    for pk, at, _type, _guid, _verb in heads:
        if at >= settled:
            break
        last = pk
    return News(
        access,
        source,
        event=last,
        codings=tuple(pk for pk, _at, kind, _guid, _verb in here if kind in CODING_KINDS),
        codes=tuple(pk for pk, _at, kind, _guid, _verb in here if kind == "code"),
        # Memos about codes, cases … stand in no source, and the reader does not show them.
        notes=tuple(pk for pk, _at, kind, guid, _verb in here if kind == "note" and guid),
        examples=tuple(pk for pk, _at, kind, _guid, _verb in here if kind == "example"),
        reset=any(head[4] in EVERYWHERE for head in here),
    )


def everything(access: Access, source: Source) -> News:
    """All there is, whatever is known already."""
    return News(access, source, settled_event(access), (), (), reset=True)


def settled_event(access: Access) -> int:
    """The last event that no smaller id can appear behind any more; 0 where there is none."""
    events = visible_events(access).filter(at__lt=timezone.now() - SETTLE)
    return events.order_by("-pk").values_list("pk", flat=True).first() or 0


def _coding_ids(state: Any) -> set[int]:
    """The codings that an event's ``before`` or ``after`` names; an import writes them as lists."""
    rows = state.get("codings", []) if isinstance(state, dict) else []
    return {row[0] if isinstance(row, list) else row["id"] for row in rows}
