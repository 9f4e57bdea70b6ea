"""What goes into a measurement of agreement and what comes out of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from coding.core.spans import IntArray

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Unit(IntEnum):
    """What is compared. The numbers are stored: never change one.

    SEGMENT    each stretch between two neighbouring borders (turns, sentences, paragraphs) has the
               code or not; a passage marks every stretch of which it covers a character.
    CHARACTER  each character has the code or not.
    PASSAGE    each passage of either coder is looked up at the other, see ``count_sources``.
    SOURCE     each source has the code or not.
    CASE       each case has the code, in any of its sources, or not; see ``join_cases``.
    """

    SEGMENT = 1
    CHARACTER = 2
    PASSAGE = 3
    SOURCE = 4
    CASE = 5


class Reason(StrEnum):
    """Why there is no number. ``REASONS`` has each as a sentence."""

    NOBODY_TO_COMPARE = "nobody_to_compare"
    NOTHING_TO_COMPARE = "nothing_to_compare"
    NOT_APPLIED = "not_applied"
    NO_VARIATION = "no_variation"
    NOT_FOR_UNIT = "not_for_unit"
    NOT_FOR_PAIR = "not_for_pair"
    ONE_CATEGORY = "one_category"
    NO_CODE = "no_code"
    NO_ESTIMATE = "no_estimate"
    FEW_SOURCES = "few_sources"
    RESTS_ON_ONE = "rests_on_one"
    RESAMPLES_UNDEFINED = "resamples_undefined"


REASONS: dict[Reason, str] = {
    Reason.NOBODY_TO_COMPARE: "No source has been finished by two of these coders.",
    Reason.NOTHING_TO_COMPARE: "There is no unit to compare.",
    Reason.NOT_APPLIED: "None of these coders applied the code.",
    Reason.NO_VARIATION: "Everything has the same value, so chance alone explains all of it (0/0).",
    Reason.NOT_FOR_UNIT: "This coefficient needs the units that nobody coded, or their length.",
    Reason.NOT_FOR_PAIR: "This coefficient is for the other number of coders.",
    Reason.ONE_CATEGORY: "With a single category on offer there is no chance to correct for.",
    Reason.NO_CODE: "For none of the codes is there a number.",
    Reason.NO_ESTIMATE: "Without an estimate there is no interval.",
    Reason.FEW_SOURCES: "An interval needs at least 5 sources that two of these coders finished.",
    Reason.RESTS_ON_ONE: "Without one of the sources there is no number, so no interval either.",
    Reason.RESAMPLES_UNDEFINED: "Too many of the resamples have no number.",
}


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A number, or why there is none.

    ``value`` is (observed − expected) / (1 − expected), or ``observed`` where chance is not
    corrected for. ``observed`` and ``expected`` are shares of agreement (for the alphas 1 − the
    disagreement), None where they are not defined either. ``n`` counts what was compared: units
    for a pair, units that at least two coders judged for several, passages for ``Unit.PASSAGE``.
    Exactly one of ``value`` and ``reason`` is None.
    """

    value: float | None
    reason: Reason | None
    n: float
    observed: float | None
    expected: float | None


@dataclass(frozen=True, slots=True)
class Interval:
    """How sure an estimate is, when sources are what was sampled. Never from characters.

    ``low`` and ``high`` are None when there is no interval, and then ``reason`` says why.
    ``below_667`` and ``below_800`` are the probabilities that the true value is below
    Krippendorff's limits. ``documents`` counts the sources (for ``Unit.CASE`` the cases) it rests
    on; ``seed`` and ``resamples`` are of the bootstrap, 0 resamples and None for the jackknife.
    """

    low: float | None
    high: float | None
    level: float
    method: str
    documents: int
    below_667: float | None
    below_800: float | None
    seed: int | None = None
    resamples: int = 0
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SourceCoding:
    """One source as the coders who finished it left it.

    ``coders`` have finished it, with or without passages: one without passages has judged that
    nothing is to be coded. Everybody else is missing here, and passages of theirs are left out.
    ``coder``, ``code``, ``start`` and ``end`` have shape (passages,); half-open, in code points of
    a text of ``length``. ``borders``, for ``Unit.SEGMENT`` alone, has shape (segments + 1,), is
    strictly ascending and lies within the text; text outside the borders is not compared.

    Raises ValueError for arrays of unequal length, a coder named twice, an empty or reversed
    passage, one outside the text, and borders that do not ascend or leave the text.
    """

    source: int
    length: int
    coders: tuple[int, ...]
    coder: IntArray
    code: IntArray
    start: IntArray
    end: IntArray
    borders: IntArray | None = None

    def __post_init__(self) -> None:
        for name in ("coder", "code", "start", "end"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.int64))
        object.__setattr__(self, "coders", tuple(int(coder) for coder in self.coders))
        if self.borders is not None:
            object.__setattr__(self, "borders", np.asarray(self.borders, dtype=np.int64))
        self._check()

    @classmethod
    def from_rows(
        cls,
        source: int,
        length: int,
        coders: Sequence[int],
        rows: Iterable[tuple[int, int, int, int]],
        borders: Sequence[int] | None = None,
    ) -> SourceCoding:
        """From tuples (coder, code, start, end)."""
        table = np.array(list(rows), dtype=np.int64).reshape(-1, 4)
        coder, code, start, end = (table[:, i].copy() for i in range(4))
        kept = None if borders is None else np.array(borders, dtype=np.int64)
        return cls(source, length, tuple(coders), coder, code, start, end, kept)

    def _check(self) -> None:
        where = f"source {self.source}"
        shapes = {a.shape for a in (self.coder, self.code, self.start, self.end)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ValueError(f"The passages of {where} must be lists of equal length.")
        if self.length < 0:
            raise ValueError(f"The length of {where} cannot be negative: {self.length}.")
        if len(set(self.coders)) != len(self.coders):
            raise ValueError(f"A coder of {where} is named twice.")
        for wrong, why in (
            (self.end <= self.start, "must end after it starts"),
            ((self.start < 0) | (self.end > self.length), "lies outside the text"),
        ):
            if wrong.any():
                i = int(np.flatnonzero(wrong)[0])
                raise ValueError(
                    f"Passage {i} of {where} {why}: "
                    f"{self.start[i]} to {self.end[i]} of {self.length} characters."
                )
        borders = self.borders
        if borders is None:
            return
        if borders.ndim != 1 or (np.diff(borders) <= 0).any():
            raise ValueError(f"The borders of {where} must ascend.")
        if len(borders) and (borders[0] < 0 or borders[-1] > self.length):
            raise ValueError(f"The borders of {where} lie outside the text.")
