"""Applying codes to passages, taking them away again, and undo and redo of both.

One action is one event and one batch; the batch identifier is made by the client, so that a request
sent twice acts once. Undo and redo are read from the history: nothing else remembers them, and they
survive a reload.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding.core.spans import check_span
from coding.models import Code, Coding, Source, SourceText
from coding.queries import UndoState, event_codings, undo_state
from projects.access import Access
from projects.models import Event, Membership
from projects.services.events import record

ADDED, REMOVED = "coding.added", "coding.removed"


class StateConflict(ValidationError):  # noqa: N818  (an outcome, not a fault)
    """What was asked no longer fits the state of things (409 over HTTP)."""


@dataclass
class Outcome:
    """What an action did: codings now there, ids now gone, and a sentence for the person."""

    message: str
    added: list[Coding] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)


@transaction.atomic
def add_codings(
    *,
    access: Access,
    source: Source,
    start: int,
    end: int,
    quote: str,
    codes: Sequence[Code],
    batch: uuid.UUID | None = None,
) -> Outcome:
    """Apply one or several codes to ``text[start:end]``, which must read ``quote``.

    Codes that this coder has already applied to exactly this passage stay as they are.
    """
    access.require("code")
    # The source's row is the lock of all its codings; see also the remove path.
    Source.objects.select_for_update().get(pk=source.pk)
    if batch and (done := _already_done(access, batch)):
        return done
    if not codes:
        raise ValidationError(_("Choose at least one code."), code="no_code")
    for code in codes:
        if code.heading_only:
            raise ValidationError(
                _("“%(code)s” is a heading; choose one of the codes below it.")
                % {"code": code.name},
                code="heading_only",
            )
    text = SourceText.objects.values_list("text", flat=True).get(source=source)
    problem = check_span(text, start, end, quote)
    if problem:
        raise StateConflict(problem.message, code=problem.code)
    here = Coding.objects.present().filter(
        source=source, coder=access.membership, start=start, end=end
    )
    present = {coding.code_id: coding for coding in here}
    new = [
        Coding(source=source, code=code, coder=access.membership, start=start, end=end)
        for code in dict.fromkeys(codes)
        if code.pk not in present
    ]
    Coding.objects.bulk_create(new)
    if new:
        _record(access, source, ADDED, new, batch)
    names = ", ".join(code.name for code in codes)
    message = (_("Coded with %(codes)s.") if new else _("Already coded with %(codes)s.")) % {
        "codes": names
    }
    both = new + [present[code.pk] for code in codes if code.pk in present]
    return Outcome(message, added=both)


@transaction.atomic
def remove_coding(*, access: Access, coding: Coding, batch: uuid.UUID | None = None) -> Outcome:
    """Take one coding away; of two people doing so at once, one is told that it is gone already."""
    access.require("code")
    Source.objects.select_for_update().get(pk=coding.source_id)
    coding = Coding.objects.select_related("source", "code", "coder").get(
        pk=coding.pk, source__project=access.project
    )
    if batch and (done := _already_done(access, batch)):
        return done
    if coding.coder_id != access.membership.pk and not access.may["remove_others_codings"]:
        raise PermissionDenied(
            _("This passage was coded by %(coder)s; only %(coder)s or a lead may remove it.")
            % {"coder": coding.coder.label}
        )
    if coding.removed_at is not None:
        raise StateConflict(_gone_sentence(access, coding), code="already_removed")
    Coding.objects.filter(pk=coding.pk).update(removed_at=timezone.now())
    _record(access, coding.source, REMOVED, [coding], batch)
    return Outcome(_("Removed %(code)s.") % {"code": coding.code.name}, removed=[coding.pk])


def undo(*, access: Access, source: Source, batch: uuid.UUID | None = None) -> Outcome:
    """Take back this person's last action in this source."""
    return _answer(access, source, Event.Mode.UNDO, batch)


def redo(*, access: Access, source: Source, batch: uuid.UUID | None = None) -> Outcome:
    """Do again what this person has just undone in this source."""
    return _answer(access, source, Event.Mode.REDO, batch)


@transaction.atomic
def _answer(access: Access, source: Source, mode: str, batch: uuid.UUID | None) -> Outcome:
    access.require("code")
    Source.objects.select_for_update().get(pk=source.pk)
    if batch and (done := _already_done(access, batch)):
        return done
    state: UndoState = undo_state(access, source)
    event = state.undo if mode == Event.Mode.UNDO else state.redo
    if event is None:
        raise StateConflict(
            _("There is nothing to undo here.")
            if mode == Event.Mode.UNDO
            else _("There is nothing to redo here."),
            code="nothing_to_undo" if mode == Event.Mode.UNDO else "nothing_to_redo",
        )
    rows = event_codings(event)
    # Who was a lead when they removed a colleague's coding may be none any more.
    all_of_them = access.may["remove_others_codings"]
    own = access.membership.pk
    ids = [row["id"] for row in rows if all_of_them or row["coder"] == own]
    appears = (event.verb == ADDED) == (mode == Event.Mode.REDO)
    if appears:
        changed = _bring_back(source, ids)
        outcome = Outcome("", added=changed)
    else:
        changed = list(
            Coding.objects.present().select_related("code").filter(source=source, pk__in=ids)
        )
        Coding.objects.filter(pk__in=[c.pk for c in changed]).update(removed_at=timezone.now())
        outcome = Outcome("", removed=[c.pk for c in changed])
    _record(
        access,
        source,
        ADDED if appears else REMOVED,
        changed,
        batch,
        mode=mode,
        answers=event.batch,
        label=event.label,
    )
    outcome.message = _answer_sentence(mode, event.label, len(rows) - len(changed))
    return outcome


def _bring_back(source: Source, ids: Iterable[int]) -> list[Coding]:
    """Restore removed codings; one whose passage has been coded alike meanwhile stays away."""
    rows = Coding.objects.select_related("code").filter(source=source, pk__in=ids)
    gone = [coding for coding in rows if coding.removed_at is not None]
    taken = set(
        Coding.objects.present()
        .filter(source=source, start__in=[c.start for c in gone])
        .values_list("code_id", "coder_id", "start", "end")
    )
    back = [c for c in gone if (c.code_id, c.coder_id, c.start, c.end) not in taken]
    for coding in back:
        coding.removed_at = None
    Coding.objects.filter(pk__in=[c.pk for c in back]).update(removed_at=None)
    return back


def _record(
    access: Access,
    source: Source,
    verb: str,
    codings: Sequence[Coding],
    batch: uuid.UUID | None,
    *,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
    label: str = "",
) -> None:
    rows = [
        {
            "id": c.pk,
            "guid": str(c.guid),
            "code": c.code_id,
            "coder": c.coder_id,
            "start": c.start,
            "end": c.end,
        }
        for c in codings
    ]
    label = label or ", ".join(dict.fromkeys(c.code.name for c in codings))
    record(
        access,
        verb,
        codings[0] if codings else source,
        label=label,
        source=source,
        before={"codings": rows} if verb == REMOVED else None,
        after={"codings": rows} if verb == ADDED else None,
        batch=batch,
        mode=mode,
        answers=answers,
    )


def _already_done(access: Access, batch: uuid.UUID) -> Outcome | None:
    """The outcome of this very request, if it has arrived before."""
    event = Event.objects.filter(
        project=access.project, actor=access.user, batch=batch, verb__in=(ADDED, REMOVED)
    ).first()
    if event is None:
        return None
    if event.verb == ADDED:
        ids = [row["id"] for row in event_codings(event)]
        return Outcome(_("Saved."), added=list(Coding.objects.present().filter(pk__in=ids)))
    return Outcome(_("Saved."), removed=[row["id"] for row in event_codings(event)])


def _gone_sentence(access: Access, coding: Coding) -> str:
    last: Event | None = None
    for event in Event.objects.filter(
        project=access.project, source_guid=coding.source.guid, verb=REMOVED
    ).select_related("actor")[:200]:
        if any(row["id"] == coding.pk for row in event_codings(event)):
            last = event
            break
    if last is None or last.actor is None or coding.removed_at is None:
        return _("This coding has already been removed.")
    who: Any = Membership.objects.filter(project=access.project, user=last.actor).first()
    return _("%(who)s has already removed this coding (%(when)s).") % {
        "who": who or last.actor,
        "when": formats.date_format(timezone.localtime(coding.removed_at), "DATETIME_FORMAT"),
    }


def _answer_sentence(mode: str, label: str, kept_away: int) -> str:
    sentence = (
        _("Undone: %(what)s.") if mode == Event.Mode.UNDO else _("Done again: %(what)s.")
    ) % {"what": label}
    if kept_away:
        sentence += " " + ngettext(
            "%(n)s coding was left as it is, because it has changed since.",
            "%(n)s codings were left as they are, because they have changed since.",
            kept_away,
        ) % {"n": kept_away}
    return sentence
