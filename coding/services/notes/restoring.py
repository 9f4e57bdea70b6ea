"""A memo that was removed comes back to where it was, from whichever page; and a line of history
about a memo that is on no passage is taken back (for those on passages see ``codings.undo``)."""

import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from coding import queries
from coding.models import Note, Subject
from coding.services.codings.history import (
    Outcome,
    StateConflict,
    already_done,
    check_there,
    lock,
)
from coding.services.notes import about, passages
from coding.services.notes.rows import as_row
from coding.services.removals import answering, check_may_restore, last_removal
from projects.access import Access
from projects.models import Event

ON_PASSAGE, ELSEWHERE = "note.restored", "note.recovered"


@transaction.atomic
def restore(
    *,
    access: Access,
    note: Note,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> Outcome:
    """Bring a memo back. Its author may, who removed it, and whoever may remove others' memos."""
    access.require("code")
    on_passage = note.about == Subject.CODING
    if on_passage:
        lock(passages.passage(note).source_id)
    else:
        about.lock_author(access)
    if done := (already_done if on_passage else about.already_done)(access, batch):
        return done
    note = (
        Note.objects.select_for_update(of=("self",))
        .select_related("author", "coding__source", "coding__code")
        .get(pk=note.pk, project=access.project)
    )
    removal = last_removal(access, note, passages.REMOVED, about.REMOVED)
    if note.author_id != access.membership.pk:
        check_may_restore(access, removal, "change_others_notes")
    if note.removed_at is None:
        raise StateConflict(_("This memo is there already."), code="already_there")
    note.removed_at = None
    note.save(update_fields=["removed_at"])
    fields = answering(removal, batch, mode, answers)
    if note.coding is None:
        name = about.name_of_subject(access, note)
        about.record_about(access, ELSEWHERE, note, name, after=about.row_of(note), **fields)
        return Outcome(_("The memo is back."), note=note)
    check_there(access, note.coding)
    passages.record_on(access, ON_PASSAGE, note, note.coding, after=as_row(note), **fields)
    return Outcome(_("The memo is back."), noted=[note.coding.pk], note=note)


@transaction.atomic
def reverse(
    *,
    access: Access,
    event: Event,
    mode: str,
    answers: uuid.UUID,
    batch: uuid.UUID | None = None,
) -> dict[str, int]:
    """Take back that a memo was written, removed or brought back. That it was changed is not taken
    back: its lines hold none of its words."""
    note = queries.notes_seen_by(access, Note.objects.filter(guid=event.object_guid)).first()
    if note is None:
        raise StateConflict(
            _("This memo, or what it is about, is gone or in the trash."), code="gone"
        )
    act = restore if event.verb == about.REMOVED else about.remove
    if act is not restore and _changed_since(access, event):
        raise StateConflict(
            _("The memo has changed since, so this cannot be undone any more."),
            code="changed_since",
        )
    act(access=access, note=note, batch=batch, mode=mode, answers=answers)
    return {"notes": 1}


def _changed_since(access: Access, event: Event) -> bool:
    later = access.project.events.filter(object_guid=event.object_guid, pk__gt=event.pk)
    return later.filter(verb=about.CHANGED).exists()
