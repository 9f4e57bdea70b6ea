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
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from coding.models import Coding, Note, Source
from coding.queries import NOTE_VERBS, UNDOABLE_VERBS, blind_sources, event_rows, undo_state
from coding.services.codings.history import (
    ADDED,
    CHANGED,
    CONFIRMED,
    REMOVED,
    Outcome,
    StateConflict,
    already_done,
    lock,
    record_codings,
)
from coding.services.codings.round_locks import check_unfinished
from coding.services.notes.rows import put_back, reads
from coding.services.versions.translate import carry_through, steps_since_event
from projects.access import Access
from projects.models import Event
from projects.services.events import record

Row = dict[str, Any]
Rows = dict[int, Row]
OF_NOTES = {"created": "note.created", "removed": "note.removed", "changed": "note.changed"}


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


@transaction.atomic
def reverse(
    *,
    access: Access,
    event: Event,
    mode: str,
    answers: uuid.UUID,
    batch: uuid.UUID | None = None,
) -> dict[str, int]:
    """Take back what one line of history says, however old it is and whoever did it: all of it, or
    nothing. Answers how many passages and memos it touched.

    Of an undo this is a redo: what is reversed is the line itself, whatever it was.
    """
    access.require("code")
    guid = event.source_guid
    source = access.project.sources.filter(guid=guid).first() if guid else None
    if source is None:
        raise StateConflict(_("The source of this is gone for good."), code="gone")
    source = lock(source.pk)
    is_note = event.object_type == "note"
    way = _way(event, Event.Mode.UNDO, "notes" if is_note else "codings")
    _check_others(access, source, [*way.start, *way.goal], is_note)
    about = {"batch": batch, "mode": mode, "answers": answers, "label": event.label}
    _outcome, way = (_notes if is_note else _codings)(access, source, event, Event.Mode.UNDO, about)
    touched = len(way.back) + len(way.gone) + len(way.changed)
    if problems := IN_THE_WAY.told(way, is_note):
        raise StateConflict(" ".join(problems), code="changed_since")
    if not touched:
        raise StateConflict(_("There is nothing left of this to undo."), code="nothing_to_undo")
    return {"notes" if is_note else "passages": touched}


def _check_others(access: Access, source: Source, ids: list[int], is_note: bool) -> None:
    if is_note:
        if access.may["change_others_notes"]:
            return
        notes = Note.objects.filter(pk__in=ids, project=access.project)
        theirs = notes.exclude(author=access.membership).exists()
    else:
        if access.may["remove_others_codings"]:
            return
        codings = Coding.objects.filter(pk__in=ids, source=source)
        theirs = codings.exclude(coder=access.membership).exists()
    if theirs:
        raise PermissionDenied(_("This is somebody else's; only they or a lead may undo it."))


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
    if event.verb in NOTE_VERBS:
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
    check_unfinished(access, [source], {coding.coder_id for coding in codings.values()})
    # A retired code may have its passage back; one that was merged or lies in the trash is no
    # place to go to.
    codes = (
        access.project.codes.present()
        .filter(merged_into__isnull=True)
        .in_bulk({row["code"] for row in way.goal.values()})
    )
    taken = _taken(source, way.goal.values())
    others = _may_others(access, source, codings.values())
    for pk in {**way.start, **way.goal}:
        coding, start, goal = codings.get(pk), way.start.get(pk), way.goal.get(pk)
        own = coding is not None and coding.coder_id == access.membership.pk
        if coding is None or not _as_left(coding, start, goal) or not (own or others):
            way.kept += 1
        elif goal is None:
            way.gone.append(pk)
            coding.removed_at = timezone.now()
        elif pk in way.corrected:
            pass
        elif goal["code"] not in codes:
            way.codeless += 1
        elif (place := _place(goal)) in taken and not (start and place == _place(start)):
            # Coded alike meanwhile: twice would be once too often.
            way.kept += 1
        else:
            (way.changed if start else way.back).append(pk)
            taken.add(place)
            coding.removed_at = None
            coding.start, coding.end = goal["start"], goal["end"]
            coding.code = codes[goal["code"]]
            if "confirmed" in goal:
                coding.confirmed_at = goal["confirmed"]
    touched = [codings[pk] for pk in (*way.back, *way.changed, *way.gone)]
    Coding.objects.bulk_update(
        touched, ["start", "end", "code", "removed_at", "confirmed_at"], batch_size=500
    )
    only_back = bool(way.goal) and not way.start
    only_gone = bool(way.start) and not way.goal
    both = CONFIRMED if event.verb == CONFIRMED else CHANGED
    verb = ADDED if only_back else REMOVED if only_gone else both
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


def _may_others(access: Access, source: Source, codings: Iterable[Coding]) -> bool:
    """Whether colleagues' codings may be touched. Who was a lead when they changed one may be none
    any more, and who could see it then may be blind by now."""
    if all(coding.coder_id == access.membership.pk for coding in codings):
        return True
    return (
        access.may["remove_others_codings"]
        and not blind_sources(access).filter(pk=source.pk).exists()
    )


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
            and reads(note, row)
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
            note.removed_at = None
            if start:
                note.updated_at = now
            put_back(note, goal)
    touched = [notes[pk] for pk in (*way.back, *way.changed, *way.gone)]
    Note.objects.bulk_update(touched, ["removed_at", "updated_at"], batch_size=500)
    kind = "changed" if way.start and way.goal else "created" if way.goal else "removed"
    record(
        access,
        OF_NOTES[kind],
        touched[0] if touched else source,
        source=source,
        before={"notes": way.before} if way.start else None,
        after={"notes": way.after} if way.goal else None,
        **about,
    )
    noted = {note.coding_id for note in touched if note.coding_id is not None}
    return Outcome("", noted=list(noted)), way


# --- words ---------------------------------------------------------------------------------------


def _sentence(event: Event, mode: str, way: _Done) -> str:
    what = event.label
    if event.verb == CHANGED:
        what = _("change of %(what)s") % {"what": what}
    elif event.verb in NOTE_VERBS:
        what = _("memo on %(what)s") % {"what": what}
    parts = [
        (_("Undone: %(what)s.") if mode == Event.Mode.UNDO else _("Done again: %(what)s."))
        % {"what": what}
    ]
    return " ".join(parts + LEFT.told(way, event.verb in NOTE_VERBS))


@dataclass(frozen=True, slots=True)
class _Reasons:
    """Why something is not done, each in its sentence."""

    note: Any
    kept: Any
    corrected: Any
    codeless: Any

    def told(self, way: _Done, is_note: bool) -> list[str]:
        parts = []
        if way.kept:
            parts.append(str(self.note) if is_note else self.kept % {"n": way.kept})
        if way.corrected:
            parts.append(self.corrected % {"n": len(way.corrected)})
        if way.codeless:
            parts.append(self.codeless % {"n": way.codeless})
        return parts


# What was left as it is.
LEFT = _Reasons(
    note=gettext_lazy("The memo was left as it is, because it has changed since."),
    kept=ngettext_lazy(
        "%(n)s coding was left as it is, because it has changed since.",
        "%(n)s codings were left as they are, because they have changed since.",
        "n",
    ),
    corrected=ngettext_lazy(
        "%(n)s coding was left as it is, because the transcript was corrected there.",
        "%(n)s codings were left as they are, because the transcript was corrected there.",
        "n",
    ),
    codeless=ngettext_lazy(
        "%(n)s coding was left as it is, because its code is gone.",
        "%(n)s codings were left as they are, because their code is gone.",
        "n",
    ),
)
# Why not all of it can be done, where all or nothing is asked for.
IN_THE_WAY = _Reasons(
    note=gettext_lazy("The memo has changed since, so this cannot be undone any more."),
    kept=ngettext_lazy(
        "%(n)s passage has changed since, so this cannot be undone any more.",
        "%(n)s passages have changed since, so this cannot be undone any more.",
        "n",
    ),
    corrected=ngettext_lazy(
        "The transcript was corrected where %(n)s passage stood.",
        "The transcript was corrected where %(n)s passages stood.",
        "n",
    ),
    codeless=ngettext_lazy(
        "The code of %(n)s passage is gone or in the trash.",
        "The codes of %(n)s passages are gone or in the trash.",
        "n",
    ),
)
