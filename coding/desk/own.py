"""One coder's passages held against what was agreed on: for learning, not for measuring.

Figures here are about what was talked over, so they say nothing about how reliably anybody codes.
"""

import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from coding import queries
from coding.core.deciding import Span
from coding.desk.words import spans_of
from coding.models import Code, Comparison, Round, Source
from projects.access import Access

KEPT, CHANGED, REJECTED, MISSED = "kept", "changed", "rejected", "missed"
OUTCOMES = (KEPT, CHANGED, REJECTED, MISSED)


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A decided place, seen by one coder."""

    compared: Comparison
    source: Source
    code: Code
    outcome: str
    mine: list[Span]
    agreed: list[Span]


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one code. ``coded``: decided places at which the coder had it; ``agreed``: decided
    places in their sources at which it was agreed on."""

    code: Code
    kept: int
    changed: int
    rejected: int
    missed: int

    @property
    def coded(self) -> int:
        return self.kept + self.changed + self.rejected

    @property
    def agreed(self) -> int:
        return self.kept + self.changed + self.missed


@dataclass(slots=True)
class Own:
    lines: list[OwnLine] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    sources: int = 0
    # Places of these sources that are not decided yet.
    open: int = 0
    total: int = 0


def own(access: Access, held: Round) -> Own:
    """Of what this person finished in the round: what was kept, changed, rejected and missed.

    A place at which they coded nothing, and which was agreed not to be coded, is no line. Five
    queries."""
    sources = {share.source_id: share.source for share in queries.own_assignments(access, held)}
    made = Own(sources=len(sources))
    codes = {
        code.pk: code for code in access.project.codes.select_related("merged_into__merged_into")
    }
    agreed: dict[int, list[Span]] = {}
    for place, start, end in (
        queries.visible_agreed(access, held)
        .filter(source__in=sources)
        .order_by("start")
        .values_list("decision", "start", "end")
    ):
        agreed.setdefault(place, []).append((start, end))
    me = access.membership.pk
    counts: dict[int, dict[str, int]] = {}
    rows = queries.visible_comparisons(access, held).filter(source__in=sources)
    for row in rows.order_by("source__key", "start", "end", "id"):
        made.total += 1
        if row.decision == Comparison.Decision.OPEN:
            made.open += 1
            continue
        mine = spans_of(row).get(me, [])
        theirs = agreed.get(row.pk, [])
        outcome = _outcome(row, mine, theirs)
        if outcome is None:
            continue
        code = queries.last_of_merges(codes[row.code_id])
        counts.setdefault(code.pk, dict.fromkeys(OUTCOMES, 0))[outcome] += 1
        made.lines.append(OwnLine(row, sources[row.source_id], code, outcome, mine, theirs))
    order = [node.code for node in queries.codebook(access)]
    made.rows = [Row(code, **counts[code.pk]) for code in order if code.pk in counts]
    return made


def _outcome(row: Comparison, mine: Sequence[Span], agreed: Sequence[Span]) -> str | None:
    if row.decision == Comparison.Decision.REJECTED:
        return REJECTED if mine else None
    if not mine:
        return MISSED
    return KEPT if list(mine) == list(agreed) else CHANGED


def outcome_words() -> list[tuple[str, str]]:
    return [
        (KEPT, _("kept as you coded it")),
        (CHANGED, _("kept, with other borders")),
        (REJECTED, _("not agreed on")),
        (MISSED, _("agreed on, and not coded by you")),
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """A line with its words."""

    line: OwnLine
    outcome: str
    mine: list[str]
    agreed: list[str]
    turn: int | None


def with_words(access: Access, lines: Sequence[OwnLine]) -> list[Shown]:
    """Two queries, however many lines there are."""
    wanted = {line.source.pk for line in lines}
    texts = queries.texts(access, wanted)
    starts = queries.turn_starts(access, wanted)
    words = dict(outcome_words())
    shown = []
    for line in lines:
        text, turns = texts[line.source.pk], starts.get(line.source.pk, [])
        at = bisect_right(turns, (line.compared.start, sys.maxsize))
        shown.append(
            Shown(
                line,
                words[line.outcome],
                [text[start:end] for start, end in line.mine],
                [text[start:end] for start, end in line.agreed],
                turns[at - 1][1] if at else None,
            )
        )
    return shown
