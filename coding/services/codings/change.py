"""Changing a coding that is there: other borders, another code. It stays the same coding, with its
memos; who coded it does not change either, even when a lead puts it right."""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Code, Coding, Source
from coding.services.codings.history import (
    CHANGED,
    Outcome,
    StateConflict,
    already_done,
    as_event_row,
    check_codes,
    check_owner,
    check_passage,
    check_there,
    current,
    lock,
    record_codings,
)
from coding.services.codings.round_locks import check_unfinished
from projects.access import Access


@transaction.atomic
def change_coding(
    *,
    access: Access,
    coding: Coding,
    start: int,
    end: int,
    quote: str,
    code: Code | None = None,
    batch: uuid.UUID | None = None,
) -> Outcome:
    """Move a coding's borders to ``text[start:end]``, which must read ``quote``; with ``code``, in
    the same action apply that code instead."""
    access.require("code")
    locked = lock(coding.source_id)
    if done := already_done(access, batch):
        return done
    coding = _changeable(access, coding, locked)
    check_passage(coding.source_id, start, end, quote)
    return _put(access, coding, start, end, code or coding.code, batch)


@transaction.atomic
def recode(
    *, access: Access, coding: Coding, code: Code, batch: uuid.UUID | None = None
) -> Outcome:
    """Apply another code to the same passage, instead of the one it has."""
    access.require("code")
    locked = lock(coding.source_id)
    if done := already_done(access, batch):
        return done
    coding = _changeable(access, coding, locked)
    return _put(access, coding, coding.start, coding.end, code, batch)


def _changeable(access: Access, coding: Coding, locked: Source) -> Coding:
    coding = current(access, coding)
    check_owner(
        access,
        coding,
        _("This passage was coded by %(coder)s; only %(coder)s or a lead may change it."),
    )
    check_there(access, coding)
    check_unfinished(access, [locked], [coding.coder_id])
    return coding


def _put(
    access: Access, coding: Coding, start: int, end: int, code: Code, batch: uuid.UUID | None
) -> Outcome:
    before, old = as_event_row(coding), coding.code
    if (before["start"], before["end"], before["code"]) == (start, end, code.pk):
        return Outcome(_("Nothing has changed."), added=[coding])
    if code.pk != old.pk:
        check_codes([code])
    twin = Coding.objects.present().filter(
        source=coding.source_id, code=code, coder=coding.coder_id, start=start, end=end
    )
    if twin.exists():
        raise StateConflict(
            _("%(coder)s has already coded exactly this passage with %(code)s.")
            % {"coder": coding.coder.label, "code": code.name},
            code="already_there",
        )
    coding.start, coding.end, coding.code = start, end, code
    looked: dict[str, str] = {}
    if code.pk != old.pk:
        # Whoever gives a code now has its present definition before them.
        before["confirmed"] = coding.confirmed_at and coding.confirmed_at.isoformat()
        coding.confirmed_at = now = timezone.now()
        looked["confirmed"] = now.isoformat()
    coding.save(update_fields=["start", "end", "code", "confirmed_at"])
    after = as_event_row(coding) | looked
    record_codings(
        access,
        coding.source,
        CHANGED,
        [coding],
        before=[before],
        after=[after],
        label=old.name if code.pk == old.pk else f"{old.name} → {code.name}",
        words=(
            {"passage": f"{before['start']}–{before['end']}", "code": old.name},
            {"passage": f"{start}–{end}", "code": code.name},
        ),
        batch=batch,
    )
    if code.pk == old.pk:
        return Outcome(_("Changed the passage of %(code)s.") % {"code": code.name}, added=[coding])
    return Outcome(
        _("Changed %(old)s to %(new)s.") % {"old": old.name, "new": code.name}, added=[coding]
    )
