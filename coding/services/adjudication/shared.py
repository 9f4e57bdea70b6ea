"""What deciding, accepting in bulk and taking back share."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from coding import queries
from coding.models import Coding, Comparison, Round
from coding.services.codings.history import StateConflict, as_event_row
from projects.access import Access

DECIDED, REOPENED, ACCEPTED = "comparison.decided", "comparison.reopened", "round.accepted"


@dataclass(frozen=True, slots=True)
class Decided:
    """A sentence for the person, and the batch that takes it back."""

    message: str
    batch: uuid.UUID


def check_open(access: Access, held: Round) -> Round:
    """The round as it is now; raises StateConflict unless it can be decided about."""
    held = queries.opened_rounds(access).select_for_update(of=("self",)).get(pk=held.pk)
    if held.state != Round.State.OPENED:
        raise StateConflict(
            _("“%(round)s” is closed: what was agreed stands.") % {"round": held.name},
            code="closed",
        )
    return held


def as_row(compared: Comparison, codings: list[Coding]) -> dict[str, Any]:
    """The state of a place as history keeps it; people stand in it as ids alone, so that a round
    that is decided without names stays so."""
    return {
        "decision": str(Comparison.Decision(compared.decision).label),
        "why": compared.why,
        "decision_id": compared.decision,
        "taken_from_id": compared.taken_from_id,
        "decided_by_id": compared.decided_by_id,
        "at": compared.decided_at.isoformat() if compared.decided_at else None,
        "codings": [as_event_row(coding) for coding in codings],
    }
