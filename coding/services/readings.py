"""A coder says that they have finished a source, or that they have not."""

from django.db import transaction
from django.utils import timezone

from coding.models import Reading, Source
from projects.access import Access
from projects.services.events import record


@transaction.atomic
def set_finished(*, access: Access, source: Source, finished: bool) -> bool:
    access.require("code")
    # The lock of the source, as for its codings: two windows may say so at once.
    Source.objects.select_for_update().get(pk=source.pk)
    own = Reading.objects.filter(source=source, coder=access.membership)
    if finished == own.exists():
        return finished
    if finished:
        Reading.objects.create(source=source, coder=access.membership, finished_at=timezone.now())
    else:
        own.delete()
    verb = "source.finished" if finished else "source.reopened"
    record(access, verb, source, source=source, after={"coder": access.membership.pk})
    return finished
