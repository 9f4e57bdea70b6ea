"""The units in which a cell can be shown, their values, shares, and the rules in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.core.counting.model import Counts, Rule

Number = int | float


@dataclass(frozen=True, slots=True)
class Unit:
    """One way to show a cell: value = factor · numerator / denominator, or the plain numerator.

    ``rule`` is the counting rule as printed under a table; ``denominator`` completes "of …";
    ``undefined`` is the reason given when the denominator is 0. ``factor`` is None for counts.
    ``counts`` and ``base`` name the arrays of ``Counts`` that are used.
    """

    key: str
    label: str
    short: str
    rule: str
    denominator: str
    undefined: str
    counts: str
    base: str
    factor: int | None = None

    @property
    def is_rate(self) -> bool:
        """Whether the value is set in relation to how much material there is."""
        return self.factor is not None


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with what it is made of; ``value`` is None, with a reason, where undefined."""

    value: Number | None
    numerator: Number
    denominator: Number
    unit: str
    reason: str = ""


_NO_DOCUMENTS = "There are no documents here to count in."
_NO_WORDS = "There are no words in these documents, so nothing can be related to them."
_NO_SPOKEN_WORDS = "There are no words outside the interviewers' turns in these documents."
_NO_TURNS = "There are no participants' or observers' turns in these documents."
_NO_CHARS = "These documents have no text."
_NO_PEOPLE = "No turn in these documents is linked to a participant."

UNITS: dict[str, Unit] = {
    unit.key: unit
    for unit in (
        Unit(
            "segments",
            "Segments",
            "seg.",
            "Counts stretches of coded text: codings that share at least one character are one "
            "segment, codings that only touch are two.",
            "documents looked at",
            _NO_DOCUMENTS,
            "segments",
            "den_documents",
        ),
        Unit(
            "codings",
            "Codings",
            "cod.",
            "Counts every coding of every coder; a passage coded by two people counts twice.",
            "documents looked at",
            _NO_DOCUMENTS,
            "codings",
            "den_documents",
        ),
        Unit(
            "documents",
            "Documents",
            "doc.",
            "Counts the documents with at least one segment.",
            "documents",
            _NO_DOCUMENTS,
            "documents",
            "den_documents",
        ),
        Unit(
            "participants",
            "Participants",
            "part.",
            "Counts the different participants with at least one turn that a segment touches; "
            "interviewers and observers are not participants.",
            "participants with a turn",
            _NO_PEOPLE,
            "participants",
            "den_participants",
        ),
        Unit(
            "turns",
            "Turns",
            "turns",
            "Counts the turns of participants and observers that a segment touches; "
            "interviewers' turns are left out.",
            "turns of participants and observers",
            _NO_TURNS,
            "turns",
            "den_turns",
        ),
        Unit(
            "words",
            "Words",
            "words",
            "Counts the words with at least one coded character, each once; speaker labels are "
            "not words.",
            "words",
            _NO_WORDS,
            "words",
            "den_words",
        ),
        Unit(
            "chars",
            "Characters",
            "char.",
            "Counts the coded characters, each once, spaces and line breaks included.",
            "characters",
            _NO_CHARS,
            "chars",
            "den_chars",
        ),
        Unit(
            "documents_pct",
            "% of documents",
            "% doc.",
            "100 × documents with at least one segment ÷ all documents, coded or not.",
            "documents",
            _NO_DOCUMENTS,
            "documents",
            "den_documents",
            100,
        ),
        Unit(
            "words_pct",
            "% of words",
            "% words",
            "100 × coded words ÷ all words of all documents, coded or not; speaker labels are "
            "not words.",
            "words",
            _NO_WORDS,
            "words",
            "den_words",
            100,
        ),
        Unit(
            "turns_pct",
            "% of turns",
            "% turns",
            "100 × turns that a segment touches ÷ all turns of participants and observers.",
            "turns of participants and observers",
            _NO_TURNS,
            "turns",
            "den_turns",
            100,
        ),
        Unit(
            "coverage_pct",
            "Coverage (% of characters)",
            "% char.",
            "100 × coded characters ÷ all characters of all documents, speaker labels and "
            "interviewers' words included.",
            "characters",
            _NO_CHARS,
            "chars",
            "den_chars",
            100,
        ),
        Unit(
            "per_1000_words",
            "Segments per 1,000 words",
            "/1,000 w.",
            "1,000 × segments ÷ all words of all documents, coded or not; speaker labels are "
            "not words.",
            "words",
            _NO_WORDS,
            "segments",
            "den_words",
            1000,
        ),
        Unit(
            "per_1000_participant_words",
            "Segments per 1,000 words, interviewers left out",
            "/1,000 p.w.",
            "1,000 × segments ÷ all words of all documents, coded or not, that are not said by "
            "an interviewer; speaker labels are not words.",
            "words not said by interviewers",
            _NO_SPOKEN_WORDS,
            "segments",
            "den_participant_words",
            1000,
        ),
        Unit(
            "per_100_turns",
            "Coded turns per 100 turns",
            "/100 turns",
            "100 × turns that a segment touches ÷ all turns of participants and observers.",
            "turns of participants and observers",
            _NO_TURNS,
            "turns",
            "den_turns",
            100,
        ),
    )
}

DEFAULT_UNIT = "segments"


def unit_named(key: str) -> Unit:
    """The unit, or ValueError naming the known ones."""
    try:
        return UNITS[key]
    except KeyError:
        raise ValueError(
            f"There is no counting unit {key!r}; the units are {', '.join(UNITS)}."
        ) from None


def layer_in_words(rule: Rule) -> str:
    """Whose codings count and how coders are combined, as printed beside the unit's rule."""
    who = "all coders" if rule.coders is None else _plural(len(rule.coders), "chosen coder")
    if rule.layer == "consensus":
        return (
            f"Only text that at least {rule.k} of {who} coded is counted; pieces that touch are "
            "one segment. Codings are counted one by one whether others agree or not."
        )
    if rule.layer == "coder_mean":
        return (
            f"Segments are averaged: per document the mean of each coder's own number ({who}, "
            "those who coded the document), then summed. All else merges the coders' codings."
        )
    return f"The codings of {who} are merged: text coded by several people counts once."


def value(counts: Counts, unit: str, row: int, column: int) -> Measure:
    """The measure of one cell; ``row`` and ``column`` are positions, counted from 0.

    Undefined (denominator 0) is None with a reason, never 0.
    """
    what = unit_named(unit)
    numerator: Number = getattr(counts, what.counts)[row, column].item()
    denominator: int = getattr(counts, what.base)[row].item()
    if denominator == 0:
        return Measure(None, numerator, denominator, unit, what.undefined)
    if what.factor is None:
        return Measure(numerator, numerator, denominator, unit)
    return Measure(what.factor * numerator / denominator, numerator, denominator, unit)


def column_share(
    counts: Counts,
    row: int,
    column: int,
    shown: Sequence[int] | None = None,
    unit: str = DEFAULT_UNIT,
) -> Measure:
    """What share (in %) of the row's total over the shown columns this column has.

    ``shown`` are column positions, all by default. Refused, with the reason, when two shown
    columns have a code in common (a code and its parent): the total would count it twice.
    """
    shown = range(len(counts.columns)) if shown is None else shown
    if column not in shown:
        raise ValueError(f"Column {column} is not among the columns shown.")
    part = value(counts, unit, row, column)
    if part.value is None:
        return Measure(None, part.numerator, part.denominator, unit, part.reason)
    codes = [code for j in shown for code in counts.columns[j].codes]
    if len(set(codes)) != len(codes):
        return Measure(
            None,
            part.value,
            0,
            unit,
            "A share needs columns without common codes: with a code and its parent both shown, "
            "the total would count the same passages twice.",
        )
    return _share(part.value, [value(counts, unit, row, j).value for j in shown], unit, "row")


def row_share(
    counts: Counts, row: int, column: int, unit: str = DEFAULT_UNIT, confirm: bool = False
) -> Measure:
    """What share (in %) of the column's total over all rows this row has.

    Refused, with the reason, unless the unit is a rate or ``confirm`` is true: with unequal
    amounts of text, shares of plain counts say where the text is, not where the code is. Rows
    where the unit is undefined are left out of the total.
    """
    part = value(counts, unit, row, column)
    if part.value is None:
        return Measure(None, part.numerator, part.denominator, unit, part.reason)
    if not unit_named(unit).is_rate and not confirm:
        return Measure(
            None,
            part.value,
            0,
            unit,
            "Shares between rows mislead when rows have unequal amounts of text: choose a rate, "
            "or confirm that plain counts are wanted.",
        )
    values = [value(counts, unit, i, column).value for i in range(len(counts.rows))]
    return _share(part.value, values, unit, "column")


def _share(part: Number, values: Sequence[Number | None], unit: str, of: str) -> Measure:
    total = sum(number for number in values if number is not None)
    if total == 0:
        return Measure(None, part, total, unit, f"The total of the {of} is 0, so it has no shares.")
    return Measure(100 * part / total, part, total, unit)


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
