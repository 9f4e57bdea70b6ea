"""Applying codes to passages, and taking them away again."""

import uuid
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Code, Coding, Source
from coding.services.codings.history import (
    ADDED,
    REMOVED,
    Outcome,
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
    locked = lock(source.pk)
    if done := already_done(access, batch):
        return done
    check_unfinished(access, [locked], [access.membership.pk])
    if not codes:
        raise ValidationError(_("Choose at least one code."), code="no_code")
    check_codes(codes)
    check_passage(source.pk, start, end, quote)
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
        rows = [as_event_row(coding) for coding in new]
        record_codings(access, source, ADDED, new, after=rows, batch=batch)
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
    locked = lock(coding.source_id)
    coding = current(access, coding)
    if done := already_done(access, batch):
        return done
    check_owner(
        access,
        coding,
        _("This passage was coded by %(coder)s; only %(coder)s or a lead may remove it."),
    )
    check_there(access, coding)
    check_unfinished(access, [locked], [coding.coder_id])
    Coding.objects.filter(pk=coding.pk).update(removed_at=timezone.now())
    rows = [as_event_row(coding)]
    record_codings(access, coding.source, REMOVED, [coding], before=rows, batch=batch)
    return Outcome(_("Removed %(code)s.") % {"code": coding.code.name}, removed=[coding.pk])
