"""Rounds of double coding as their pages show them, and each coder's own list."""

from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone

from coding.models import Assignment, Round, Source
from coding.queries.doors import visible_sources
from projects.access import RIGHTS, Access
from projects.models import Membership


def rounds(access: Access) -> QuerySet[Round]:
    """Newest first, with numbers of sources and coders; drafts are for those who make them."""
    rows = access.project.rounds.select_related("codebook", "opened_by", "made_by").annotate(
        sources_count=Count("assignments__source", distinct=True),
        coders_count=Count("assignments__coder", distinct=True),
        blind=Exists(
            Assignment.objects.filter(
                round=OuterRef("pk"), coder=access.membership, round__state=Round.State.RUNNING
            )
        ),
    )
    if not access.may["run_rounds"]:
        rows = rows.exclude(state=Round.State.DRAFT)
    return rows.order_by("-number")


def round_(access: Access, round_id: int) -> Round:
    return get_object_or_404(rounds(access), pk=round_id)


def able_coders(access: Access) -> dict[int, Membership]:
    """Members with an account who may code, by id."""
    rows = access.project.memberships.filter(
        user__isnull=False, ended_at__isnull=True, role__in=RIGHTS["code"]
    )
    return {row.pk: row for row in rows.order_by("label")}


def is_overdue(held: Round) -> bool:
    return (
        held.state == Round.State.RUNNING
        and held.deadline is not None
        and held.deadline < timezone.localdate()
    )


@dataclass(slots=True)
class SourceLine:
    """A source of a round; ``named`` in the order of the coders, None where there is no share."""

    source: Source
    readable: bool
    named: list[tuple[Membership, Assignment | None]] = field(default_factory=list)


@dataclass(slots=True)
class CoderLine:
    coder: Membership
    sources: int = 0
    words: int = 0
    finished: int = 0


@dataclass(slots=True)
class Progress:
    """Who has finished what. For somebody who is blind in the round: their own part alone."""

    coders: list[CoderLine] = field(default_factory=list)
    sources: list[SourceLine] = field(default_factory=list)
    blind: bool = False

    @property
    def shares(self) -> int:
        return sum(line.sources for line in self.coders)

    @property
    def finished(self) -> int:
        return sum(line.finished for line in self.coders)

    @property
    def all_finished(self) -> bool:
        return self.finished == self.shares

    @property
    def words(self) -> int:
        return sum(line.source.words for line in self.sources)


def progress(access: Access, held: Round) -> Progress:
    """Two queries."""
    rows = held.assignments.select_related("source", "coder").defer("passages", "earlier")
    shares = list(rows.order_by("source__key", "coder__label"))
    readable = set(visible_sources(access).values_list("pk", flat=True))
    own = [share for share in shares if share.coder_id == access.membership.pk]
    found = Progress(blind=held.state == Round.State.RUNNING and bool(own))
    if found.blind:
        shares = own
    people = {share.coder_id: share.coder for share in shares}
    coders = {pk: CoderLine(coder) for pk, coder in people.items()}
    lines: dict[int, SourceLine] = {}
    cells: dict[tuple[int, int], Assignment] = {}
    for share in shares:
        lines.setdefault(share.source_id, SourceLine(share.source, share.source_id in readable))
        cells[share.source_id, share.coder_id] = share
        line = coders[share.coder_id]
        line.sources += 1
        line.words += share.source.words
        line.finished += share.finished_at is not None
    found.coders = sorted(coders.values(), key=lambda line: line.coder.label)
    for pk, row in lines.items():
        row.named = [(line.coder, cells.get((pk, line.coder.pk))) for line in found.coders]
    found.sources = list(lines.values())
    return found


def own_shares(access: Access) -> QuerySet[Assignment]:
    """What this person has to code in running rounds: the earliest deadline first."""
    return (
        Assignment.objects.filter(
            coder=access.membership,
            round__project=access.project,
            round__state=Round.State.RUNNING,
            source__in=visible_sources(access),
        )
        .select_related("round", "source")
        .defer("passages", "earlier")
        .order_by(F("round__deadline").asc(nulls_last=True), "round__number", "source__key")
    )


def running_share(access: Access, source: Source) -> Assignment | None:
    """This person's share of a running round in a source, if they have one."""
    return (
        Assignment.objects.filter(
            coder=access.membership, source=source, round__state=Round.State.RUNNING
        )
        .select_related("round")
        .defer("passages", "earlier")
        .first()
    )
