"""Memos about anything: what is on a passage goes the way of passages, all else goes here.

An event of a memo that is on no passage names it and holds none of its words: the row is kept, and
nothing is put back from the history.
"""

import hashlib
import json
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding import queries, subjects
from coding.models import Note, Source, Subject
from coding.services.codings.history import Outcome, StateConflict, lock
from coding.services.notes import passages, rows
from coding.services.notes.rows import Words
from coding.subjects import Ref
from projects.access import Access
from projects.models import Event, Membership
from projects.services.events import record

CREATED, CHANGED, REMOVED = "note.written", "note.rewritten", "note.discarded"


@transaction.atomic
def create(
    *,
    access: Access,
    about: Ref,
    text: str,
    title: str = "",
    kind: str = "",
    links: tuple[Ref, ...] = (),
    batch: uuid.UUID | None = None,
) -> Outcome:
    """Write a memo about something that the writer may see."""
    access.require("code")
    place = subjects.place(access, about)
    if place is None or not subjects.has_memos(about):
        raise ValidationError(
            _("What the memo is about (%(what)s) is not there, or you may not see it.")
            % {"what": subjects.label(about)},
            code="about",
        )
    if about.subject == Subject.CODING:
        coding = queries.visible_codings(access).get(guid=about.guid)
        return passages.add_note(
            access=access,
            coding=coding,
            text=text,
            title=title,
            kind=kind,
            links=links,
            batch=batch,
        )
    lock_author(access)
    if done := already_done(access, batch):
        return done
    note = Note(
        project=access.project,
        about=about.subject,
        about_guid=about.guid,
        author=access.membership,
    )
    changed = rows.fill(access, note, Words(text, title, kind, links))
    rows.save(note, changed, links)
    record_about(access, CREATED, note, place.name, after=row_of(note), batch=batch)
    return Outcome(_("The memo is saved."), note=note)


@transaction.atomic
def change(
    *,
    access: Access,
    note: Note,
    words: Words,
    seen: str = "",
    batch: uuid.UUID | None = None,
) -> Outcome:
    """Write a memo anew. ``seen`` is the ``digest`` of what the writer had before them: if it is
    another one now, somebody was quicker, and nothing is written over."""
    access.require("code")
    if note.about == Subject.CODING:
        lock(passages.passage(note).source_id)
        _check_seen(note, seen)
        return passages.change_note(
            access=access,
            note=note,
            text=words.text,
            title=words.title,
            kind=words.kind,
            links=words.links,
            batch=batch,
        )
    lock_author(access)
    if done := already_done(access, batch):
        return done
    note, name = _changeable(access, note)
    _check_seen(note, seen)
    was = row_of(note)
    changed = rows.fill(access, note, words)
    if not changed:
        return Outcome(_("Nothing has changed."), note=note)
    note.updated_at = timezone.now()
    rows.save(note, [*changed, "updated_at"], words.links)
    now = row_of(note) | {"changed": changed}
    record_about(access, CHANGED, note, name, before=was, after=now, batch=batch)
    return Outcome(_("The memo is saved."), note=note)


@transaction.atomic
def remove(
    *,
    access: Access,
    note: Note,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> Outcome:
    access.require("code")
    if note.about == Subject.CODING:
        return passages.remove_note(access=access, note=note, batch=batch)
    lock_author(access)
    if done := already_done(access, batch):
        return done
    note, name = _changeable(access, note)
    note.removed_at = timezone.now()
    note.save(update_fields=["removed_at"])
    record_about(
        access,
        REMOVED,
        note,
        name,
        before=row_of(note),
        batch=batch,
        mode=mode,
        answers=answers,
    )
    return Outcome(_("The memo is removed."), note=note)


def digest(note: Note) -> str:
    """Of what a memo says now."""
    said = [note.text, note.title, note.kind, [str(ref) for ref in rows.links_of(note)]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:20]


def _check_seen(note: Note, seen: str) -> None:
    if seen and seen != digest(Note.objects.get(pk=note.pk)):
        raise StateConflict(
            _(
                "Somebody has changed this memo since you opened it. Yours is below; copy what you"
                " need, and open the memo again."
            ),
            code="changed",
        )


def lock_author(access: Access) -> None:
    """The author's place in the project is the lock of what is no source's: a request that is sent
    twice waits for its first."""
    Membership.objects.select_for_update().get(pk=access.membership.pk)


def _changeable(access: Access, note: Note) -> tuple[Note, str]:
    note = (
        Note.objects.select_for_update(of=("self",))
        .select_related("author")
        .get(pk=note.pk, project=access.project)
    )
    rows.check_owner(access, note)
    if note.removed_at is not None:
        raise StateConflict(_("This memo has already been removed."), code="already_removed")
    return note, name_of_subject(access, note)


def name_of_subject(access: Access, note: Note) -> str:
    """What the memo is about; StateConflict unless that is there."""
    place = subjects.place(access, queries.about(note))
    if place is None:
        raise StateConflict(_("What this memo is about is gone, or in the trash."), code="gone")
    return place.name


def row_of(note: Note) -> dict[str, Any]:
    return {
        "id": note.pk,
        "guid": str(note.guid),
        "about": str(queries.about(note)),
        "author": note.author_id,
    }


def already_done(access: Access, batch: uuid.UUID | None) -> Outcome | None:
    if batch is None:
        return None
    event = Event.objects.filter(
        project=access.project, actor=access.user, batch=batch, object_type="note"
    ).first()
    if event is None:
        return None
    note = Note.objects.filter(project=access.project, guid=event.object_guid).first()
    return Outcome(_("Saved."), note=note)


def record_about(
    access: Access,
    verb: str,
    note: Note,
    name: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **fields: Any,
) -> None:
    record(
        access,
        verb,
        note,
        label=name,
        source=_source(access, note),
        before={"notes": [before]} if before else None,
        after={"notes": [after]} if after else None,
        **fields,
    )


def _source(access: Access, note: Note) -> Source | None:
    """Of a memo about a source, or a place in it: who codes there blindly is not shown its line."""
    rows, subject = Source.objects.filter(project=access.project), queries.about(note)
    if subject.subject == Subject.SOURCE:
        return rows.filter(guid=subject.guid).first()
    if subject.subject == Subject.COMPARISON:
        return rows.filter(comparisons__guid=subject.guid).first()
    return None
