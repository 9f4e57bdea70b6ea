"""Agreement over time: round after round, and the same coder twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from cases.agreement.building import table_of
from cases.agreement.figures import Figure
from cases.agreement.spec import MEASURES, AgreementSpec
from cases.agreement.table import Agreement
from coding import agreement
from coding.agreement import Evidence
from coding.core import units
from coding.core.agreement import (
    Measure,
    Pooling,
    SourceCoding,
    Statistic,
    Unit,
    count_sources,
    estimate,
    jackknife,
    tabulate,
)
from coding.models import Round
from coding.services.agreement import ENGINE_UNITS, IN_REQUEST, Counted, count_agreement, stored
from projects.access import Access

# Size of the drawing, and the part of it that the scale from −0.2 to 1 takes.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 44, 16, 14, 34
LOWEST = -0.2


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One round. ``figure`` is None where its counts have still to be made."""

    round: Round
    figure: Figure | None
    sources: int
    coders: int
    codebook_changed: bool
    here: bool
    x: float = 0.0
    step: float = 0.0

    @property
    def x_before(self) -> float:
        """Between this round and the one before."""
        return round(self.x - self.step / 2, 1)

    @property
    def y(self) -> float | None:
        return None if self.figure is None else _y(self.figure.value)

    @property
    def y_low(self) -> float | None:
        return None if self.figure is None else _y(self.figure.low)

    @property
    def y_high(self) -> float | None:
        return None if self.figure is None else _y(self.figure.high)


@dataclass(frozen=True, slots=True)
class Trend:
    measure: str
    points: tuple[TrendPoint, ...]

    @property
    def coders(self) -> int:
        """Of the round with most of them."""
        return max(point.coders for point in self.points)

    @property
    def line(self) -> str:
        """The points of the polyline."""
        known = [(point.x, point.y) for point in self.points if point.y is not None]
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in known)

    @property
    def grid(self) -> list[tuple[str, float]]:
        """Lines of the scale, and where they lie."""
        return [(words, _height(value)) for words, value in _GRID]


_GRID = (("0", 0.0), (".667", 0.667), (".800", 0.8), ("1", 1.0))


def _height(value: float) -> float:
    share = (max(value, LOWEST) - LOWEST) / (1 - LOWEST)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _y(value: float | None) -> float | None:
    return None if value is None else _height(value)


def trend(access: Access, here: Agreement, every: Sequence[Evidence]) -> Trend:
    """All opened rounds in the unit of this page, each with all its sources, coders and codes.

    A round that is not counted yet is counted here if it is small, else said to be missing.
    """
    measure = here.measure
    unit = here.unit
    others = [one for one in every if one.round.pk != here.held.round.pk]
    known = stored(others, unit) if unit in ENGINE_UNITS else []
    kept_by = {one.round.pk: kept for one, kept in zip(others, known, strict=bool(known))}
    # This round has been counted for the page.
    kept_by[here.held.round.pk] = here.counted
    points: list[TrendPoint] = []
    before: Evidence | None = None
    spec = AgreementSpec(measure=measure)
    for place, one in enumerate(every):
        figure, sources, coders = None, 0, 0
        kept = kept_by.get(one.round.pk, Counted())
        if unit in ENGINE_UNITS and kept.passages <= IN_REQUEST:
            if kept.stale:
                kept = count_agreement(access=access, held=one, unit=unit, counted=kept)
            rows = table_of(one, spec, [kept.counts[source.id] for source in one.counting])
            if rows is not None:
                statistic = Statistic(MEASURES[measure], (), Pooling.DE_VRIES)
                figure = Figure(estimate(rows, statistic)[0], jackknife(rows, [statistic])[0][0])
                sources, coders = len(rows.sources), len(rows.coders)
        changed = before is not None and _book(before) != _book(one)
        step = (WIDTH - LEFT - RIGHT) / len(every)
        x = LEFT + (place + 0.5) * step
        here_too = one.round.pk == here.held.round.pk
        points.append(
            TrendPoint(one.round, figure, sources, coders, changed, here_too, round(x, 1), step)
        )
        before = one
    return Trend(measure, tuple(points))


def _book(held: Evidence) -> str:
    return held.round.codebook.sha256 if held.round.codebook is not None else ""


@dataclass(frozen=True, slots=True)
class Twice:
    """One coder against their own earlier coding of the same sources."""

    coder: str
    sources: int
    n: int
    figures: dict[str, Figure]


def same_coder_twice(here: Agreement, every: Sequence[Evidence]) -> list[Twice]:
    """What coders left in this round beside what they had left before: what was put aside when the
    round began, or what they finished in the latest earlier round, in the same text."""
    if here.unit == Round.Unit.CASE:
        return []
    before: dict[tuple[int, int, int], agreement.Rows] = {}
    for one in every:
        if one.round.number >= here.held.round.number:
            continue
        for source in one.sources:
            for share in source.finished:
                before[source.id, share.coder, share.version] = share.passages
    made = []
    for coder, label in here.held.coders.items():
        codings: list[SourceCoding] = []
        for source in here.held.sources:
            if here.spec.sources and source.id not in here.spec.sources:
                continue
            for share in source.finished:
                if share.coder != coder or share.version != source.version:
                    continue
                earlier = share.earlier or before.get((source.id, coder, share.version))
                if earlier is None or (here.unit in agreement.SEGMENTS) != (
                    source.id in here.counted.spans
                ):
                    continue
                pair = units.from_rows(
                    source.id, source.length, [(1, earlier), (2, share.passages)]
                )
                spans = here.counted.spans.get(source.id)
                codings.append(pair if spans is None else units.in_units(pair, spans))
        if codings:
            made.append(_twice(here, label, codings))
    return sorted(made, key=lambda one: one.coder)


def _twice(here: Agreement, label: str, codings: list[SourceCoding]) -> Twice:
    engine: Unit = ENGINE_UNITS[here.unit]
    counts = count_sources(
        codings,
        None,
        engine,
        threshold=here.held.round.threshold,
        roll_up=agreement.roll_up(here.held),
    )
    offered = max(len(here.held.codes), 1)
    rows = tabulate(counts, codes=_ids(here), offered=offered)
    figures = {}
    for name, measure in MEASURES.items():
        asked = Measure.KAPPA if measure is Measure.CONGER else measure
        statistic = Statistic(asked, (1, 2), Pooling.DE_VRIES)
        figures[name] = Figure(estimate(rows, statistic)[0], jackknife(rows, [statistic])[0][0])
    n = sum(one.units for one in counts)
    return Twice(label, len(codings), n, figures)


def _ids(here: Agreement) -> list[int]:
    if here.rows is not None:
        return [int(code) for code in here.rows.codes]
    return [line.id for line in here.held.codes]
