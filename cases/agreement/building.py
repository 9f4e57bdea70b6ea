"""From a specification to the figures: evidence, counts, sums."""

from dataclasses import dataclass

from cases import queries
from cases.agreement.spec import AgreementSpec
from cases.agreement.table import Agreement
from coding.agreement import Evidence, roll_up
from coding.core.agreement import (
    Rows,
    SourceCounts,
    Unit,
    count_sources,
    join_cases,
    tabulate,
)
from coding.models import Round
from coding.services.agreement import IN_REQUEST, Counted, count_agreement, stored
from projects.access import Access

# What cases are counted from: no unit of a source.
_OF_CASES = Round.Unit.CASE


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is too much to count while somebody waits for a page: a job does it."""

    sources: int
    passages: int


def build(access: Access, held: Evidence, spec: AgreementSpec) -> Agreement | Waiting:
    """The figures, or that they have to be counted first."""
    unit = spec.unit or held.round.unit
    if unit == _OF_CASES:
        return _of_cases(access, held, spec)
    counted = stored([held], unit)[0]
    if counted.passages > IN_REQUEST:
        return Waiting(len(counted.stale), counted.passages)
    if counted.stale:
        counted = count_agreement(access=access, held=held, unit=unit, counted=counted)
    chosen = [source for source in held.counting if not spec.sources or source.id in spec.sources]
    rows = table_of(held, spec, [counted.counts[source.id] for source in chosen])
    return Agreement(access, held, spec, unit, chosen, counted, rows)


def table_of(held: Evidence, spec: AgreementSpec, counts: list[SourceCounts]) -> Rows | None:
    """The counts as rows of those sources that two of the chosen coders finished; None without."""
    coders = spec.coders or None
    enough = [
        one
        for one in counts
        if sum(coders is None or coder in coders for coder in one.coders.tolist()) >= 2
    ]
    if not enough:
        return None
    return tabulate(
        enough, coders=coders, codes=code_ids(held, spec), offered=max(len(held.codes), 1)
    )


def code_ids(held: Evidence, spec: AgreementSpec) -> list[int]:
    """The codes that are compared, as they are counted: whole branches have negative numbers."""
    if spec.rolled_up:
        tops = list(dict.fromkeys(line.top for line in held.codes))
        return [-top for top in tops if not spec.codes or top in spec.codes]
    return [line.id for line in held.codes if not spec.codes or line.id in spec.codes]


def _of_cases(access: Access, held: Evidence, spec: AgreementSpec) -> Agreement:
    """Cases are not kept: they are few, and what belongs to one may change at any time."""
    chosen = [source for source in held.counting if not spec.sources or source.id in spec.sources]
    titles, members = queries.sources_of_cases(access, {source.id for source in chosen})
    joined = join_cases([source.coding for source in chosen], members)
    counts = count_sources(joined, None, Unit.CASE, roll_up=roll_up(held))
    rows = table_of(held, spec, counts)
    found = Agreement(access, held, spec, _OF_CASES, chosen, Counted(), rows)
    found.cases = titles
    found.joined = joined
    found.members = members
    return found
