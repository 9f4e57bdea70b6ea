"""Deciding where a coding stands after a correction that could not place it with certainty.

The coder decides, or a lead. Each decision is one line of history; it is not a step of the reader's
undo, because what it answers is the correction.
"""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Coding, PlacementReview
from coding.services.codings.history import (
    StateConflict,
    as_event_row,
    check_owner,
    check_passage,
    current,
    lock,
)
from coding.services.codings.round_locks import check_unfinished
from coding.services.versions.translate import steps_since_event
from projects.access import Access
from projects.models import Event
from projects.services.events import record

State = PlacementReview.State
VERBS = {
    State.CONFIRMED: "placement.confirmed",
    State.MOVED: "placement.moved",
    State.REMOVED: "placement.removed",
}
STATES = {verb: state for state, verb in VERBS.items()}
REOPENED = "placement.reopened"


@transaction.atomic
def confirm_placement(*, access: Access, review: PlacementReview) -> PlacementReview:
    """The passage is right where it stands."""
    review, coding = _open(access, review)
    if coding.removed_at is not None:
        raise ValidationError(
            _("Nothing of this passage is left; choose other words, or remove the coding."),
            code="nothing_left",
        )
    row = as_event_row(coding)
    return _decided(access, review, State.CONFIRMED, coding, row, row)


@transaction.atomic
def move_placement(
    *, access: Access, review: PlacementReview, start: int, end: int, quote: str
) -> PlacementReview:
    """The passage is ``text[start:end]``, which must read ``quote``."""
    review, coding = _open(access, review)
    check_passage(review.source_id, start, end, quote)
    there = Coding.objects.filter(
        removed_at__isnull=True,
        source=coding.source_id,
        code=coding.code_id,
        agreed_in=coding.agreed_in_id,
        start=start,
        end=end,
    )
    # By agreement a passage is coded once, whoever decided it.
    twin = there if coding.agreed_in_id else there.filter(coder=coding.coder_id)
    if twin.exclude(pk=coding.pk).exists():
        raise StateConflict(
            _("%(coder)s has already coded exactly this passage with %(code)s.")
            % {"coder": coding.coder.label, "code": coding.code.name},
            code="already_there",
        )
    before = None if coding.removed_at is not None else as_event_row(coding)
    coding.start, coding.end, coding.removed_at = start, end, None
    coding.save(update_fields=["start", "end", "removed_at"])
    return _decided(access, review, State.MOVED, coding, before, as_event_row(coding))


@transaction.atomic
def remove_placement(*, access: Access, review: PlacementReview) -> PlacementReview:
    """What was coded is no longer said in the text; the coding goes (softly)."""
    review, coding = _open(access, review)
    before = as_event_row(coding)
    if coding.removed_at is None:
        coding.removed_at = timezone.now()
        coding.save(update_fields=["removed_at"])
    return _decided(access, review, State.REMOVED, coding, before, None)


@transaction.atomic
def reverse_decision(
    *,
    access: Access,
    event: Event,
    mode: str,
    answers: uuid.UUID,
    batch: uuid.UUID | None = None,
) -> dict[str, int]:
    """Open the question again that a line of history decided; of such a line, decide as before."""
    access.require("code")
    found = PlacementReview.objects.select_related("coding").filter(
        guid=event.object_guid, source__project=access.project
    )
    if (review := found.first()) is None:
        raise StateConflict(_("This passage is gone for good."), code="gone")
    source = lock(review.source_id)
    review.refresh_from_db()
    coding = current(access, review.coding)
    sentence = _("This passage was coded by %(coder)s; only %(coder)s or a lead may undo this.")
    check_owner(access, coding, sentence)
    check_unfinished(access, [source], {coding.coder_id})
    left = STATES.get(event.verb, State.OPEN)
    start, goal = ((part or {}).get("codings", []) for part in (event.after, event.before))
    here = [as_event_row(coding)] if coding.removed_at is None else []
    if review.state != left or here != start:
        raise StateConflict(
            _("The passage has changed since, so this cannot be undone any more."),
            code="changed_since",
        )
    if steps_since_event(source, event):
        raise StateConflict(
            _("The transcript has been corrected again since."), code="text_corrected"
        )
    twins = Coding.objects.present().filter(source=source).exclude(pk=coding.pk)
    for row in goal:
        place = {"code": row["code"], "coder": row["coder"]}
        if twins.filter(start=row["start"], end=row["end"], **place).exists():
            raise StateConflict(_("The same passage has been coded since."), code="already_there")
        coding.start, coding.end = row["start"], row["end"]
    coding.removed_at = None if goal else coding.removed_at or timezone.now()
    coding.save(update_fields=["start", "end", "removed_at"])
    # What was decided stands in the line about opening it, so that it can be decided so again.
    before = event.before or {}
    review.state = State(before.get("state", State.OPEN))
    decided = review.state != State.OPEN
    review.decided_by = access.membership if decided else None
    review.decided_at = timezone.now() if decided else None
    review.save(update_fields=["state", "decided_by", "decided_at"])
    record(
        access,
        VERBS.get(State(review.state), REOPENED),
        review,
        label=coding.code.name,
        source=source,
        before={"codings": start, "state": str(left)},
        after={"codings": goal},
        batch=batch,
        mode=mode,
        answers=answers,
    )
    return {"passages": 1}


def _open(access: Access, review: PlacementReview) -> tuple[PlacementReview, Coding]:
    access.require("code")
    locked = lock(review.source_id)
    review = PlacementReview.objects.select_related("coding", "decided_by").get(
        pk=review.pk, source__project=access.project
    )
    if review.state != State.OPEN:
        raise StateConflict(
            _("%(who)s has decided this already.")
            % {"who": review.decided_by.label if review.decided_by else _("Somebody")},
            code="already_decided",
        )
    coding = current(access, review.coding)
    check_owner(
        access,
        coding,
        _("This passage was coded by %(coder)s; only %(coder)s or a lead may decide about it."),
    )
    check_unfinished(access, [locked], [coding.coder_id])
    return review, coding


def _decided(
    access: Access,
    review: PlacementReview,
    state: State,
    coding: Coding,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> PlacementReview:
    review.state = state
    review.decided_by, review.decided_at = access.membership, timezone.now()
    review.save(update_fields=["state", "decided_by", "decided_at"])
    record(
        access,
        VERBS[state],
        review,
        label=coding.code.name,
        source=coding.source,
        before={"codings": [before] if before else []},
        after={"codings": [after] if after else []},
    )
    return review
