"""A source goes into the trash with all that is coded in it, and comes back with it."""

import uuid

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Coding, Note, Round, Source
from coding.services.codings.history import StateConflict
from coding.services.removals import answering, check_may_restore, last_removal
from coding.services.trash.shared import (
    Touched,
    gone,
    not_there,
)
from projects.access import Access
from projects.models import Event
from projects.services.events import record

REMOVED, RESTORED = "source.removed", "source.restored"


def open_rounds(access: Access, source: Source) -> list[str]:
    """The names of the rounds that still need this source."""
    rows = Round.objects.filter(project=access.project, assignments__source=source)
    rows = rows.exclude(state=Round.State.CLOSED)
    return list(rows.distinct().order_by("number").values_list("name", flat=True))


def plan_remove_source(*, access: Access, source: Source) -> Touched:
    """What goes into the trash with the source; nothing is changed."""
    access.require("remove_evidence")
    if rounds := open_rounds(access, source):
        return Touched(problem=_in_rounds(source, rounds))
    codings = Coding.objects.present().filter(source=source, code__removed_at__isnull=True)
    return Touched(
        {
            "passages": codings.count(),
            "memos": Note.objects.filter(
                coding__in=codings.values("pk"), removed_at__isnull=True
            ).count(),
            "recordings": int(hasattr(source, "recording")),
        }
    )


@transaction.atomic
def remove_source(
    *,
    access: Access,
    source: Source,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> Touched:
    """Put a source into the trash."""
    access.require("remove_evidence")
    source = Source.objects.select_for_update().get(pk=source.pk, project=access.project)
    if source.removed_at is not None:
        raise gone(source.title)
    touched = plan_remove_source(access=access, source=source)
    if touched.problem:
        raise StateConflict(touched.problem, code="in_round")
    source.removed_at = timezone.now()
    source.save(update_fields=["removed_at"])
    record(
        access,
        REMOVED,
        source,
        source=source,
        after=touched.counts,
        batch=batch,
        mode=mode,
        answers=answers,
    )
    return touched


@transaction.atomic
def restore_source(
    *,
    access: Access,
    source: Source,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> None:
    """Take a source out of the trash; everything on it is seen again."""
    source = Source.objects.select_for_update().get(pk=source.pk, project=access.project)
    removal = last_removal(access, source, REMOVED)
    check_may_restore(access, removal, "remove_evidence")
    if source.removed_at is None:
        raise not_there(source.title)
    source.removed_at = None
    source.save(update_fields=["removed_at"])
    record(access, RESTORED, source, source=source, **answering(removal, batch, mode, answers))


def _in_rounds(source: Source, rounds: list[str]) -> str:
    return _(
        "“%(source)s” is coded in the round “%(round)s”, which is not closed yet: close the round "
        "first."
    ) % {"source": source.title, "round": "”, “".join(rounds)}
