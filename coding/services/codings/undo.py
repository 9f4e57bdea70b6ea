"""Undo and redo of one person's actions in one source.

An event's rows say what was there before and after it. Undo goes from after to before, redo from
before to after: what only the goal has comes back, what only the start has goes, what both have is
put back to its place, code or text. Only what is still as the action left it is touched; the rest
is left alone, and a sentence says how much that was.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding.models import Coding, Note, Source
from coding.queries import UNDOABLE_VERBS, event_rows, undo_state
from coding.services.codings.history import (
    ADDED,
    CHANGED,
    REMOVED,
    Outcome,
    StateConflict,
    already_done,
    lock,
    record_codings,
)
from coding.services.versions.translate import carry_through, steps_since_event
from projects.access import Access
from projects.models import Event
from projects.services.events import record

Row = dict[str, Any]
Rows = dict[int, Row]
NOTE_VERBS = {"created": "note.created", "removed": "note.removed", "changed": "note.changed"}


def undo(
    *,
    access: Access,
    source: Source,
    batch: uuid.UUID | None = None,
    of: uuid.UUID | None = None,
) -> Outcome:
    """Take back this person's last action in this source.

    ``of`` says which one is meant: if that did nothing, nothing is taken back, and if something
    else was done since, that is refused instead of taking back the wrong thing.
    """
    return _answer(access, source, Event.Mode.UNDO, batch, of)


def redo(
    *,
    access: Access,
    source: Source,
    batch: uuid.UUID | None = None,
    of: uuid.UUID | None = None,
) -> Outcome:
    """Do again what this person has just undone in this source; ``of`` as in ``undo``."""
    return _answer(access, source, Event.Mode.REDO, batch, of)


@dataclass
class _Done:
    """What could be done of a way from ``start`` rows to ``goal`` rows, and what could not."""

    start: Rows
    goal: Rows
    back: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    kept: int = 0
    codeless: int = 0
    # Its goal cannot be found for certain in the text as it has been corrected since.
    corrected: set[int] = field(default_factory=set)

    @property
    def before(self) -> list[Row]:
        return [self.start[pk] for pk in (*self.gone, *self.changed)]

    @property
    def after(self) -> list[Row]:
        return [self.goal[pk] for pk in (*self.back, *self.changed)]


@transaction.atomic
def _answer(
    access: Access, source: Source, mode: str, batch: uuid.UUID | None, of: uuid.UUID | None
) -> Outcome:
    access.require("code")
    source = lock(source.pk)
    if done := already_done(access, batch):
        return done
    state = undo_state(access, source)
    event = state.undo if mode == Event.Mode.UNDO else state.redo
    if of is not None and (event is None or event.batch != of):
        own = Event.objects.filter(project=access.project, actor=access.user, batch=of)
        if not own.filter(verb__in=UNDOABLE_VERBS).exists():
            return Outcome("")
        raise StateConflict(
            _("You have done something else here since, in another window."), code="not_last"
        )
    if event is None:
        raise StateConflict(
            _("There is nothing to undo here.")
            if mode == Event.Mode.UNDO
            else _("There is nothing to redo here."),
            code="nothing_to_undo" if mode == Event.Mode.UNDO else "nothing_to_redo",
        )
    about = {"batch": batch, "mode": mode, "answers": event.batch, "label": event.label}
    if event.verb in NOTE_VERBS.values():
        outcome, way = _notes(access, source, event, mode, about)
    else:
        outcome, way = _codings(access, source, event, mode, about)
    outcome.message = _sentence(event, mode, way)
    return outcome


def _way(event: Event, mode: str, kind: str) -> _Done:
    before, after = event_rows(event, kind)
    return _Done(after, before) if mode == Event.Mode.UNDO else _Done(before, after)


# --- codings -------------------------------------------------------------------------------------


def _codings(
    access: Access, source: Source, event: Event, mode: str, about: dict[str, Any]
) -> tuple[Outcome, _Done]:
    way = _way(event, mode, "codings")
    corrected = _into_present_text(source, event, way)
    rows = Coding.objects.select_related("code").filter(
        source=source, pk__in={*way.start, *way.goal}
    )
    codings = {coding.pk: coding for coding in rows}
    codes = access.project.codes.in_bulk({row["code"] for row in way.goal.values()})
    taken = _taken(source, way.goal.values())
    for pk in {**way.start, **way.goal}:
        coding, start, goal = codings.get(pk), way.start.get(pk), way.goal.get(pk)
        if coding is None or not _as_left(coding, start, goal) or not _may(access, coding):
            way.kept += 1
        elif goal is None:
            way.gone.append(pk)
            coding.removed_at = timezone.now()
        elif pk in way.corrected:
            pass
        elif goal["code"] not in codes:
            way.codeless += 1
        elif (place := _place(goal)) in taken:
            # Coded alike meanwhile: twice would be once too often.
            way.kept += 1
        else:
            (way.changed if start else way.back).append(pk)
            taken.add(place)
            coding.removed_at = None
            coding.start, coding.end = goal["start"], goal["end"]
            coding.code = codes[goal["code"]]
    touched = [codings[pk] for pk in (*way.back, *way.changed, *way.gone)]
    Coding.objects.bulk_update(touched, ["start", "end", "code", "removed_at"], batch_size=500)
    only_back = bool(way.goal) and not way.start
    only_gone = bool(way.start) and not way.goal
    verb = ADDED if only_back else REMOVED if only_gone else CHANGED
    record_codings(
        access,
        source,
        verb,
        touched,
        before=None if only_back else way.before,
        after=None if only_gone else way.after,
        words=_swapped(event, mode) if way.changed and not corrected else None,
        **about,
    )
    there = [codings[pk] for pk in (*way.back, *way.changed)]
    return Outcome("", added=there, removed=way.gone), way


def _into_present_text(source: Source, event: Event, way: _Done) -> bool:
    """Puts the rows of an event into the text as it is now; True if it was corrected since."""
    steps = steps_since_event(source, event) if source.version > 1 else []
    if not steps:
        return False
    for rows in (way.start, way.goal):
        spans = np.array([(row["start"], row["end"]) for row in rows.values()], dtype=np.int64)
        places, certain = carry_through(spans.reshape(-1, 2), steps)
        for (pk, row), place, sure in zip(rows.items(), places.tolist(), certain, strict=True):
            rows[pk] = row | {"start": place[0], "end": place[1]}
            if rows is way.goal and not sure:
                way.corrected.add(pk)
    return True


def _as_left(coding: Coding, start: Row | None, goal: Row | None) -> bool:
    """Is the coding as the action left it: removed or not, in that place, with that code?"""
    row = start or goal
    assert row is not None  # noqa: S101  (every pk comes from one of the two)
    there = coding.removed_at is None
    here = (coding.code_id, coding.coder_id, coding.start, coding.end)
    return there == (start is not None) and here == _place(row)


def _may(access: Access, coding: Coding) -> bool:
    # Who was a lead when they changed a colleague's coding may be none any more.
    return coding.coder_id == access.membership.pk or access.may["remove_others_codings"]


def _place(row: Row) -> tuple[int, int, int, int]:
    return row["code"], row["coder"], row["start"], row["end"]


def _taken(source: Source, rows: Iterable[Row]) -> set[tuple[int, int, int, int]]:
    """The places of present codings, as far as ``rows`` could meet them. One query."""
    rows = list(rows)
    if not rows:
        return set()
    places = Coding.objects.present().filter(
        source=source,
        code__in={row["code"] for row in rows},
        coder__in={row["coder"] for row in rows},
        start__gte=min(row["start"] for row in rows),
        start__lte=max(row["start"] for row in rows),
    )
    return set(places.values_list("code_id", "coder_id", "start", "end"))


def _swapped(event: Event, mode: str) -> tuple[dict[str, str], dict[str, str]]:
    """What history shows of the change, the other way round for undo."""
    both = [
        {name: value for name, value in (part or {}).items() if isinstance(value, str)}
        for part in (event.before, event.after)
    ]
    return (both[1], both[0]) if mode == Event.Mode.UNDO else (both[0], both[1])


# --- memos ---------------------------------------------------------------------------------------


def _notes(
    access: Access, source: Source, event: Event, mode: str, about: dict[str, Any]
) -> tuple[Outcome, _Done]:
    way = _way(event, mode, "notes")
    notes = Note.objects.filter(coding__source=source).in_bulk({*way.start, *way.goal})
    now = timezone.now()
    for pk in {**way.start, **way.goal}:
        note, start, goal = notes.get(pk), way.start.get(pk), way.goal.get(pk)
        row = start or goal
        as_left = (
            note is not None
            and row is not None
            and (note.removed_at is None) == (start is not None)
            and note.text == row["text"]
        )
        may = note is not None and (
            note.author_id == access.membership.pk or access.may["change_others_notes"]
        )
        if note is None or not as_left or not may:
            way.kept += 1
        elif goal is None:
            way.gone.append(pk)
            note.removed_at = now
        else:
            (way.changed if start else way.back).append(pk)
            note.removed_at, note.text = None, goal["text"]
            if start:
                note.updated_at = now
    touched = [notes[pk] for pk in (*way.back, *way.changed, *way.gone)]
    Note.objects.bulk_update(touched, ["text", "removed_at", "updated_at"], batch_size=500)
    kind = "changed" if way.start and way.goal else "created" if way.goal else "removed"
    record(
        access,
        NOTE_VERBS[kind],
        touched[0] if touched else source,
        source=source,
        before={"notes": way.before} if way.start else None,
        after={"notes": way.after} if way.goal else None,
        **about,
    )
    return Outcome("", noted=list({note.coding_id for note in touched})), way


# --- words ---------------------------------------------------------------------------------------


def _sentence(event: Event, mode: str, way: _Done) -> str:
    what = event.label
    if event.verb == CHANGED:
        what = _("change of %(what)s") % {"what": what}
    elif event.verb in NOTE_VERBS.values():
        what = _("memo on %(what)s") % {"what": what}
    parts = [
        (_("Undone: %(what)s.") if mode == Event.Mode.UNDO else _("Done again: %(what)s."))
        % {"what": what}
    ]
    if way.kept and event.verb in NOTE_VERBS.values():
        parts.append(_("The memo was left as it is, because it has changed since."))
    elif way.kept:
        parts.append(
            ngettext(
                "%(n)s coding was left as it is, because it has changed since.",
                "%(n)s codings were left as they are, because they have changed since.",
                way.kept,
            )
            % {"n": way.kept}
        )
    if way.corrected:
        parts.append(
            ngettext(
                "%(n)s coding was left as it is, because the transcript was corrected there.",
                "%(n)s codings were left as they are, because the transcript was corrected there.",
                len(way.corrected),
            )
            % {"n": len(way.corrected)}
        )
    if way.codeless:
        parts.append(
            ngettext(
                "%(n)s coding was left as it is, because its code is gone.",
                "%(n)s codings were left as they are, because their code is gone.",
                way.codeless,
            )
            % {"n": way.codeless}
        )
    return " ".join(parts)
