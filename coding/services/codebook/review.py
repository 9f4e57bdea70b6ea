"""Looking again at passages: after a code was given another meaning, or to split it.

Both are the same walk. It begins by noting when (``Code.redefined_at``); what was coded before and
not decided since is still to come, so that it can be left and gone on with at any time, by several
people. Every decision is one action of its author in the source, which undo takes back.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding import queries
from coding.models import Code, Coding
from coding.services.codebook.shared import current, lock_tree
from coding.services.codebook.writing import create_code
from coding.services.codings.history import (
    CHANGED,
    CONFIRMED,
    REMOVED,
    StateConflict,
    as_event_row,
    check_codes,
    check_in_use,
    check_owner,
    check_there,
    lock,
    record_codings,
)
from coding.services.codings.history import current as current_coding
from coding.services.codings.round_locks import check_unfinished
from coding.services.codings.undo import undo
from projects.access import Access
from projects.models import Event
from projects.services.events import record

MOST_PARTS = 6


@dataclass(frozen=True, slots=True)
class Decided:
    """A sentence for the person, and the batch that takes it back."""

    message: str
    batch: uuid.UUID


@transaction.atomic
def begin_split(
    *,
    access: Access,
    code: Code,
    into: Sequence[Code],
    names: Sequence[str] = (),
    reason: str = "",
) -> list[Code]:
    """Offer the passages of ``code`` one by one to other codes; ``names`` are made beside it."""
    access.require("edit_codebook")
    lock_tree(access)
    code = current(access, code)
    check_in_use(code)
    names = [name.strip() for name in names if name.strip()]
    parts = [part for part in dict.fromkeys(into) if part.pk != code.pk]
    if not parts and not names:
        raise ValidationError(_("Name at least one code that passages can go to."))
    if len(parts) + len(names) > MOST_PARTS:
        raise ValidationError(
            _("A code is split into at most %(most)s others at a time.") % {"most": MOST_PARTS}
        )
    check_codes(parts)
    parts += [
        create_code(access=access, name=name, parent=code.parent, reason=reason) for name in names
    ]
    code.redefined_at = timezone.now()
    code.save(update_fields=["redefined_at"])
    record(
        access,
        "code.split",
        code,
        label=f"{code.name} → {', '.join(part.name for part in parts)}",
        after={
            "into_ids": [part.pk for part in parts],
            "to_review": queries.visible_codings(access).filter(code=code).count(),
        }
        | ({"reason": reason.strip()} if reason.strip() else {}),
    )
    return parts


@transaction.atomic
def decide(
    *,
    access: Access,
    coding: Coding,
    code: Code,
    keep: bool,
    codes: Sequence[Code] = (),
    batch: uuid.UUID | None = None,
) -> Decided:
    """What becomes of one passage of ``code``: it keeps the code or not, and is given ``codes``.

    Keeping it notes that it was found right. Without keeping it the first of ``codes`` takes its
    place (it stays the same coding, with its memos), or it is removed where there is none.
    """
    access.require("code")
    batch = batch or uuid.uuid4()
    locked = lock(coding.source_id)
    coding = current_coding(access, coding)
    if Event.objects.filter(project=access.project, actor=access.user, batch=batch).exists():
        return Decided(_("Saved."), batch)
    check_owner(
        access,
        coding,
        _("This passage was coded by %(coder)s; only %(coder)s or a lead may decide on it."),
    )
    check_there(access, coding)
    check_unfinished(access, [locked], [coding.coder_id])
    if coding.code_id != code.pk:
        raise StateConflict(
            _("This passage is not coded with “%(code)s” any more.") % {"code": code.name},
            code="not_there",
        )
    codes = [other for other in dict.fromkeys(codes) if other.pk != code.pk]
    check_codes(codes)
    here = Coding.objects.present().filter(
        source=coding.source_id, coder=coding.coder_id, start=coding.start, end=coding.end
    )
    there = set(here.values_list("code_id", flat=True))
    new = [other for other in codes if other.pk not in there]
    row = _row(coding)
    names = ", ".join(other.name for other in codes)
    words = {"code": code.name, "codes": names}
    if not keep and not new:
        if codes and coding.notes.filter(removed_at__isnull=True).exists():
            raise StateConflict(
                _(
                    "This passage is coded with %(codes)s already, and has a memo here: keep both, "
                    "or move the memo first."
                )
                % words,
                code="has_memo",
            )
        Coding.objects.filter(pk=coding.pk).update(removed_at=timezone.now())
        record_codings(access, coding.source, REMOVED, [coding], before=[row], batch=batch)
        return Decided(_("Removed “%(code)s” from the passage.") % words, batch)
    if not keep:
        coding.code = new.pop(0)
    coding.confirmed_at = timezone.now()
    coding.save(update_fields=["code", "confirmed_at"])
    added = [
        Coding(
            source=coding.source,
            code=other,
            coder=coding.coder,
            start=coding.start,
            end=coding.end,
        )
        for other in new
    ]
    Coding.objects.bulk_create(added)
    plain = keep and not added
    record_codings(
        access,
        coding.source,
        CONFIRMED if plain else CHANGED,
        [coding, *added],
        before=[row],
        after=[_row(coding), *(as_event_row(other) for other in added)],
        label=code.name if plain else f"{code.name} → {names}",
        batch=batch,
    )
    if plain:
        return Decided(_("“%(code)s” is right here.") % words, batch)
    if keep:
        return Decided(_("Coded with “%(code)s” and with %(codes)s.") % words, batch)
    return Decided(_("Coded with %(codes)s instead of “%(code)s”.") % words, batch)


def take_back(*, access: Access, batch: uuid.UUID) -> str:
    """Take one's own last decision back, as undo in the source would; a sentence on it."""
    access.require("code")
    event = Event.objects.filter(
        project=access.project, actor=access.user, batch=batch, verb__in=queries.CODING_VERBS
    ).first()
    guid = event.source_guid if event else None
    source = queries.visible_sources(access).filter(guid=guid).first() if guid else None
    last = queries.undo_state(access, source).undo if source else None
    if source is None or last is None or last.batch != batch:
        raise StateConflict(
            _("This is not your last action in that source any more; undo it there."),
            code="not_last",
        )
    return undo(access=access, source=source).message


def _row(coding: Coding) -> dict[str, object]:
    at = coding.confirmed_at
    return as_event_row(coding) | {"confirmed": at.isoformat() if at else None}
