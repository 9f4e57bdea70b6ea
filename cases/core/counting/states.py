"""What a cell says when there is no number, or a nought: the empty states, kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cases.core.counting.measures import DEFAULT_UNIT, Measure, value
from cases.core.counting.model import Counts

State = Literal["not_collected", "not_coded", "none", "not_applicable", "withheld", "number"]


@dataclass(frozen=True, slots=True)
class CellState:
    """The state of a cell, why, in plain words, and the measure it rests on.

    ``reason`` is empty only for a number about which nothing needs saying.
    """

    state: State
    reason: str
    measure: Measure


def cell_state(
    counts: Counts, row: int, column: int, unit: str = DEFAULT_UNIT, withheld: int = 0
) -> CellState:
    """Which of six states a cell is in; ``row`` and ``column`` are positions from 0.

    ``withheld`` is the number of the row's sources, under the same filters, that this reader may
    not see or whose consent is lacking; they must not be part of the counted text.

    withheld: there are sources, but all are withheld. not_collected: there are none.
    not_coded: none of them is coded or finished by the chosen coders. not_applicable: the
    measure is undefined. none: looked for, and a true 0. number: anything else.
    """
    measure = value(counts, unit, row, column)
    documents = int(counts.den_documents[row])
    coded = int(counts.documents_coded[row])
    aside = f" {_documents(withheld)} withheld and not counted." if withheld else ""
    if documents == 0 and withheld:
        reason = f"{_documents(withheld)} withheld; nothing is left that may be counted."
        return CellState("withheld", reason, measure)
    if documents == 0:
        return CellState("not_collected", "There are no documents here.", measure)
    if coded == 0:
        reason = f"{_documents(documents)} here, but not coded yet by the chosen coders."
        return CellState("not_coded", reason + aside, measure)
    if measure.value is None:
        return CellState("not_applicable", measure.reason + aside, measure)
    if measure.value == 0:
        looked = f"Looked for in {coded} of {documents} documents; none found."
        return CellState("none", looked + aside, measure)
    return CellState("number", aside.strip(), measure)


def _documents(number: int) -> str:
    return "1 document is" if number == 1 else f"{number} documents are"
