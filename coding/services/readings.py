"""A coder says that they have finished a source, or that they have not.

In a running round that is their finish of the source there: what they have coded is kept as it is.
"""

from django.db import transaction
from django.utils import timezone

from coding.models import Assignment, Coding, Reading, Round, Source
from projects.access import Access
from projects.services.events import record


@transaction.atomic
def set_finished(*, access: Access, source: Source, finished: bool) -> bool:
    access.require("code")
    # The lock of the source, as for its codings: two windows may say so at once.
    source = Source.objects.select_for_update().get(pk=source.pk)
    own = Reading.objects.filter(source=source, coder=access.membership)
    share = (
        Assignment.objects.filter(
            source=source, coder=access.membership, round__state=Round.State.RUNNING
        )
        .select_related("round")
        .first()
    )
    kept = share is not None and (share.finished_at is not None) != finished
    if finished == own.exists() and not kept:
        return finished
    now = timezone.now()
    if share is not None:
        _keep(share, source, finished=finished)
    if not finished:
        own.delete()
    elif not own.exists():
        Reading.objects.create(source=source, coder=access.membership, finished_at=now)
    verb = "source.finished" if finished else "source.reopened"
    after = {"coder": access.membership.pk}
    in_round = {"round": share.round.name} if share else {}
    record(access, verb, source, source=source, after=after | in_round)
    return finished


def _keep(share: Assignment, source: Source, *, finished: bool) -> None:
    """``Assignment.passages``: what is compared is what stood there at this moment."""
    rows = Coding.objects.present().filter(source=source, coder=share.coder_id)
    fields = rows.order_by("start", "-end", "pk").values_list("pk", "code_id", "start", "end")
    share.passages = [list(row) for row in fields] if finished else []
    share.finished_at = timezone.now() if finished else None
    share.version = source.version
    share.save(update_fields=["passages", "finished_at", "version"])
