"""Taking a decision back, or many that were accepted at once, as long as nobody decided since."""

import uuid

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding.models import Coding, Comparison, Round, Source
from coding.services.adjudication.shared import (
    ACCEPTED,
    DECIDED,
    REOPENED,
    Decided,
    as_row,
    check_open,
)
from coding.services.codings.history import StateConflict, lock
from projects.access import Access
from projects.models import Event
from projects.services.events import record

TAKEN_BACK = "round.unaccepted"


@transaction.atomic
def take_back(*, access: Access, held: Round, batch: uuid.UUID) -> Decided:
    """Take one's own decision back: the place is as it was before, with the same agreed coding."""
    access.require("adjudicate")
    held = check_open(access, held)
    event = Event.objects.filter(
        project=access.project,
        actor=access.user,
        batch=batch,
        verb__in=(DECIDED, REOPENED, ACCEPTED),
        mode=Event.Mode.DO,
    ).first()
    if event is None:
        raise StateConflict(_("There is no such decision of yours to take back."), code="not_last")
    if event.verb == ACCEPTED:
        return _many(access, held, event)
    return _one(access, held, event)


def _one(access: Access, held: Round, event: Event) -> Decided:
    found = Comparison.objects.filter(guid=event.object_guid, round=held).first()
    if found is None:
        raise StateConflict(_("This place is not there any more."), code="not_there")
    lock(found.source_id)
    compared = Comparison.objects.select_related("source", "code").get(pk=found.pk)
    before, after = event.before or {}, event.after or {}
    at = compared.decided_at.isoformat() if compared.decided_at else None
    if (at, compared.decision) != (after["at"], after["decision_id"]):
        raise StateConflict(
            _("This place has been decided anew since: nothing was taken back."), code="not_last"
        )
    was = list(compared.agreed.filter(removed_at__isnull=True))
    state = as_row(compared, was)
    now = timezone.now()
    Coding.objects.filter(pk__in=[coding.pk for coding in was]).update(removed_at=now)
    _revive([row["id"] for row in before["codings"]])
    compared.decision = before["decision_id"]
    compared.why = before["why"]
    compared.taken_from_id = before["taken_from_id"]
    compared.decided_by_id = before["decided_by_id"]
    compared.decided_at = parse_datetime(before["at"]) if before["at"] else None
    compared.save(update_fields=["decision", "taken_from", "why", "decided_by", "decided_at"])
    back = list(compared.agreed.filter(removed_at__isnull=True))
    again = uuid.uuid4()
    record(
        access,
        DECIDED if compared.decision else REOPENED,
        compared,
        label=event.label,
        source=compared.source,
        before=state,
        after=as_row(compared, back),
        batch=again,
        mode=Event.Mode.UNDO,
        answers=event.batch,
    )
    return Decided(_("Taken back: the place is as it was before."), again)


def _many(access: Access, held: Round, event: Event) -> Decided:
    after = event.after or {}
    at = parse_datetime(after["at"])
    rows = Comparison.objects.filter(
        round=held,
        decided_at=at,
        decided_by=access.membership,
        decision=Comparison.Decision.UNION,
    )
    # In the order in which everybody locks them.
    list(
        Source.objects.select_for_update()
        .filter(pk__in=rows.values("source"))
        .order_by("pk")
        .only("pk")
    )
    now = timezone.now()
    Coding.objects.agreed().filter(decision__in=rows.values("pk")).update(removed_at=now)
    count = rows.update(decision=Comparison.Decision.OPEN, decided_by=None, decided_at=None, why="")
    left = after["places"] - count
    again = uuid.uuid4()
    if count:
        record(
            access,
            TAKEN_BACK,
            held,
            label=event.label,
            before={"places": after["places"]},
            after={"places": left},
            batch=again,
            mode=Event.Mode.UNDO,
            answers=event.batch,
        )
    said = ngettext("%(n)s place is open again.", "%(n)s places are open again.", count) % {
        "n": count
    }
    if left:
        said += " " + ngettext(
            "%(n)s was decided anew since and stays.",
            "%(n)s were decided anew since and stay.",
            left,
        ) % {"n": left}
    return Decided(said, again)


def _revive(ids: list[int]) -> None:
    """Agreed codings come back, where nothing is agreed on alike meanwhile."""
    same = Coding.objects.agreed().filter(
        source=OuterRef("source"),
        code=OuterRef("code"),
        agreed_in=OuterRef("agreed_in"),
        start=OuterRef("start"),
        end=OuterRef("end"),
    )
    Coding.objects.filter(~Exists(same), pk__in=ids, removed_at__isnull=False).update(
        removed_at=None
    )
