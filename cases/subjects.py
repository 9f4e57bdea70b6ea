"""The things that have their pages in this room, as memos name them."""

from coding import subjects
from coding.models import Note, Subject
from coding.queries import participants, visible_notes
from projects.models import Project


def register() -> None:
    """Called once, when the program starts."""
    subjects.register(
        subjects.Kind(
            Subject.PROJECT,
            visible=lambda access: Project.objects.filter(pk=access.project.pk),
            name=lambda row: row.title,
            page=lambda row: ("projects:home", [row.pk], ""),
        )
    )
    subjects.register(
        subjects.Kind(
            Subject.PARTICIPANT,
            visible=participants,
            name=str,
            page=lambda row: ("cases:participant", [row.project_id, row.pk], ""),
            order=("key",),
        )
    )
    subjects.register(
        subjects.Kind(
            Subject.CASE,
            visible=lambda access: access.project.cases.filter(removed_at__isnull=True),
            name=lambda row: row.name,
            page=lambda row: (
                "cases:notebook",
                [row.project_id],
                f"?of=case:{row.guid}",
            ),
            order=("position", "id"),
        )
    )
    subjects.register(
        subjects.Kind(
            Subject.NOTE,
            visible=visible_notes,
            name=_first_words,
            page=lambda row: ("cases:notebook", [row.project_id], f"?of=note:{row.guid}"),
            order=("-created_at", "-id"),
            has_memos=False,
        )
    )


def _first_words(note: Note) -> str:
    words = note.title or " ".join(note.text.split())
    return words if len(words) <= 60 else words[:59].rstrip() + "…"
