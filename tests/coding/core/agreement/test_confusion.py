"""What one said where another said something else, against looking at every unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement import SourceCoding, Unit, confusion
from tests.support import agreement as brute

K = len(brute.CODES)


def by_hand(
    codings: list[SourceCoding], unit: Unit, first: int, seconds: list[int]
) -> tuple[list[list[int]], list[int], list[int], int]:
    table = [[0] * K for _ in range(K)]
    alone, other_alone = [0] * K, [0] * K
    units = 0
    for given_sets in brute.sets_given(codings, unit):
        for second in seconds:
            if first not in given_sets or second not in given_sets:
                continue
            units += 1
            a, b = given_sets[first], given_sets[second]
            for i, x in enumerate(brute.CODES):
                alone[i] += x in a and not b
                other_alone[i] += x in b and not a
                for j, y in enumerate(brute.CODES):
                    if x == y:
                        table[i][j] += x in a and x in b
                    else:
                        table[i][j] += x in a - b and y in b - a
    return table, alone, other_alone, units


@settings(max_examples=60, deadline=None)
@given(
    brute.sources(),
    st.sampled_from((Unit.CHARACTER, Unit.SEGMENT, Unit.SOURCE)),
    st.sampled_from((2, 7, None)),
)
def test_every_cell(codings: list[SourceCoding], unit: Unit, second: int | None) -> None:
    found = confusion(codings, 5, second, codes=brute.CODES, unit=unit)
    seconds = [2, 7] if second is None else [second]
    table, alone, other_alone, units = by_hand(codings, unit, 5, seconds)
    assert found.table.tolist() == table
    assert found.first_alone.tolist() == alone
    assert found.second_alone.tolist() == other_alone
    assert found.units == units
    assert found.sources == sum(
        5 in one.coders and other in one.coders for one in codings for other in seconds
    )


@settings(max_examples=50, deadline=None)
@given(brute.sources())
def test_the_other_way_round_is_turned(codings: list[SourceCoding]) -> None:
    straight = confusion(codings, 5, 2, codes=brute.CODES)
    back = confusion(codings, 2, 5, codes=brute.CODES[::-1])
    np.testing.assert_array_equal(straight.table, back.table.T[::-1, ::-1])
    np.testing.assert_array_equal(straight.first_alone, back.second_alone[::-1])


def test_trust_and_hope() -> None:
    trust, hope = 1, 2
    rows = [(1, trust, 0, 30), (2, hope, 10, 30), (2, trust, 20, 30), (1, trust, 50, 55)]
    found = confusion([SourceCoding.from_rows(1, 60, (1, 2), rows)], 1, 2)
    assert found.codes.tolist() == [trust, hope]
    # 20–30 has trust from both, so nobody said hope *instead* of it there.
    assert found.table.tolist() == [[10, 10], [0, 0]]
    assert found.first_alone.tolist() == [15, 0]
    assert (found.units, found.sources) == (60, 1)


def test_nobody_else() -> None:
    found = confusion([SourceCoding.from_rows(1, 60, (1,), [(1, 5, 0, 4)])], 1)
    assert (found.units, found.sources, found.table.shape) == (0, 0, (0, 0))


@pytest.mark.parametrize(
    ("message", "second", "unit"),
    [("another unit", 2, Unit.PASSAGE), ("somebody else", 1, Unit.CHARACTER)],
)
def test_what_cannot_be_confused(message: str, second: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match=message):
        confusion([], 1, second, unit=unit)
