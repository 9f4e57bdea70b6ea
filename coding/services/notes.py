"""Memos on coded passages: plain text by one person, kept with the coding through all changes.

Each action is one event of the source, so that undo and redo reach memos as they do codings. Only
the author or a lead changes or removes a memo; a removed one keeps its row for undo.
"""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Coding, Note
from coding.services.codings.history import (
    Outcome,
    StateConflict,
    already_done,
    check_there,
    current,
    lock,
)
from projects.access import Access
from projects.services.events import record

CREATED, CHANGED, REMOVED = "note.created", "note.changed", "note.removed"
MAX_LENGTH = 20_000


@transaction.atomic
def add_note(
    *, access: Access, coding: Coding, text: str, batch: uuid.UUID | None = None
) -> Outcome:
    """Write a memo on a coded passage; line breaks are kept, white space around it is not."""
    access.require("code")
    lock(coding.source_id)
    if done := already_done(access, batch):
        return done
    coding = current(access, coding)
    check_there(access, coding)
    note = Note.objects.create(
        project=access.project, coding=coding, author=access.membership, text=_cleaned(text)
    )
    _record(access, CREATED, note, after=_row(note), batch=batch)
    return Outcome(_("The memo is saved."), noted=[coding.pk])


@transaction.atomic
def change_note(
    *, access: Access, note: Note, text: str, batch: uuid.UUID | None = None
) -> Outcome:
    """Write the memo anew."""
    access.require("code")
    lock(note.coding.source_id)
    if done := already_done(access, batch):
        return done
    note = _changeable(access, note)
    before, text = _row(note), _cleaned(text)
    if note.text == text:
        return Outcome(_("Nothing has changed."), noted=[note.coding_id])
    note.text, note.updated_at = text, timezone.now()
    note.save(update_fields=["text", "updated_at"])
    _record(access, CHANGED, note, before=before, after=_row(note), batch=batch)
    return Outcome(_("The memo is saved."), noted=[note.coding_id])


@transaction.atomic
def remove_note(*, access: Access, note: Note, batch: uuid.UUID | None = None) -> Outcome:
    access.require("code")
    lock(note.coding.source_id)
    if done := already_done(access, batch):
        return done
    note = _changeable(access, note)
    note.removed_at = timezone.now()
    note.save(update_fields=["removed_at"])
    _record(access, REMOVED, note, before=_row(note), batch=batch)
    return Outcome(_("The memo is removed."), noted=[note.coding_id])


def _cleaned(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise ValidationError(_("A memo needs some text."), code="empty")
    if len(text) > MAX_LENGTH:
        raise ValidationError(
            _("A memo has at most %(most)s characters; this one has %(found)s.")
            % {"most": MAX_LENGTH, "found": len(text)},
            code="too_long",
        )
    return text


def _changeable(access: Access, note: Note) -> Note:
    note = Note.objects.select_related("author", "coding__source", "coding__code").get(
        pk=note.pk, project=access.project
    )
    if note.author_id != access.membership.pk and not access.may["change_others_notes"]:
        raise PermissionDenied(
            _("This memo is by %(author)s; only %(author)s or a lead may change or remove it.")
            % {"author": note.author.label}
        )
    if note.removed_at is not None:
        raise StateConflict(_("This memo has already been removed."), code="already_removed")
    check_there(access, note.coding)
    return note


def _row(note: Note) -> dict[str, Any]:
    return {
        "id": note.pk,
        "guid": str(note.guid),
        "coding": note.coding_id,
        "author": note.author_id,
        "text": note.text,
    }


def _record(
    access: Access,
    verb: str,
    note: Note,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    batch: uuid.UUID | None = None,
) -> None:
    record(
        access,
        verb,
        note,
        label=note.coding.code.name,
        source=note.coding.source,
        before={"notes": [before]} if before else None,
        after={"notes": [after]} if after else None,
        batch=batch,
    )
