"""Memos on coded passages: kept with the coding through all changes.

Each action is one event of the source, so that undo and redo reach memos as they do codings.
"""

import uuid
from typing import Any

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
from coding.services.notes import rows
from coding.services.notes.rows import Words, as_row
from coding.subjects import Ref
from projects.access import Access
from projects.services.events import record

CREATED, CHANGED, REMOVED = "note.created", "note.changed", "note.removed"


@transaction.atomic
def add_note(
    *,
    access: Access,
    coding: Coding,
    text: str,
    title: str = "",
    kind: str = "",
    links: tuple[Ref, ...] = (),
    batch: uuid.UUID | None = None,
) -> Outcome:
    """Write a memo on a coded passage; line breaks are kept, white space around it is not."""
    access.require("code")
    lock(coding.source_id)
    if done := already_done(access, batch):
        return done
    coding = current(access, coding)
    check_there(access, coding)
    note = Note(project=access.project, coding=coding, author=access.membership)
    changed = rows.fill(access, note, Words(text, title, kind, links))
    rows.save(note, changed, links)
    record_on(access, CREATED, note, coding, after=as_row(note), batch=batch)
    return Outcome(_("The memo is saved."), noted=[coding.pk], note=note)


@transaction.atomic
def change_note(
    *,
    access: Access,
    note: Note,
    text: str | None = None,
    title: str | None = None,
    kind: str | None = None,
    links: tuple[Ref, ...] | None = None,
    batch: uuid.UUID | None = None,
) -> Outcome:
    """Write the memo anew; what is not given stays."""
    access.require("code")
    lock(passage(note).source_id)
    if done := already_done(access, batch):
        return done
    note, coding = _changeable(access, note)
    before = as_row(note)
    changed = rows.fill(access, note, Words(text, title, kind, links))
    if not changed:
        return Outcome(_("Nothing has changed."), noted=[coding.pk], note=note)
    note.updated_at = timezone.now()
    rows.save(note, [*changed, "updated_at"], links)
    record_on(access, CHANGED, note, coding, before=before, after=as_row(note), batch=batch)
    return Outcome(_("The memo is saved."), noted=[coding.pk], note=note)


@transaction.atomic
def remove_note(*, access: Access, note: Note, batch: uuid.UUID | None = None) -> Outcome:
    access.require("code")
    lock(passage(note).source_id)
    if done := already_done(access, batch):
        return done
    note, coding = _changeable(access, note)
    note.removed_at = timezone.now()
    note.save(update_fields=["removed_at"])
    record_on(access, REMOVED, note, coding, before=as_row(note), batch=batch)
    return Outcome(_("The memo is removed."), noted=[coding.pk], note=note)


def passage(note: Note) -> Coding:
    if note.coding is None:
        raise TypeError("This memo is on no passage.")
    return note.coding


def _changeable(access: Access, note: Note) -> tuple[Note, Coding]:
    note = Note.objects.select_related("author", "coding__source", "coding__code").get(
        pk=note.pk, project=access.project
    )
    rows.check_owner(access, note)
    if note.removed_at is not None:
        raise StateConflict(_("This memo has already been removed."), code="already_removed")
    coding = passage(note)
    check_there(access, coding)
    return note, coding


def record_on(
    access: Access,
    verb: str,
    note: Note,
    coding: Coding,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **fields: Any,
) -> None:
    record(
        access,
        verb,
        note,
        label=coding.code.name,
        source=coding.source,
        before={"notes": [before]} if before else None,
        after={"notes": [after]} if after else None,
        **fields,
    )
