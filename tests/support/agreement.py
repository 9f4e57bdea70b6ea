"""Agreement counted one character at a time, in fractions, straight from the definitions.

The twin of ``coding.core.agreement`` for tests: nothing is shared with it but the data class of a
source. Slow on purpose: pairs of values are looked at one by one.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from hypothesis import strategies as st

from coding.core.agreement import SourceCoding, Unit

Number = Fraction | None
Value = object


# --- data ---------------------------------------------------------------------------------------

CODERS = (2, 5, 7)
CODES = (11, 12, 13)


@st.composite
def sources(
    draw: st.DrawFn,
    count: tuple[int, int] = (1, 4),
    length: int = 12,
    passages: int = 8,
    coders: Sequence[int] = CODERS,
    exclusive: bool = False,
) -> list[SourceCoding]:
    """A few small sources: some finished by all, by one or by nobody; passages of others too."""
    made = []
    for number in range(draw(st.integers(*count))):
        size = draw(st.integers(1, length))
        finished = draw(st.lists(st.sampled_from(coders), unique=True, max_size=len(coders)))
        rows = []
        for _ in range(draw(st.integers(0, passages))):
            start = draw(st.integers(0, size - 1))
            end = draw(st.integers(start + 1, size))
            row = (draw(st.sampled_from(coders)), draw(st.sampled_from(CODES)), start, end)
            if not exclusive or not any(
                other[0] == row[0] and other[2] < end and start < other[3] for other in rows
            ):
                rows.append(row)
        borders = draw(st.lists(st.integers(0, size), unique=True, max_size=6).map(sorted))
        made.append(SourceCoding.from_rows(100 + number, size, finished, rows, borders))
    return made


def rows_of(coding: SourceCoding) -> list[tuple[int, int, int, int]]:
    """(coder, code, start, end) of those who finished."""
    arrays = (coding.coder, coding.code, coding.start, coding.end)
    rows = zip(*(array.tolist() for array in arrays), strict=True)
    return [row for row in rows if row[0] in coding.coders]


# --- what every coder gave to every unit ----------------------------------------------------------


def units_of(coding: SourceCoding, unit: Unit) -> list[set[int]]:
    """The characters of every unit."""
    if unit is Unit.SOURCE:
        return [set(range(coding.length))]
    if unit is Unit.SEGMENT:
        assert coding.borders is not None
        return [set(range(a, b)) for a, b in itertools.pairwise(coding.borders.tolist())]
    return [{place} for place in range(coding.length)]


def sets_given(codings: Iterable[SourceCoding], unit: Unit) -> list[dict[int, frozenset[int]]]:
    """For every unit: coder → the set of codes; who did not finish the source is missing."""
    found = []
    for coding in codings:
        for characters in units_of(coding, unit):
            found.append(
                {
                    coder: frozenset(
                        code
                        for who, code, start, end in rows_of(coding)
                        if who == coder and characters & set(range(start, end))
                    )
                    for coder in coding.coders
                }
            )
    return found


def of_code(units: list[dict[int, frozenset[int]]], code: int) -> list[dict[int, Value]]:
    return [{coder: code in codes for coder, codes in unit.items()} for unit in units]


# --- coefficients ---------------------------------------------------------------------------------


def ratio(top: Fraction | int, bottom: Fraction | int) -> Number:
    return None if bottom == 0 else Fraction(top) / Fraction(bottom)


def corrected(observed: Number, expected: Number) -> Number:
    if observed is None or expected is None or expected == 1:
        return None
    return (observed - expected) / (1 - expected)


def both(units: list[dict[int, Value]], i: int, j: int) -> list[tuple[Value, Value]]:
    return [(unit[i], unit[j]) for unit in units if i in unit and j in unit]


def percent_of(pairs: list[tuple[Value, Value]]) -> Number:
    return ratio(sum(a == b for a, b in pairs), len(pairs))


def positive_of(pairs: list[tuple[Value, Value]]) -> Number:
    a = sum(x is True and y is True for x, y in pairs)
    return ratio(2 * a, sum((x is True) + (y is True) for x, y in pairs))


def kappa_of(pairs: list[tuple[Value, Value]]) -> Number:
    n = len(pairs)
    expected = sum(
        (
            Fraction(sum(x == v for x, _ in pairs), n) * Fraction(sum(y == v for _, y in pairs), n)
            for v in {v for pair in pairs for v in pair}
        ),
        Fraction(0),
    )
    return corrected(percent_of(pairs), expected) if n else None


def scott_of(pairs: list[tuple[Value, Value]]) -> Number:
    values = [v for pair in pairs for v in pair]
    expected = sum((Fraction(values.count(v), len(values)) ** 2 for v in set(values)), Fraction(0))
    return corrected(percent_of(pairs), expected) if pairs else None


def ac1_of(pairs: list[tuple[Value, Value]]) -> Number:
    values = [v for pair in pairs for v in pair]
    if not values:
        return None
    share = Fraction(values.count(True), len(values))
    return corrected(percent_of(pairs), 2 * share * (1 - share))


def brennan_prediger_of(pairs: list[tuple[Value, Value]]) -> Number:
    return corrected(percent_of(pairs), Fraction(1, 2))


def alpha(
    units: list[dict[int, Value]],
    distance: Callable[[Value, Value], Fraction] = lambda a, b: Fraction(a != b),
) -> Number:
    """Krippendorff: distances within units against distances of any two values, itself apart."""
    units = [unit for unit in units if len(unit) >= 2]
    values = [value for unit in units for value in unit.values()]
    n = len(values)
    within = sum(
        (
            distance(a, b) / (len(unit) - 1)
            for unit in units
            for a, b in itertools.permutations(unit.values(), 2)
        ),
        Fraction(0),
    )
    # Every ordered pair of two values, those that are alike counted together.
    kinds = Counter(values)
    anywhere = sum(
        (kinds[a] * kinds[b] * distance(a, b) for a, b in itertools.permutations(kinds, 2)),
        Fraction(0),
    )
    if anywhere == 0:
        return None
    return 1 - (within / n) / (anywhere / (n * (n - 1)))


def mean_percent(units: list[dict[int, Value]]) -> Number:
    shares = [
        Fraction(sum(a == b for a, b in pairs), len(pairs))
        for unit in units
        if (pairs := list(itertools.combinations(unit.values(), 2)))
    ]
    return ratio(sum(shares, Fraction(0)), len(shares))


def mean_positive(units: list[dict[int, Value]]) -> Number:
    top = bottom = 0
    for unit in units:
        for a, b in itertools.permutations(unit.values(), 2):
            top += a is True and b is True
            bottom += a is True
    return ratio(top, bottom)


def prevalence(units: list[dict[int, Value]]) -> Number:
    units = [unit for unit in units if unit]
    shares = [Fraction(sum(v is True for v in unit.values()), len(unit)) for unit in units]
    return ratio(sum(shares, Fraction(0)), len(shares))


def fleiss(units: list[dict[int, Value]]) -> Number:
    share = prevalence(units)
    return None if share is None else corrected(mean_percent(units), share**2 + (1 - share) ** 2)


def ac1(units: list[dict[int, Value]]) -> Number:
    share = prevalence(units)
    return None if share is None else corrected(mean_percent(units), 2 * share * (1 - share))


def brennan_prediger(units: list[dict[int, Value]]) -> Number:
    return corrected(mean_percent(units), Fraction(1, 2))


def conger(units: list[dict[int, Value]]) -> Number:
    coders = sorted({coder for unit in units for coder in unit})
    shares = []
    for coder in coders:
        own = [unit[coder] for unit in units if coder in unit]
        shares.append(Fraction(own.count(True), len(own)))
    pairs = list(itertools.combinations(shares, 2))
    if not pairs:
        return None
    expected = sum((p * q + (1 - p) * (1 - q) for p, q in pairs), Fraction(0)) / len(pairs)
    return corrected(mean_percent(units), expected)


# --- passages -------------------------------------------------------------------------------------


def united(coding: SourceCoding, coder: int, code: int) -> list[tuple[int, int]]:
    """The passages of one coder with one code, those that share a character made one."""
    spans = [row[2:] for row in rows_of(coding) if row[:2] == (coder, code)]
    while True:
        for a, b in itertools.combinations(spans, 2):
            if set(range(*a)) & set(range(*b)):
                spans.remove(a)
                spans.remove(b)
                spans.append((min(a[0], b[0]), max(a[1], b[1])))
                break
        else:
            return sorted(spans)


def alike(one: tuple[int, int], other: tuple[int, int]) -> Fraction:
    a, b = set(range(*one)), set(range(*other))
    return Fraction(len(a & b), len(a | b))


def passage_table(
    codings: Iterable[SourceCoding], code: int, i: int, j: int, threshold: int
) -> tuple[int, int, int]:
    """a, b, c of the passages of two coders."""
    a = b = c = 0
    for coding in codings:
        if i not in coding.coders or j not in coding.coders:
            continue
        mine, theirs = united(coding, i, code), united(coding, j, code)
        for span in mine:
            found = any(alike(span, other) >= Fraction(threshold, 100) for other in theirs)
            a, b = a + found, b + (not found)
        for span in theirs:
            found = any(alike(span, other) >= Fraction(threshold, 100) for other in mine)
            a, c = a + found, c + (not found)
    return a, b, c


# --- unitizing ------------------------------------------------------------------------------------


def continuum(
    codings: Iterable[SourceCoding], codes: Iterable[int]
) -> list[list[dict[int, Value]]]:
    """For every source and character: coder → (code, which passage) or None for a gap."""
    found = []
    for coding in codings:
        if len(coding.coders) < 2:
            continue
        text: list[dict[int, Value]] = [dict.fromkeys(coding.coders) for _ in range(coding.length)]
        for coder in coding.coders:
            for code in codes:
                for span in united(coding, coder, code):
                    for place in range(*span):
                        assert text[place][coder] is None
                        text[place][coder] = (code, (coding.source, coder, span))
        found.append(text)
    return found


def u_alpha(
    codings: Iterable[SourceCoding], codes: Iterable[int], *, relevance: bool = False
) -> Number:
    """uα, or |uα: every character of every coder is paired with every other, but not with those of
    its own passage."""

    def value(one: Value) -> Value:
        return None if one is None else True if relevance else one[0]  # type: ignore[index]

    texts = continuum(codings, codes)
    within = Fraction(0)
    atoms = []
    for text in texts:
        for place in text:
            atoms += list(place.values())
            for a, b in itertools.permutations(place.values(), 2):
                within += Fraction(value(a) != value(b), len(place) - 1)
    apart = pairs = 0
    for i, j in itertools.permutations(range(len(atoms)), 2):
        a, b = atoms[i], atoms[j]
        if a is not None and b is not None and a[1] == b[1]:  # type: ignore[index]
            continue
        pairs += 1
        apart += value(a) != value(b)
    return None if apart == 0 else 1 - (within / len(atoms)) / Fraction(apart, pairs)


def cu_alpha(codings: Iterable[SourceCoding], codes: Iterable[int]) -> Number:
    """cuα: only characters that several coders coded; each weighs (others who did) ÷ (m − 1)."""
    weights: dict[Value, Fraction] = {}
    within = Fraction(0)
    for text in continuum(codings, codes):
        for place in text:
            here = [one for one in place.values() if one is not None]
            for one in here:
                weights.setdefault(one, Fraction(0))
                weights[one] += Fraction(len(here) - 1, len(place) - 1)
            for a, b in itertools.permutations(here, 2):
                within += Fraction(a[0] != b[0], len(place) - 1)  # type: ignore[index]
    apart = pairs = Fraction(0)
    for a, b in itertools.permutations(weights, 2):
        pairs += weights[a] * weights[b]
        apart += weights[a] * weights[b] * (a[0] != b[0])  # type: ignore[index]
    if apart == 0:
        return None
    return 1 - (within / sum(weights.values(), Fraction(0))) / (apart / pairs)


def ku_alpha(codings: Iterable[SourceCoding], codes: Iterable[int], code: int) -> Number:
    """(k)uα: how often what meets a passage with the code has the code as well, against how often
    any other passage that is met has it."""
    weights: dict[Value, Fraction] = {}
    with_code = met = Fraction(0)
    for text in continuum(codings, codes):
        for place in text:
            here = [one for one in place.values() if one is not None]
            for one in here:
                weights.setdefault(one, Fraction(0))
                weights[one] += Fraction(len(here) - 1, len(place) - 1)
            for a, b in itertools.permutations(here, 2):
                if a[0] == code:  # type: ignore[index]
                    met += Fraction(1, len(place) - 1)
                    with_code += Fraction(b[0] == code, len(place) - 1)  # type: ignore[index]
    apart = pairs = Fraction(0)
    for a, b in itertools.permutations(weights, 2):
        if a[0] == code:  # type: ignore[index]
            pairs += weights[a] * weights[b]
            apart += weights[a] * weights[b] * (b[0] != code)  # type: ignore[index]
    if apart == 0:
        return None
    return 1 - (1 - with_code / met) / (apart / pairs)


# --- sets -----------------------------------------------------------------------------------------


def jaccard(one: frozenset[int], other: frozenset[int]) -> Fraction:
    return Fraction(0) if one == other else 1 - Fraction(len(one & other), len(one | other))


def dice(one: frozenset[int], other: frozenset[int]) -> Fraction:
    if one == other:
        return Fraction(0)
    return 1 - Fraction(2 * len(one & other), len(one) + len(other))


def steps(one: frozenset[int], other: frozenset[int]) -> Fraction:
    if one == other:
        return Fraction(0)
    if one <= other or other <= one:
        return Fraction(1, 3)
    return Fraction(2, 3) if one & other else Fraction(1)


DISTANCES: dict[str, Callable[[frozenset[int], frozenset[int]], Fraction]] = {
    "jaccard": jaccard,
    "dice": dice,
    "passonneau": steps,
    "masi_2004": lambda a, b: jaccard(a, b) * steps(a, b),
    "masi": lambda a, b: 1 - (1 - jaccard(a, b)) * (1 - steps(a, b)),
}


# --- comparing ------------------------------------------------------------------------------------


def same(value: float | None, twin: Number) -> bool:
    """Whether both are undefined, or both the same number."""
    if value is None or twin is None:
        return value is None and twin is None
    return math.isclose(value, float(twin), rel_tol=1e-9, abs_tol=1e-9)
