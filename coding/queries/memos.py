"""Memos: on passages, as the reader shows them, and on everything else."""

import uuid
from collections.abc import Iterable

from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from coding import subjects
from coding.models import Coding, Note, Source, Subject
from coding.queries.doors import (
    notes_seen_by,
    visible_codings,
    visible_notes,
    visible_passage_notes,
    visible_sources,
)
from projects.access import Access


def about(note: Note) -> subjects.Ref:
    """What a memo is about."""
    if note.coding is not None:
        return subjects.Ref(Subject.CODING.value, note.coding.guid)
    assert note.about_guid is not None  # noqa: S101  (a constraint of the database)
    return subjects.Ref(note.about, note.about_guid)


def note_counts_about(access: Access, subject: str) -> dict[uuid.UUID, int]:
    """Number of memos about each thing of one kind, by its guid."""
    rows = visible_notes(access).filter(about=subject, about_guid__isnull=False).order_by()
    return dict(rows.values_list("about_guid").annotate(n=Count("id")))


def note_counts(
    access: Access, source: Source, codings: Iterable[int] | None = None
) -> list[list[int]]:
    """``[coding, number of memos]``; of all codings with a memo, or of just these, 0 included."""
    rows = visible_passage_notes(access).filter(coding__source=source)
    if codings is not None:
        rows = rows.filter(coding__in=list(codings))
    counts = dict(rows.order_by("coding").values_list("coding").annotate(n=Count("id")))
    return [[pk, counts.get(pk, 0)] for pk in (counts if codings is None else codings)]


def coding_notes(access: Access, coding: Coding) -> QuerySet[Note]:
    """The memos on one coding, oldest first."""
    rows = visible_passage_notes(access).filter(coding=coding)
    return rows.select_related("author").order_by("created_at", "id")


def note(access: Access, note_id: int) -> Note:
    """A memo that may have been removed meanwhile: who changes it is told so."""
    rows = notes_seen_by(access, Note.objects.all())
    return get_object_or_404(rows.select_related("coding__source", "author"), pk=note_id)


subjects.register(
    subjects.Kind(
        Subject.SOURCE,
        visible=lambda access: visible_sources(access),
        name=lambda row: row.title,
        page=lambda row: ("coding:source", [row.project_id, row.pk], ""),
        order=("key",),
    )
)
subjects.register(
    subjects.Kind(
        Subject.CODING,
        visible=lambda access: visible_codings(access).select_related("source", "code"),
        name=lambda row: (
            _("%(code)s in %(source)s") % {"code": row.code.name, "source": row.source.title}
        ),
        page=lambda row: (
            "coding:source",
            [row.source.project_id, row.source_id],
            f"?at={row.start}-{row.end}",
        ),
        order=("-id",),
    )
)
subjects.register(
    subjects.Kind(
        Subject.CODE,
        visible=lambda access: access.project.codes.filter(removed_at__isnull=True),
        name=lambda row: row.name,
        page=lambda row: ("coding:code", [row.project_id, row.pk], ""),
        order=("position", "id"),
    )
)
