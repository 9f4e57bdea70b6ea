"""Deleting for good what lies in the trash: an owner's act, in one transaction, files included.

What is left is one line with numbers. Other lines about what was deleted keep who did what, and
when, and lose what they hold of it.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases.models import Case
from cases.services.trash.listing import removed_notes
from coding.models import (
    Assignment,
    Code,
    Coding,
    Comparison,
    Note,
    NoteLink,
    Recording,
    Source,
    SourceVersion,
    Subject,
)
from coding.services.codings.history import StateConflict
from coding.services.trash.shared import in_words
from projects.access import Access
from projects.models import Event, Project
from projects.services import redaction
from projects.services.events import record

logger = logging.getLogger(__name__)
EMPTIED = "trash.emptied"


@dataclass(slots=True)
class Purge:
    """What would be deleted for good, with everything that hangs on it."""

    sources: list[Source] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def words(self) -> list[str]:
        return in_words(self.counts)

    @property
    def any(self) -> bool:
        return bool(self.sources or self.codes or self.cases or self.notes)

    @property
    def token(self) -> str:
        """The same as long as the same things would go."""
        things = [
            sorted(str(row.guid) for row in rows)
            for rows in (self.sources, self.codes, self.cases, self.notes)
        ]
        return hashlib.sha256(repr((things, sorted(self.counts.items()))).encode()).hexdigest()[:32]


def plan_emptying(*, access: Access) -> Purge:
    """Everything in the trash."""
    access.require("empty_trash")
    project = access.project
    return _plan(
        access,
        Purge(
            sources=list(project.sources.filter(removed_at__isnull=False).order_by("pk")),
            codes=list(project.codes.filter(removed_at__isnull=False).order_by("pk")),
            cases=list(project.cases.filter(removed_at__isnull=False).order_by("pk")),
            notes=list(removed_notes(access).order_by("pk")),
        ),
    )


def plan_deletion(*, access: Access, guid: uuid.UUID) -> Purge:
    """One thing of the trash, whatever it is; with a code what was merged into it."""
    everything = plan_emptying(access=access)
    purge = Purge(
        sources=[row for row in everything.sources if row.guid == guid],
        codes=[row for row in everything.codes if row.guid == guid],
        cases=[row for row in everything.cases if row.guid == guid],
        notes=[row for row in everything.notes if row.guid == guid],
    )
    own = {row.pk for row in purge.codes}
    while more := [
        row for row in everything.codes if row.merged_into_id in own and row.pk not in own
    ]:
        purge.codes += more
        own |= {row.pk for row in more}
    return _plan(access, purge)


def delete_for_good(*, access: Access, confirmed: str, guid: uuid.UUID | None = None) -> Purge:
    """Delete what the plan with the token ``confirmed`` listed: one thing, or all of the trash.

    StateConflict if the trash holds something else by now. Files go when it is committed.
    """
    access.require("empty_trash")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=access.project.pk)
        plan = (
            plan_emptying(access=access)
            if guid is None
            else plan_deletion(access=access, guid=guid)
        )
        if not plan.any or plan.token != confirmed:
            raise StateConflict(
                _(
                    "The trash has changed since the list was made, so nothing was deleted. Look "
                    "at the list again and confirm it anew."
                ),
                code="changed",
            )
        if plan.problem:
            raise StateConflict(plan.problem, code="in_round")
        list(Source.objects.select_for_update().filter(pk__in=_ids(plan.sources)).order_by("pk"))
        _delete(access, plan)
        record(
            access,
            EMPTIED,
            access.project,
            label=", ".join(in_words(_things(plan))),
            after=_things(plan),
        )
    return plan


def _plan(access: Access, purge: Purge) -> Purge:
    sources, codes = _ids(purge.sources), _ids(purge.codes)
    codings = Coding.objects.filter(Q(source__in=sources) | Q(code__in=codes))
    compared = Comparison.objects.filter(Q(source__in=sources) | Q(code__in=codes))
    notes = _notes_on(access, purge, codings, compared).filter(removed_at__isnull=True)
    purge.counts = _things(purge) | {
        "passages": codings.filter(removed_at__isnull=True).count(),
        "passages_removed": codings.filter(removed_at__isnull=False).count(),
        "memos": notes.count(),
        "versions": SourceVersion.objects.filter(source__in=sources).count(),
        "recordings": Recording.objects.filter(source__in=sources).count(),
        "assignments": Assignment.objects.filter(source__in=sources).count(),
        "comparisons": compared.count(),
    }
    return purge


def _subjects(
    purge: Purge, compared: QuerySet[Comparison]
) -> list[tuple[Subject, list[uuid.UUID]]]:
    """What goes and can have memos of its own, beside passages."""
    return [
        (Subject.SOURCE, [row.guid for row in purge.sources]),
        (Subject.CODE, [row.guid for row in purge.codes]),
        (Subject.CASE, [row.guid for row in purge.cases]),
        (Subject.COMPARISON, list(compared.values_list("guid", flat=True))),
    ]


def _notes_on(
    access: Access, purge: Purge, codings: QuerySet[Coding], compared: QuerySet[Comparison]
) -> QuerySet[Note]:
    """The memos, removed ones included, about what goes."""
    about = Q(coding__in=codings.values("pk"))
    for kind, guids in _subjects(purge, compared):
        about |= Q(about=kind, about_guid__in=guids)
    return Note.objects.filter(about, project=access.project)


def _things(purge: Purge) -> dict[str, int]:
    return {
        "sources": len(purge.sources),
        "codes": len(purge.codes),
        "cases": len(purge.cases),
        "notes": len(purge.notes),
    }


def _delete(access: Access, plan: Purge) -> None:
    sources, codes = _ids(plan.sources), _ids(plan.codes)
    files = [
        (row.file.storage, row.file.name)
        for row in Recording.objects.filter(source__in=sources)
        if row.file.name
    ]
    codings = Coding.objects.filter(Q(source__in=sources) | Q(code__in=codes))
    compared = Comparison.objects.filter(Q(source__in=sources) | Q(code__in=codes))
    lost = {row.pk: row.guid for row in plan.notes}
    lost |= dict(_notes_on(access, plan, codings, compared).values_list("pk", "guid"))
    _forget(access, plan, list(lost.values()))
    pointed_to = [
        *_subjects(plan, compared),
        (Subject.CODING, list(codings.values_list("guid", flat=True))),
        (Subject.NOTE, list(lost.values())),
    ]
    for kind, guids in pointed_to:
        NoteLink.objects.filter(
            note__project=access.project, target=kind, target_guid__in=guids
        ).delete()
    Note.objects.filter(pk__in=list(lost)).delete()
    codings.delete()
    Comparison.objects.filter(code__in=codes).delete()
    Source.objects.filter(pk__in=sources).delete()
    # What lies below a code that goes, in the trash itself, moves up.
    going = set(codes)
    parents = {row.pk: row.parent_id for row in plan.codes}
    for child in Code.objects.filter(parent__in=codes).exclude(pk__in=codes):
        above = child.parent_id
        while above in going:
            above = parents[above]
        Code.objects.filter(pk=child.pk).update(parent=above)
    Code.objects.filter(pk__in=codes).update(parent=None)
    Code.objects.filter(pk__in=codes).delete()
    Case.objects.filter(pk__in=_ids(plan.cases)).delete()
    transaction.on_commit(lambda: _delete_files(files))


def _forget(access: Access, plan: Purge, notes: list[uuid.UUID]) -> None:
    things = [row.guid for rows in (plan.sources, plan.codes, plan.cases) for row in rows]
    events = Event.objects.filter(project=access.project)
    own = events.filter(object_guid__in=[*things, *notes])
    inside = events.filter(source_guid__in=[row.guid for row in plan.sources])
    redaction.empty(access=access, own=own, about=inside)


def _ids(rows: Iterable[Source | Code | Case | Note]) -> list[int]:
    return [row.pk for row in rows]


def _delete_files(files: list[tuple[Storage, str]]) -> None:
    for storage, name in files:
        try:
            storage.delete(name)
        except OSError:
            # The rows are gone already; whoever runs the server is told which file is left.
            logger.exception("A file of the trash could not be deleted: %s", name)
