"""Alpha of sets of codes, against comparing any two sets one by one."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement import Distance, Reason, SourceCoding, Unit, set_alpha, sets
from coding.core.agreement.intervals import t_quantile
from coding.core.agreement.sets import FORMULAS, set_distance
from tests.support import agreement as brute
from tests.support.agreement import same

PRESENCE = st.sampled_from((Unit.CHARACTER, Unit.SEGMENT, Unit.SOURCE))
DISTANCE = st.sampled_from(list(Distance))
code_sets = st.frozensets(st.integers(0, 5))


def twin(codings: list[SourceCoding], distance: Distance, unit: Unit) -> brute.Number:
    units = brute.sets_given(codings, unit)
    return brute.alpha(units, brute.DISTANCES[distance])  # type: ignore[arg-type]


@settings(max_examples=120, deadline=None)
@given(brute.sources(), DISTANCE, PRESENCE)
def test_any_two_sets(codings: list[SourceCoding], distance: Distance, unit: Unit) -> None:
    found = set_alpha(codings, distance, unit=unit)
    units = brute.sets_given(codings, unit)
    assert same(found.coefficient.value, twin(codings, distance, unit))
    assert same(found.percent.value, brute.mean_percent(units))  # type: ignore[arg-type]
    assert found.coefficient.n == sum(len(unit) >= 2 for unit in units)


@settings(max_examples=60, deadline=None)
@given(brute.sources(), DISTANCE)
def test_more_codes_than_bits_of_a_word(codings: list[SourceCoding], distance: Distance) -> None:
    # Seventy codes that everybody gave to nothing in particular: the second coder, first character.
    more = [
        SourceCoding.from_rows(
            one.source,
            one.length,
            one.coders,
            [*brute.rows_of(one), *((2, code, 0, 1) for code in range(-35, 35))],
        )
        for one in codings
    ]
    wanted = twin(more, distance, Unit.CHARACTER)
    assert same(set_alpha(more, distance).coefficient.value, wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets, "_LOOKED_UP", 0)
        patch.setattr(sets, "_PORTION", 1)
        assert same(set_alpha(more, distance).coefficient.value, wanted)


@settings(max_examples=40, deadline=None)
@given(brute.sources(count=(5, 7), length=8), DISTANCE)
def test_jackknife_by_leaving_out(codings: list[SourceCoding], distance: Distance) -> None:
    found = set_alpha(codings, distance).interval
    kept = [one for one in codings if len(one.coders) >= 2]
    whole = twin(kept, distance, Unit.CHARACTER)
    left = [twin(kept[:i] + kept[i + 1 :], distance, Unit.CHARACTER) for i in range(len(kept))]
    assert found.documents == len(kept)
    if len(kept) < 5 or whole is None or None in left:
        assert found.low is None
        return
    values = [float(value or 0) for value in left]
    n, mean = len(values), sum(values) / len(values)
    error = ((n - 1) / n * sum((value - mean) ** 2 for value in values)) ** 0.5
    assert found.low == pytest.approx(float(whole) - t_quantile(0.975, n - 1) * error, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(brute.sources(), DISTANCE)
def test_some_codes_and_some_coders(codings: list[SourceCoding], distance: Distance) -> None:
    fewer = [
        SourceCoding.from_rows(
            one.source,
            one.length,
            [c for c in one.coders if c != 7],
            [row for row in brute.rows_of(one) if row[0] != 7 and row[1] != 12],
        )
        for one in codings
    ]
    found = set_alpha(codings, distance, codes=(11, 13), coders=(2, 5))
    assert same(found.coefficient.value, twin(fewer, distance, Unit.CHARACTER))


@settings(deadline=None)
@given(code_sets, code_sets, DISTANCE)
def test_distances(one: frozenset[int], other: frozenset[int], distance: Distance) -> None:
    found = set_distance(one, other, distance)
    assert found == pytest.approx(float(brute.DISTANCES[distance](one, other)), abs=1e-12)
    assert found == set_distance(other, one, distance)
    assert (found == 0) == (one == other)
    assert 0 <= found <= 1


def test_one_code_is_the_plain_alpha() -> None:
    rows = [(1, 5, 0, 6), (2, 5, 2, 9)]
    codings = [SourceCoding.from_rows(1, 20, (1, 2), rows)]
    plain = brute.alpha(brute.of_code(brute.sets_given(codings, Unit.CHARACTER), 5))
    # With one code any two different sets are the empty one and the full one; these are 1 apart.
    for distance in (Distance.JACCARD, Distance.DICE, Distance.MASI):
        assert same(set_alpha(codings, distance).coefficient.value, plain)


def test_every_formula_is_in_print() -> None:
    assert set(FORMULAS) == set(Distance)
    found = set_alpha([], Distance.DICE)
    assert found.formula == "d(A, B) = 1 − 2 |A ∩ B| / (|A| + |B|)"
    assert len(set(FORMULAS.values())) == len(Distance)


def test_nothing_to_compare() -> None:
    found = set_alpha([SourceCoding.from_rows(1, 20, (1,), [(1, 5, 0, 6)])])
    assert found.coefficient.reason is Reason.NOTHING_TO_COMPARE
    empty = set_alpha([SourceCoding.from_rows(1, 20, (1, 2), [])])
    assert (empty.coefficient.value, empty.coefficient.reason) == (None, Reason.NO_VARIATION)
    assert empty.percent.value == 1


def test_passages_have_no_sets() -> None:
    with pytest.raises(ValueError, match="another unit"):
        set_alpha([], unit=Unit.PASSAGE)


def test_the_two_forms_of_masi_differ() -> None:
    pairs = list(combinations([{1, 2}, {2, 3}, {1, 2, 3}], 2))
    assert [set_distance(a, b, Distance.MASI) for a, b in pairs] == pytest.approx(
        [8 / 9, 5 / 9, 5 / 9]
    )
    assert [set_distance(a, b, Distance.MASI_2004) for a, b in pairs] == pytest.approx(
        [4 / 9, 1 / 9, 1 / 9]
    )
