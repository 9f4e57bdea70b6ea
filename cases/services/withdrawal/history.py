"""What a withdrawal does to history: lines stay, content goes.

* Lines about sources that go are blanked.
* In group talk, and where earlier versions go, codings that go are taken out of the lines about
  them, and the places of those that stay are put where they are in the new text. So undo still
  works there, with right offsets, and has nothing left with which it could bring anything back. A
  line with nothing left is blanked.
* In all other lines names and quotations are replaced by a mark.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from cases.services.withdrawal.group_talk import GroupTalk
from cases.services.withdrawal.plan import Plan
from cases.services.withdrawal.scope import Scope
from cases.services.withdrawal.searches import asks_for
from coding.core.gaps import MARK
from coding.core.quoting import quoted, without
from coding.models import Coding, Note, SourceVersion
from coding.services.versions.translate import CORRECTED
from projects.models import Event
from projects.services import redaction

BATCH = 500
# Whose names are not those of participants: members, the project, codes.
OTHER_NAMES = frozenset({"member", "project", "code", "coding", "codings"})
_PASSAGE = re.compile(r"^\d+–\d+$")


@dataclass
class Gone:
    """Identifiers of all that goes, as history may name them."""

    guids: frozenset[str]
    notes: frozenset[int]
    codings: frozenset[int]
    # Codings that equal another one from now on: memos are with that one.
    merged: dict[int, int] = field(default_factory=dict)
    talks: dict[str, GroupTalk] = field(default_factory=dict)


def count(plan: Plan) -> int:
    """How many lines ``clean`` would touch. Nothing is written."""
    gone = gone_in(plan)
    return _about(plan, gone).count() + sum(map(len, _changed(plan, gone)))


def clean(plan: Plan) -> int:
    """Blank and rewrite what history holds; how many lines were touched."""
    access, gone = plan.scope.access, gone_in(plan)
    rewritten = 0
    for lines in _changed(plan, gone):
        rewritten += redaction.rewrite(access=access, events=lines)
    return rewritten + redaction.blank(access=access, events=_about(plan, gone))


def gone_in(plan: Plan) -> Gone:
    """All identifiers, asked for before the rows go."""
    scope, person = plan.scope, plan.scope.participant
    deleted = {pk for talk in plan.talks for pk in talk.deleted}
    codings = Coding.objects.filter(source__in=scope.own) | Coding.objects.filter(pk__in=deleted)
    notes = Note.objects.filter(coding__in=codings.values("pk"))
    guids: Iterable[Any] = [
        person.guid,
        *(source.guid for source in scope.own),
        *SourceVersion.objects.filter(pk__in=plan.versions).values_list("guid", flat=True),
        *person.speakers.values_list("guid", flat=True),
        *(row.guid for row in (*plan.recordings, *plan.replacements, *plan.searches)),
        *(note.guid for note in (*plan.about, *plan.quoting)),
        *notes.values_list("guid", flat=True),
        *(job.guid for job in plan.jobs),
    ]
    return Gone(
        guids=frozenset(map(str, guids)),
        notes=frozenset(note.pk for note in (*plan.about, *plan.quoting))
        | frozenset(notes.values_list("pk", flat=True)),
        codings=frozenset(codings.values_list("pk", flat=True)),
        merged={pk: to for talk in plan.talks for pk, to in talk.merged.items()},
        talks={str(talk.source.guid): talk for talk in plan.talks},
    )


def _theirs(plan: Plan, gone: Gone) -> Q:
    own = [source.guid for source in plan.scope.own]
    return Q(source_guid__in=own) | Q(object_guid__in=list(gone.guids))


def _about(plan: Plan, gone: Gone) -> QuerySet[Event]:
    """Lines about what goes: nothing of them is left."""
    return Event.objects.filter(_theirs(plan, gone), project=plan.scope.access.project)


def _changed(plan: Plan, gone: Gone) -> Iterator[list[Event]]:
    """All other lines that hold something, as they are afterwards, some hundreds at a time."""
    for talk in plan.talks:
        talk.load_corrections()
    for batch in _batches(_suspects(plan).exclude(_theirs(plan, gone))):
        _look_up(gone, batch)
        if changed := [event for event in batch if _clean_event(plan.scope, gone, event)]:
            yield changed


def _look_up(gone: Gone, batch: list[Event]) -> None:
    """Ask for all places of many lines at once, instead of line by line."""
    spans: dict[tuple[str, int], list[tuple[int, int]]] = {}
    last: dict[tuple[str, int], int] = {}
    for event in batch:
        talk = gone.talks.get(str(event.source_guid))
        if talk is None:
            continue
        where = (str(event.source_guid), bisect_right(talk.corrections, event.pk))
        spans.setdefault(where, []).extend(_span(row) for row in _coding_rows(event))
        last[where] = event.pk
    for where, found in spans.items():
        gone.talks[where[0]].places(found, last[where])


def _suspects(plan: Plan) -> QuerySet[Event]:
    """Lines that may hold something: all but those about codings in other sources, which hold
    numbers and names of codes, and the query where a search has coded."""
    touched = [source.guid for source in plan.scope.touched]
    touched += [note.coding.source.guid for note in plan.quoting if note.coding is not None]
    return (
        Event.objects.filter(project=plan.scope.access.project)
        .filter(
            Q(source_guid__in=touched)
            | ~Q(object_type__in=["coding", "codings"])
            | Q(after__has_key="auto")
        )
        .exclude(object_guid=redaction.NOBODY, label=MARK)
    )


def _batches(events: QuerySet[Event]) -> Iterator[list[Event]]:
    ids = list(events.order_by("pk").values_list("pk", flat=True))
    for at in range(0, len(ids), BATCH):
        yield list(Event.objects.filter(pk__in=ids[at : at + BATCH]).order_by("pk"))


def _clean_event(scope: Scope, gone: Gone, event: Event) -> bool:
    was = _state(event)
    talk = gone.talks.get(str(event.source_guid))
    if talk is not None and event.verb == CORRECTED:
        # Its edits count in versions that are gone; nobody is to look for them there.
        event.before = event.after = None
        event.object_guid = event.source_guid = redaction.NOBODY
    if talk is not None and _rows_of(event, "codings"):
        _move(talk, event)
    if _rows_of(event, "notes"):
        _forget_notes(scope, gone, event)
    after: Any = event.after
    auto = after.get("auto") if isinstance(after, dict) else None
    if isinstance(auto, dict) and asks_for(scope, str(auto.get("query", ""))):
        event.after = {**after, "auto": {**auto, "query": ""}}
    if talk is not None and event.object_type in ("source", "recording", "version"):
        # Hashes, lengths and names of files of a text that is no more.
        event.before = event.after = None
    if event.object_type not in ("coding", "codings"):
        event.before = _scrubbed(scope, gone, event.before, event.object_type)
        event.after = _scrubbed(scope, gone, event.after, event.object_type)
        if event.verb == "participant.imported" and isinstance(event.after, dict):
            _relabel(event)
        event.label = _scrub(scope, event.label, event.object_type)[:300]
    return was != _state(event)


def _state(event: Event) -> tuple[Any, ...]:
    content = json.dumps([event.before, event.after], sort_keys=True)
    return event.label, content, event.object_guid, event.source_guid


def _rows_of(event: Event, kind: str) -> bool:
    return any(
        isinstance(part, dict) and isinstance(part.get(kind), list)
        for part in (event.before, event.after)
    )


def _empty(event: Event) -> None:
    """A line about nothing that is left: undo does not come by here any more."""
    event.label, event.before, event.after = MARK, None, None
    event.object_guid = event.source_guid = redaction.NOBODY


# --- codings in group talk -----------------------------------------------------------------------


def _move(talk: GroupTalk, event: Event) -> None:
    """Take out the codings that go and move the others, on both sides of the line alike."""
    parts = [part for part in (event.before, event.after) if isinstance(part, dict)]
    rows = _coding_rows(event)
    places = talk.places([_span(row) for row in rows], event.pk)
    out = {
        _id(row)
        for row, place in zip(rows, places, strict=True)
        if place is None or _id(row) not in talk.moved
    }
    new = iter(zip(rows, places, strict=True))
    for part in parts:
        if not isinstance(part.get("codings"), list):
            continue
        kept: list[Any] = []
        for _row in part["codings"]:
            row, place = next(new)
            if _id(row) in out or place is None:
                continue
            if isinstance(row, list):
                kept.append([*row[:4], *place])
            else:
                kept.append({**row, "start": place[0], "end": place[1]})
        part["codings"] = kept
        if isinstance(part.get("passage"), str) and _PASSAGE.match(part["passage"]):
            part["passage"] = f"{_span(kept[0])[0]}–{_span(kept[0])[1]}" if kept else MARK
    if rows and not any(part.get("codings") for part in parts):
        _empty(event)


def _coding_rows(event: Event) -> list[Any]:
    """The rows of codings before and after, one list after the other."""
    parts = (part for part in (event.before, event.after) if isinstance(part, dict))
    lists = (part.get("codings") for part in parts)
    return [row for rows in lists if isinstance(rows, list) for row in rows]


def _id(row: Any) -> int:
    return int(row[0] if isinstance(row, list) else row["id"])


def _span(row: Any) -> tuple[int, int]:
    return (row[4], row[5]) if isinstance(row, list) else (row["start"], row["end"])


# --- memos ---------------------------------------------------------------------------------------


def _forget_notes(scope: Scope, gone: Gone, event: Event) -> None:
    """Memos that go, and earlier wordings that quoted, are taken out on both sides."""
    parts = [part for part in (event.before, event.after) if isinstance(part, dict)]
    rows = [row for part in parts for row in part.get("notes", [])]
    out = {
        row["id"]
        for row in rows
        if row["id"] in gone.notes
        or row.get("coding") in gone.codings
        or quoted(f"{row.get('title', '')}\n{row.get('text', '')}", scope.runs)
    }
    for part in parts:
        if "notes" in part:
            part["notes"] = [
                {**row, "coding": gone.merged.get(row["coding"], row["coding"])}
                if "coding" in row
                else row
                for row in part["notes"]
                if row["id"] not in out
            ]
    if out and not any(part.get("notes") for part in parts):
        _empty(event)


# --- everything else -----------------------------------------------------------------------------


def _scrubbed(scope: Scope, gone: Gone, value: Any, kind: str) -> Any:
    """``value`` without rows about what goes, names and quotations."""
    if isinstance(value, str):
        return _scrub(scope, value, kind)
    if isinstance(value, list):
        kept = (item for item in value if not _names(gone, item))
        return [_scrubbed(scope, gone, item, kind) for item in kept]
    if isinstance(value, dict):
        return {
            _scrub(scope, key, kind): _scrubbed(scope, gone, item, kind)
            for key, item in value.items()
        }
    return value


def _names(gone: Gone, item: Any) -> bool:
    return (isinstance(item, dict) and item.get("guid") in gone.guids) or (
        isinstance(item, str) and item in gone.guids
    )


def _scrub(scope: Scope, text: str, kind: str) -> str:
    places = quoted(text, scope.runs)
    if places:
        text = without(text, places, MARK)
    # Memos and definitions speak of people; who is meant there is for their authors to say.
    if kind not in OTHER_NAMES and kind != "note":
        text = without(text, scope.names_in(text, any_case=True), MARK)
    if "=" in text and asks_for(scope, text):
        text = ""
    return text


def _relabel(event: Event) -> None:
    """The line of an import lists the participants that it made: those who are left."""
    after: Any = event.after
    rows: Iterable[Any] = after.get("participants", [])
    keys = [str(row["key"]) for row in rows if isinstance(row, dict) and "key" in row]
    event.label = ", ".join(keys)[:300] or MARK
