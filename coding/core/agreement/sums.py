"""Counts of sources as rows of one table, and the sums every coefficient is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from coding.core.agreement.counts import SourceCounts
from coding.core.agreement.model import BoolArray, FloatArray, Unit
from coding.core.spans import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums over sources, for m coders and k codes. ``...`` is () for one sum, else the number of
    sums: one for each resample, or one without each source.

    By pair of coders i, j, over sources that both finished:
    judged    (..., m, m)     units
    given     (..., k, m, m)  units to which i gave the code (passages of i with the code)
    both      (..., k, m, m)  … and j as well (passages of i that j has too)

    All coders together, over sources that at least two of them finished; M is how many did:
    units     (...)     units
    values    (...)     M × units
    applied   (..., k)  units with the code, added over coders
    unequal   (..., k)  ordered pairs of unequal values ÷ (M − 1): Krippendorff's weight
    apart     (..., k)  share of the pairs of a unit that are unequal, added over units
    met       (..., k)  passages (units) of a coder that another has too, over ordered pairs
    meetings  (..., k)  the same, found or not
    squares   (..., k)  squared lengths of passages

    Over sources that at least one finished (Gwet counts them for the prevalence):
    any_units (...)     units
    share     (..., k)  share of the coders who gave the code, added over units
    """

    judged: FloatArray
    given: FloatArray
    both: FloatArray
    units: FloatArray
    values: FloatArray
    applied: FloatArray
    unequal: FloatArray
    apart: FloatArray
    met: FloatArray
    meetings: FloatArray
    squares: FloatArray
    any_units: FloatArray
    share: FloatArray

    def over_codes(self) -> Sums:
        """The same with all codes added up into one: each unit counts once for every code."""
        k = self.applied.shape[-1]
        return Sums(
            judged=self.judged * k,
            given=self.given.sum(axis=-3, keepdims=True),
            both=self.both.sum(axis=-3, keepdims=True),
            units=self.units * k,
            values=self.values * k,
            any_units=self.any_units * k,
            **{
                name: getattr(self, name).sum(axis=-1, keepdims=True)
                for name in ("applied", "unequal", "apart", "met", "meetings", "squares", "share")
            },
        )


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Counts as a table with one row for each source: what is shown, filtered and resampled.

    sources  shape (d,), in the order given (for ``Unit.CASE`` cases)
    coders   shape (m,), ascending
    codes    shape (k,), in the order asked for
    offered  how many categories there were to choose from, for Brennan and Prediger's correction
             of passages
    present  shape (d, m): who finished which source
    """

    unit: Unit
    sources: IntArray
    coders: IntArray
    codes: IntArray
    offered: int
    present: BoolArray
    table: FloatArray
    _added: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Asked for with every coefficient.
        object.__setattr__(self, "_added", self.table.sum(axis=0))

    def total(self) -> Sums:
        """The sums over all sources."""
        return self.sums(self._added)

    def each(self) -> Sums:
        """Every source by itself: sums of shape (d, …)."""
        return self.sums(self.table)

    def sums(self, flat: FloatArray) -> Sums:
        """Rows of the table, or sums of them, with their names. ``flat``: (..., columns)."""
        found, place, leading = {}, 0, flat.shape[:-1]
        for name, shape in _shapes(len(self.codes), len(self.coders)):
            size = int(np.prod(shape, dtype=np.int64))
            found[name] = flat[..., place : place + size].reshape((*leading, *shape))
            place += size
        return Sums(**found)

    def only(self, sources: Collection[int]) -> Rows:
        """The rows of these sources alone."""
        kept = np.isin(self.sources, np.array(list(sources), dtype=np.int64))
        return Rows(
            self.unit,
            self.sources[kept],
            self.coders,
            self.codes,
            self.offered,
            self.present[kept],
            self.table[kept],
        )

    def compared(self, among: tuple[int, ...]) -> BoolArray:
        """Shape (d,): the sources that say something about these coders; see ``Statistic``."""
        several: BoolArray = self.present.sum(axis=1) >= 2
        for coder in among:
            several = several & self.present[:, self.place(coder)]
        return several

    def place(self, coder: int) -> int:
        """The position of a coder. Raises ValueError for one who is not among them."""
        place = int(np.searchsorted(self.coders, coder))
        if place == len(self.coders) or self.coders[place] != coder:
            raise ValueError(f"Coder {coder} is not among those compared.")
        return place


def tabulate(
    counts: Sequence[SourceCounts],
    *,
    coders: Collection[int] | None = None,
    codes: Sequence[int] | None = None,
    offered: int | None = None,
) -> Rows:
    """The counts of sources as a table, for these coders and codes alone.

    ``coders`` None: everybody who finished one of the sources. ``codes`` None: every code that
    somebody applied, ascending; name all codes on offer to see those that nobody applied.
    ``offered`` None: as many categories as there are codes.

    Raises ValueError for counts of different units or overlaps, a source given twice, no counts
    at all, or a code that was left out in counting.
    """
    kinds = {(one.unit, one.threshold) for one in counts}
    if len(kinds) != 1:
        raise ValueError("The counts to be added must be there, and of one unit.")
    if len({one.source for one in counts}) != len(counts):
        raise ValueError("A source is counted twice.")
    unit = counts[0].unit
    who = _chosen(coders, [one.coders for one in counts])
    what = _chosen(None, [one.codes for one in counts])
    if codes is not None:
        what = np.array(list(dict.fromkeys(codes)), dtype=np.int64)
    _check_counted(counts, what)
    d, k, m = len(counts), len(what), len(who)
    order = np.argsort(what)
    present = np.zeros((d, m), dtype=bool)
    both = np.zeros((d, k, m, m))
    squares = np.zeros((d, k, m))
    units = np.array([one.units for one in counts], dtype=np.float64)
    for row, one in enumerate(counts):
        mine, here = _positions(one.coders, who)
        present[row, here] = True
        kept, sorted_places = _positions(one.codes, what[order])
        if len(kept) and len(mine):
            places = order[sorted_places]
            both[row, places[:, None, None], here[:, None], here] = one.both[
                kept[:, None, None], mine[:, None], mine
            ]
            squares[row, places[:, None], here] = one.squares[kept[:, None], mine]
    found = _features(units, present, both, squares)
    table = np.concatenate([found[name].reshape(d, -1) for name, _ in _shapes(k, m)], axis=1)
    sources = np.array([one.source for one in counts], dtype=np.int64)
    return Rows(unit, sources, who, what, k if offered is None else offered, present, table)


def total(
    counts: Sequence[SourceCounts],
    coders: Collection[int] | None = None,
    codes: Sequence[int] | None = None,
) -> Sums:
    """The sums over all sources; short for ``tabulate(…).total()``."""
    return tabulate(counts, coders=coders, codes=codes).total()


def _features(
    units: FloatArray, present: BoolArray, both: FloatArray, squares: FloatArray
) -> dict[str, FloatArray]:
    """Every field of ``Sums`` for every source by itself."""
    many = present.sum(axis=1)
    several = many >= 2
    # Where nobody can be compared nothing is added; the divisor only has to be harmless there.
    others = np.where(several, many - 1, 1)[:, None]
    coders = np.where(many > 0, many, 1)[:, None]
    own = np.diagonal(both, axis1=2, axis2=3)
    given = own[..., None] * present[:, None, None, :]
    applied = own.sum(axis=2)
    met = both.sum(axis=(2, 3)) - applied
    unequal = np.where(several[:, None], 2 * (applied - met / others), 0)
    return {
        "judged": units[:, None, None] * (present[:, :, None] & present[:, None, :]),
        "given": given,
        "both": both,
        "units": np.where(several, units, 0),
        "values": np.where(several, units * many, 0),
        "applied": np.where(several[:, None], applied, 0),
        "unequal": unequal,
        "apart": unequal / coders,
        "met": met,
        "meetings": applied * np.where(several, many - 1, 0)[:, None],
        "squares": np.where(several[:, None], squares.sum(axis=2), 0),
        "any_units": np.where(many > 0, units, 0),
        "share": applied / coders,
    }


def _shapes(k: int, m: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name in (one.name for one in fields(Sums)):
        if name == "judged":
            yield name, (m, m)
        elif name in ("given", "both"):
            yield name, (k, m, m)
        elif name in ("units", "values", "any_units"):
            yield name, ()
        else:
            yield name, (k,)


def _chosen(asked: Collection[int] | None, there: list[IntArray]) -> IntArray:
    if asked is not None:
        return np.unique(np.array(list(asked), dtype=np.int64))
    return np.unique(np.concatenate(there))


def _positions(values: IntArray, among: IntArray) -> tuple[IntArray, IntArray]:
    """The positions of those values that are among the others (ascending), and where there."""
    there = np.minimum(np.searchsorted(among, values), max(len(among) - 1, 0))
    kept = np.flatnonzero(among[there] == values) if len(among) else np.zeros(0, dtype=np.intp)
    return kept, there[kept]


def _check_counted(counts: Sequence[SourceCounts], codes: IntArray) -> None:
    for one in counts:
        if one.counted is not None:
            missing = np.setdiff1d(codes, one.counted)
            if len(missing):
                raise ValueError(f"Code {missing[0]} was not counted in source {one.source}.")
