"""A case goes into the trash; its sources and participants stay, and are its own again after."""

import uuid

from django.db import transaction
from django.utils import timezone

from cases.models import Case
from coding.services.removals import answering, check_may_restore, last_removal
from coding.services.trash import Touched
from coding.services.trash.shared import gone, not_there
from projects.access import Access
from projects.models import Event
from projects.services.events import record

REMOVED, RESTORED = "case.removed", "case.restored"


def plan_remove_case(*, access: Access, case: Case) -> Touched:
    """What belongs to the case; nothing is changed."""
    access.require("remove_evidence")
    return Touched(
        {
            "case_sources": case.sources.filter(removed_at__isnull=True).count(),
            "case_participants": case.participants.count(),
            "values": case.values.count(),
        }
    )


@transaction.atomic
def remove_case(
    *,
    access: Access,
    case: Case,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> Touched:
    """Put a case into the trash."""
    access.require("remove_evidence")
    case = Case.objects.select_for_update().get(pk=case.pk, project=access.project)
    if case.removed_at is not None:
        raise gone(case.name)
    touched = plan_remove_case(access=access, case=case)
    case.removed_at = timezone.now()
    case.save(update_fields=["removed_at"])
    record(access, REMOVED, case, after=touched.counts, batch=batch, mode=mode, answers=answers)
    return touched


@transaction.atomic
def restore_case(
    *,
    access: Access,
    case: Case,
    batch: uuid.UUID | None = None,
    mode: str = Event.Mode.DO,
    answers: uuid.UUID | None = None,
) -> None:
    """Take a case out of the trash."""
    case = Case.objects.select_for_update().get(pk=case.pk, project=access.project)
    removal = last_removal(access, case, REMOVED)
    check_may_restore(access, removal, "remove_evidence")
    if case.removed_at is None:
        raise not_there(case.name)
    case.removed_at = None
    case.save(update_fields=["removed_at"])
    record(access, RESTORED, case, **answering(removal, batch, mode, answers))
