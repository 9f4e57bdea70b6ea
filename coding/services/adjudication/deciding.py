"""Deciding about one place: what of it goes into the agreed coding."""

import uuid
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.core.deciding import Span, shared, united
from coding.models import Coding, Comparison
from coding.queries import last_of_merges
from coding.services.adjudication.shared import DECIDED, REOPENED, Decided, as_row, check_open
from coding.services.codings.history import check_passage, lock
from projects.access import Access
from projects.models import Event
from projects.services.events import record

Decision = Comparison.Decision
MAX_WHY = 5_000


def result_of(
    compared: Comparison,
    decision: str,
    coder: int | None = None,
    hand: Span | None = None,
) -> list[Span]:
    """The passages that a decision leaves; of each coder's own, those that overlap are one."""
    by_coder: dict[int, list[Span]] = {}
    for who, _coding, start, end, *_more in compared.passages:
        by_coder.setdefault(who, []).append((start, end))
    if decision == Decision.TAKEN:
        return united(by_coder.get(coder or 0, []))
    if decision == Decision.UNION:
        return united(span for spans in by_coder.values() for span in spans)
    if decision == Decision.INTERSECTION:
        return shared(by_coder)
    if decision == Decision.EDITED and hand is not None:
        return [hand]
    return []


@transaction.atomic
def decide(
    *,
    access: Access,
    compared: Comparison,
    decision: str,
    coder: int | None = None,
    hand: Span | None = None,
    quote: str = "",
    why: str = "",
    batch: uuid.UUID | None = None,
) -> Decided:
    """Decide about a place, or decide anew; ``OPEN`` leaves it to be decided again.

    ``coder`` is whose passages are taken; ``hand`` is set by hand, and must read ``quote``. What
    was agreed on here before is removed softly. What the coders have coded is not touched.
    """
    access.require("adjudicate")
    batch = batch or uuid.uuid4()
    if Event.objects.filter(project=access.project, actor=access.user, batch=batch).exists():
        return Decided(_("Saved."), batch)
    check_open(access, compared.round)
    lock(compared.source_id)
    compared = Comparison.objects.select_related(
        "round", "source", "code__merged_into__merged_into"
    ).get(pk=compared.pk, round__project=access.project)
    if decision not in Decision.values:
        raise ValidationError(_("Say what is agreed on here."), code="no_decision")
    why = why.replace("\r\n", "\n").strip()
    if len(why) > MAX_WHY:
        raise ValidationError(
            _("A reason has at most %(most)s characters; this one has %(found)s.")
            % {"most": MAX_WHY, "found": len(why)},
            code="too_long",
        )
    if hand is not None and decision == Decision.EDITED:
        check_passage(compared.source_id, *hand, quote)
    spans = result_of(compared, decision, coder, hand)
    if not spans and decision not in (Decision.OPEN, Decision.REJECTED):
        raise ValidationError(_no_result(decision), code="no_result")
    code = last_of_merges(compared.code)
    was = list(compared.agreed.filter(removed_at__isnull=True).select_related("code"))
    before = as_row(compared, was)
    now = timezone.now()
    Coding.objects.filter(pk__in=[coding.pk for coding in was]).update(removed_at=now)
    new = _agreed(access, compared, code.pk, spans)
    compared.decision = decision
    compared.taken_from_id = coder if decision == Decision.TAKEN else None
    still_open = decision == Decision.OPEN
    compared.why = "" if still_open else why
    compared.decided_by = None if still_open else access.membership
    compared.decided_at = None if still_open else now
    compared.save(update_fields=["decision", "taken_from", "why", "decided_by", "decided_at"])
    record(
        access,
        REOPENED if still_open else DECIDED,
        compared,
        label=f"{code.name}, {compared.source.title}",
        source=compared.source,
        before=before,
        after=as_row(compared, new),
        batch=batch,
    )
    return Decided(_sentence(decision, code.name), batch)


def _agreed(access: Access, compared: Comparison, code: int, spans: Sequence[Span]) -> list[Coding]:
    """Write the agreed passages; one that is agreed on already, by another place, stays one."""
    there = set(
        Coding.objects.agreed()
        .filter(agreed_in=compared.round_id, source=compared.source_id, code=code)
        .filter(start__gte=min((s for s, _e in spans), default=0))
        .values_list("start", "end")
    )
    return Coding.objects.bulk_create(
        Coding(
            source_id=compared.source_id,
            code_id=code,
            coder=access.membership,
            start=start,
            end=end,
            agreed_in_id=compared.round_id,
            decision=compared,
        )
        for start, end in spans
        if (start, end) not in there
    )


def _no_result(decision: str) -> str:
    if decision == Decision.TAKEN:
        return _("This coder has no passage here; choose one who has.")
    if decision == Decision.INTERSECTION:
        return _("There is nothing that all of them coded; choose another way.")
    return _("Choose the words that are agreed on.")


def _sentence(decision: str, code: str) -> str:
    words = {
        Decision.OPEN: _("“%(code)s” is open again here."),
        Decision.REJECTED: _("Agreed: “%(code)s” is not coded here."),
    }
    said = words.get(Decision(decision), _("Agreed: “%(code)s” is coded here."))
    return said % {"code": code}
