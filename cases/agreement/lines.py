"""The lines of the tables of a round, and the order of codes."""

from dataclasses import dataclass

from cases.agreement.figures import RARE, Figure
from cases.agreement.spec import AgreementSpec
from coding.agreement import CodeLine


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One line of the table of codes."""

    code: CodeLine
    applications: tuple[int, ...]
    prevalence: float | None
    figures: dict[str, Figure]

    @property
    def total(self) -> int:
        return sum(self.applications)

    @property
    def rare(self) -> bool:
        return self.total < RARE


@dataclass(frozen=True, slots=True)
class PairRow:
    """The table of one code and one pair of coders, with what is computed from it."""

    code: CodeLine
    first: int
    second: int
    a: int
    b: int
    c: int
    d: int
    figures: dict[str, Figure]

    @property
    def n(self) -> int:
        return self.a + self.b + self.c + self.d


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source (or case): who finished it, its units, how far they agree."""

    id: int
    title: str
    coders: tuple[str, ...]
    missing: tuple[str, ...]
    n: int
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Confused:
    """Units to which one coder gave ``first`` and another ``second`` instead, over all pairs of
    coders; ``second`` None: no code at all."""

    first: CodeLine
    second: CodeLine | None
    n: int


def badness(figure: Figure) -> tuple[bool, float]:
    """Sorts the lowest first, and what has no number last."""
    return figure.value is None, figure.value if figure.value is not None else 0.0


def in_order(lines: list[CodeRow], spec: AgreementSpec, lead: str) -> list[CodeRow]:
    """Worst first, codes that are too rare to judge behind the others; or by a column."""
    if spec.sort == "worst":
        return sorted(lines, key=lambda row: (row.rare, *badness(row.figures[lead])))
    if spec.sort == "code":
        return lines[::-1] if spec.down else lines
    if spec.sort == "applications":
        return sorted(lines, key=lambda row: row.total, reverse=spec.down)
    if spec.sort == "prevalence":
        return sorted(lines, key=lambda row: row.prevalence or 0, reverse=spec.down)
    known = [row for row in lines if row.figures[spec.sort].value is not None]
    known.sort(key=lambda row: row.figures[spec.sort].value or 0, reverse=spec.down)
    return known + [row for row in lines if row.figures[spec.sort].value is None]
