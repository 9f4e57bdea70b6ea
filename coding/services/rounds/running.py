"""Starting a round, which makes its coders blind to each other; opening it, which ends that; and
closing it when all is decided."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coding.models import Assignment, Coding, Reading, Round, Source
from coding.services.codebook import freeze
from coding.services.codings.history import StateConflict
from coding.services.rounds.planning import current
from projects.access import Access
from projects.services.events import record

STARTED, OPENED, CLOSED = "round.started", "round.opened", "round.closed"
RESTORED = "round.restored"
BATCH = 500


@transaction.atomic
def start_round(*, access: Access, held: Round) -> Round:
    """From now on its coders see nobody else's coding of its sources.

    The codebook is frozen where no version was chosen. Who had marked a source as finished begins
    it anew; where the round is ``fresh`` what they had coded there is put aside.
    """
    access.require("run_rounds")
    held = current(access, held)
    if held.state != Round.State.DRAFT:
        raise StateConflict(
            _("Round “%(round)s” has been started already.") % {"round": held.name},
            code="started",
        )
    shares = list(held.assignments.select_related("source", "coder").order_by("pk"))
    if not shares:
        raise ValidationError(_("This round has no sources left."), code="no_sources")
    _lock_sources(shares)
    _check(shares)
    if held.codebook is None:
        held.codebook = freeze(
            access=access,
            name=_("Round %(n)s: %(round)s") % {"n": held.number, "round": held.name},
            reason=_("As it was when the round began."),
        )
    put_aside = _put_aside(shares) if held.fresh else 0
    for share in shares:
        Reading.objects.filter(source=share.source_id, coder=share.coder_id).delete()
    held.state, held.started_at = Round.State.RUNNING, timezone.now()
    held.save(update_fields=["state", "started_at", "codebook"])
    record(
        access,
        STARTED,
        held,
        label=held.name,
        after={
            "codebook": str(held.codebook),
            "sources": len({share.source_id for share in shares}),
            "coders": len({share.coder_id for share in shares}),
            **({"codings_put_aside": put_aside} if held.fresh else {}),
        },
    )
    return held


def _lock_sources(shares: list[Assignment]) -> None:
    """Always in the same order, so that two changes never wait for each other."""
    ids = {share.source_id for share in shares}
    list(Source.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))


def _check(shares: list[Assignment]) -> None:
    for share in shares:
        coder = share.coder
        if coder.ended_at is not None or coder.role == "viewer":
            raise ValidationError(
                _("%(coder)s cannot code here any more: share the sources out anew.")
                % {"coder": coder.label},
                code="no_coder",
            )
    other = (
        Assignment.objects.filter(
            round__state=Round.State.RUNNING, source__in={share.source_id for share in shares}
        )
        .select_related("round", "source")
        .first()
    )
    if other is not None:
        raise ValidationError(
            _("“%(source)s” is being coded in round “%(round)s” already: open that first.")
            % {"source": other.source.title, "round": other.round.name},
            code="in_another",
        )


def _put_aside(shares: list[Assignment]) -> int:
    """Removes softly what the coders had coded in their sources, and keeps which it was."""
    now = timezone.now()
    total = 0
    for share in shares:
        own = Coding.objects.present().filter(source=share.source_id, coder=share.coder_id)
        share.earlier = passages(own)
        total += own.update(removed_at=now)
    Assignment.objects.bulk_update(shares, ["earlier"], batch_size=BATCH)
    return total


def passages(codings: Any) -> list[list[int]]:
    """``[coding, code, start, end]`` in text order, as an ``Assignment`` keeps them."""
    rows = codings.order_by("start", "-end", "pk").values_list("pk", "code_id", "start", "end")
    return [list(row) for row in rows]


@transaction.atomic
def open_round(*, access: Access, held: Round) -> Round:
    """End the blindness: all of its coders see all coding of its sources.

    Shares that are not finished count as missing. What was finished stays recorded as it is, also
    when its coder goes on coding.
    """
    access.require("run_rounds")
    held = current(access, held)
    if held.state != Round.State.RUNNING:
        raise StateConflict(
            _("Round “%(round)s” is not running: it cannot be opened.") % {"round": held.name},
            code="not_running",
        )
    shares = list(held.assignments.values_list("coder__label", "finished_at"))
    missing = sorted({label for label, at in shares if at is None})
    held.state, held.opened_at = Round.State.OPENED, timezone.now()
    held.opened_by = access.membership
    held.save(update_fields=["state", "opened_at", "opened_by"])
    record(
        access,
        OPENED,
        held,
        label=held.name,
        before={"state": str(Round.State.RUNNING.label)},
        after={
            "state": str(Round.State.OPENED.label),
            "finished": sum(at is not None for _label, at in shares),
            "of": len(shares),
            **({"not_finished": ", ".join(missing)} if missing else {}),
        },
    )
    return held


@transaction.atomic
def close_round(*, access: Access, held: Round) -> Round:
    """Nothing more is decided in it."""
    access.require("run_rounds")
    held = current(access, held)
    if held.state != Round.State.OPENED:
        raise StateConflict(
            _("Round “%(round)s” is not open: it cannot be closed.") % {"round": held.name},
            code="not_opened",
        )
    held.state, held.closed_at = Round.State.CLOSED, timezone.now()
    held.save(update_fields=["state", "closed_at"])
    record(
        access,
        CLOSED,
        held,
        label=held.name,
        before={"state": str(Round.State.OPENED.label)},
        after={"state": str(Round.State.CLOSED.label)},
    )
    return held


@transaction.atomic
def bring_back_earlier(*, access: Access, held: Round) -> int:
    """Undo the putting aside of a ``fresh`` round, once it is opened: what its coders had coded
    before is there again, where they have not coded it anew. How many codings came back."""
    access.require("run_rounds")
    held = current(access, held)
    if held.state not in (Round.State.OPENED, Round.State.CLOSED):
        raise StateConflict(
            _("Open the round first: its coders would see their earlier coding."), code="running"
        )
    shares = list(held.assignments.exclude(earlier=[]).order_by("pk"))
    _lock_sources(shares)
    came = 0
    for share in shares:
        ids = [row[0] for row in share.earlier]
        here = Coding.objects.filter(source=share.source_id, coder=share.coder_id)
        there = set(here.present().values_list("code_id", "start", "end"))
        back = []
        for row in here.filter(pk__in=ids, removed_at__isnull=False).order_by("pk"):
            place = (row.code_id, row.start, row.end)
            if place not in there:
                there.add(place)
                back.append(row.pk)
        came += Coding.objects.filter(pk__in=back).update(removed_at=None)
        share.earlier = []
    Assignment.objects.bulk_update(shares, ["earlier"], batch_size=BATCH)
    if shares:
        record(access, RESTORED, held, label=held.name, after={"codings_back": came})
    return came
