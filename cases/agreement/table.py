"""The figures of a round under one specification, and everything that is to be said of them."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

import numpy as np
from django.utils.translation import gettext as _

from cases.agreement.figures import Figure
from cases.agreement.lines import (
    CodeRow,
    Confused,
    PairRow,
    SourceRow,
    badness,
    in_order,
)
from cases.agreement.spec import MEASURES, AgreementSpec
from coding.agreement import CodeLine, Evidence, RoundSource, roll_up
from coding.core import units
from coding.core.agreement import (
    Coefficient,
    Measure,
    Pooling,
    Reason,
    Rows,
    SourceCoding,
    Statistic,
    Unit,
    bootstrap,
    confusion,
    estimate,
    jackknife,
)
from coding.core.agreement.statistics import coefficients, refusal, scores, tables
from coding.services.agreement import ENGINE_UNITS, Counted
from projects.access import Access

# What of a list of confusions is shown on the page.
CONFUSIONS = 20


@dataclass
class Agreement:
    """Everything on the page of a round, computed when it is asked for."""

    access: Access
    held: Evidence
    spec: AgreementSpec
    unit: str
    chosen: list[RoundSource]
    counted: Counted
    rows: Rows | None
    cases: dict[int, str] = field(default_factory=dict)
    joined: list[SourceCoding] = field(default_factory=list)
    members: dict[int, list[int]] = field(default_factory=dict)

    # --- whom and what ------------------------------------------------------------------------

    @cached_property
    def coders(self) -> list[tuple[int, str]]:
        """Those who are compared, by name."""
        there = set(self.rows.coders.tolist()) if self.rows is not None else set()
        return [(pk, label) for pk, label in self.held.coders.items() if pk in there]

    @property
    def n_coders(self) -> int:
        return len(self.coders)

    @cached_property
    def codes(self) -> list[CodeLine]:
        ids = self.rows.codes.tolist() if self.rows is not None else []
        return [self.held.every.lines[abs(pk)] for pk in ids]

    @property
    def sources(self) -> int:
        """How many sources (cases) the figures rest on."""
        return len(self.rows.sources) if self.rows is not None else 0

    @cached_property
    def judged(self) -> set[tuple[int, int]]:
        """(source, coder): whose coding of what the figures rest on. A source that only one of the
        chosen coders finished is not there, nor one of no case where cases are the unit."""
        if self.rows is None:
            return set()
        found = set()
        for place, pk in enumerate(self.rows.sources.tolist()):
            for source in self.members.get(pk, []) if self.unit == "case" else [pk]:
                for coder in self.rows.coders[self.rows.present[place]].tolist():
                    found.add((source, coder))
        return found

    @cached_property
    def compared(self) -> list[RoundSource]:
        """The sources that the figures rest on."""
        ids = {source for source, _coder in self.judged}
        return [source for source in self.chosen if source.id in ids]

    @cached_property
    def units(self) -> int:
        """How many units at least two coders judged, each counted once."""
        return round(float(self.rows.total().units)) if self.rows is not None else 0

    @cached_property
    def lookups(self) -> int:
        """For passages: how many were looked up at another coder."""
        if self.rows is None:
            return 0
        return round(float(self.rows.total().meetings.sum()))

    @property
    def lead(self) -> str:
        """The measure by which codes are called worst."""
        return "percent" if self.unit == "overlap" else "alpha"

    @property
    def measure(self) -> str:
        """The measure of the tables of coders and rounds."""
        if self.unit == "overlap" and self.spec.measure not in ("percent", "f1", "pabak"):
            return "percent"
        return self.spec.measure

    @property
    def worst_query(self) -> str:
        """The address of the same figures, worst codes first."""
        return replace(self.spec, sort="worst", down=False).query()

    # --- figures ------------------------------------------------------------------------------

    def _with_intervals(self, asked: list[Statistic]) -> list[tuple[Figure, ...]]:
        assert self.rows is not None  # noqa: S101  (nobody asks without rows)
        if self.spec.interval == "bootstrap":
            found = bootstrap(self.rows, asked, resamples=self.spec.resamples, seed=self.spec.seed)
        else:
            found = jackknife(self.rows, asked)
        return [
            tuple(map(Figure, estimate(self.rows, statistic), intervals))
            for statistic, intervals in zip(asked, found, strict=True)
        ]

    @cached_property
    def headline(self) -> dict[str, Figure]:
        """All codes as one number: agreement and chance averaged over codes (De Vries 2008)."""
        if self.rows is None:
            return {}
        asked = [Statistic(measure, (), Pooling.DE_VRIES) for measure in MEASURES.values()]
        found = self._with_intervals(asked)
        return {name: figures[0] for name, figures in zip(MEASURES, found, strict=True)}

    @cached_property
    def code_rows(self) -> list[CodeRow]:
        """One line for each code, in the order asked for."""
        if self.rows is None:
            return []
        found = self._with_intervals([Statistic(measure) for measure in MEASURES.values()])
        sums = self.rows.total()
        values = float(sums.values)
        lines = []
        for place, code in enumerate(self.codes):
            applied = float(sums.applied[place])
            lines.append(
                CodeRow(
                    code,
                    tuple(self.applications.get((code.id, pk), 0) for pk, _label in self.coders),
                    applied / values if values else None,
                    {name: figures[place] for name, figures in zip(MEASURES, found, strict=True)},
                )
            )
        return in_order(lines, self.spec, self.lead)

    @cached_property
    def applications(self) -> dict[tuple[int, int], int]:
        """By code and coder, how many passages were coded, whatever the unit."""
        counts: dict[tuple[int, int], int] = {}
        lines = self.held.every.lines
        for source in self.compared:
            for share in source.finished:
                if (source.id, share.coder) not in self.judged:
                    continue
                for code, _start, _end in share.passages:
                    to = lines[code].top if self.spec.rolled_up and code in lines else code
                    counts[to, share.coder] = counts.get((to, share.coder), 0) + 1
        return counts

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """All pairs of coders, in the order of their names."""
        return list(combinations([pk for pk, _label in self.coders], 2))

    def pair_rows(self, code: int | None = None) -> list[PairRow]:
        """The table of each code (or of one) and pair, with raw counts."""
        if self.rows is None:
            return []
        sums = self.rows.total()
        wanted = [
            (place, line)
            for place, line in enumerate(self.codes)
            if code is None or line.id == code
        ]
        found: dict[tuple[int, int], list[PairRow]] = {}
        for first, second in self.pairs:
            counted = tables(self.rows, sums, (first, second))
            asked = {
                name: estimate(self.rows, Statistic(_of_pair(measure), (first, second)))
                for name, measure in MEASURES.items()
            }
            for place, line in wanted:
                (a, b), (c, d) = np.rint(counted[place]).astype(np.int64).tolist()
                figures = {name: Figure(several[place]) for name, several in asked.items()}
                found.setdefault((place, line.id), []).append(
                    PairRow(line, first, second, a, b, c, d, figures)
                )
        return [row for several in found.values() for row in several]

    @cached_property
    def heat(self) -> dict[tuple[int, int], Figure]:
        """Coder × coder: every pair, both ways round."""
        if self.rows is None:
            return {}
        found = {}
        for pair in self.pairs:
            statistic = Statistic(_of_pair(MEASURES[self.measure]), pair, Pooling.DE_VRIES)
            found[pair] = found[pair[::-1]] = Figure(estimate(self.rows, statistic)[0])
        return found

    @cached_property
    def heat_table(self) -> list[tuple[str, list[Figure | None]]]:
        ids = [pk for pk, _label in self.coders]
        return [
            (label, [None if pk == other else self.heat[pk, other] for other in ids])
            for pk, label in self.coders
        ]

    def n_of(self, label: str, other: str | None = None) -> int:
        """What was compared of a coder and another, or each of the others: units, or for passages
        how many were looked up, with all codes."""
        if self.rows is None:
            return 0
        ids = {name: pk for pk, name in self.coders}
        among = (ids[label],) if other is None else (ids[label], ids[other])
        found = tables(self.rows, self.rows.total(), among).sum(axis=(-2, -1))
        if not found.size:
            return 0
        return round(float(found.sum() if self.unit == "overlap" else found.max()))

    @cached_property
    def against(self) -> list[tuple[str, dict[str, Figure]]]:
        """Every coder against each of the others, whose tables are added up: finds who drifts."""
        if self.rows is None:
            return []
        found = []
        for pk, label in self.coders:
            figures = {
                name: Figure(
                    estimate(self.rows, Statistic(_of_pair(measure), (pk,), Pooling.DE_VRIES))[0]
                )
                for name, measure in MEASURES.items()
            }
            found.append((label, figures))
        return sorted(found, key=lambda row: badness(row[1][self.lead]))

    @cached_property
    def source_rows(self) -> list[SourceRow]:
        """Sources (cases), the least agreement first."""
        if self.rows is None:
            return []
        sums = self.rows.each()
        by_measure: dict[str, tuple[Coefficient, ...]] = {}
        for name, measure in MEASURES.items():
            statistic = Statistic(measure, (), Pooling.DE_VRIES)
            why = refusal(self.rows, statistic)
            if why is not None or not len(self.rows.codes):
                nothing = Coefficient(None, why or Reason.NO_CODE, 0, None, None)
                by_measure[name] = (nothing,) * self.sources
            else:
                found = scores(self.rows, sums, statistic)
                by_measure[name] = coefficients(found, Pooling.DE_VRIES)
        titles = self.cases or {source.id: source.title for source in self.chosen}
        labels = dict(self.coders)
        missing = {
            source.id: tuple(self.held.coders[pk] for pk in source.waiting)
            for source in self.chosen
        }
        found_rows = []
        for place, pk in enumerate(self.rows.sources.tolist()):
            present = self.rows.coders[self.rows.present[place]].tolist()
            several = sums.meetings[place].sum() if self.unit == "overlap" else sums.units[place]
            found_rows.append(
                SourceRow(
                    pk,
                    titles[pk],
                    tuple(sorted(labels[coder] for coder in present)),
                    () if self.cases else missing[pk],
                    round(float(several)),
                    {name: Figure(figures[place]) for name, figures in by_measure.items()},
                )
            )
        return sorted(found_rows, key=lambda row: (badness(row.figures["percent"]), row.title))

    @property
    def confusion_unit(self) -> str:
        """Passages that are looked up have no units to confuse: then it is characters."""
        return "character" if self.unit == "overlap" else self.unit

    @cached_property
    def confused(self) -> list[Confused]:
        """What one coder said where another said something else, most often first."""
        if self.rows is None:
            return []
        codings = self.joined or [
            units.in_units(source.coding, self.counted.spans[source.id])
            if source.id in self.counted.spans
            else source.coding
            for source in self.chosen
        ]
        engine = Unit.CASE if self.unit == "case" else ENGINE_UNITS[self.confusion_unit]
        ids = self.rows.codes.tolist()
        rolled = roll_up(self.held) if self.spec.rolled_up else None
        k = len(ids)
        between = np.zeros((k, k), dtype=np.int64)
        alone = np.zeros(k, dtype=np.int64)
        for first, second in self.pairs:
            found = confusion(codings, first, second, codes=ids, unit=engine, roll_up=rolled)
            table = found.table + found.table.T
            between += table
            alone += found.first_alone + found.second_alone
        lines = self.codes
        made = [
            Confused(lines[x], lines[y], int(between[x, y]))
            for x, y in combinations(range(k), 2)
            if between[x, y]
        ]
        made += [Confused(lines[x], None, int(alone[x])) for x in range(k) if alone[x]]
        return sorted(made, key=lambda one: (-one.n, one.first.path, one.second is None))

    @property
    def confused_shown(self) -> list[Confused]:
        return self.confused[:CONFUSIONS]

    # --- what is to be said -------------------------------------------------------------------

    @cached_property
    def waiting(self) -> list[tuple[str, str]]:
        """Sources of the round that do not count, and why."""
        said = []
        for source in self.held.sources:
            if source.why:
                said.append((source.title, why_not(self.held, source)))
        return said


def why_not(held: Evidence, source: RoundSource) -> str:
    if source.why == "versions":
        return _("its coders finished different versions of the text")
    if source.why == "gone":
        return _("the text that was coded is no longer kept")
    who = ", ".join(held.coders[coder] for coder in source.waiting)
    if not who:
        return _("fewer than two people code it")
    return _("not yet finished by %(who)s") % {"who": who}


def _of_pair(measure: Measure) -> Measure:
    return Measure.KAPPA if measure is Measure.CONGER else measure
