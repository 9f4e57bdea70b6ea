"""The uα family, against pairing the characters of passages one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement import (
    Measure,
    Reason,
    SourceCoding,
    Statistic,
    count_sources,
    estimate,
    tabulate,
    unitizing,
)
from coding.core.agreement.intervals import t_quantile
from tests.support import agreement as brute
from tests.support.agreement import same

exclusive = brute.sources(count=(1, 3), length=9, exclusive=True)


@settings(max_examples=60, deadline=None)
@given(exclusive)
def test_the_family(codings: list[SourceCoding]) -> None:
    found = unitizing(codings)
    assert same(found.u.value, brute.u_alpha(codings, brute.CODES))
    assert same(found.relevance.value, brute.u_alpha(codings, brute.CODES, relevance=True))
    assert same(found.coding.value, brute.cu_alpha(codings, brute.CODES))
    for code, one in found.by_code.items():
        assert same(one.value, brute.ku_alpha(codings, brute.CODES, code))


@settings(max_examples=60, deadline=None)
@given(exclusive)
def test_coverage(codings: list[SourceCoding]) -> None:
    found = unitizing(codings)
    coded = met = 0.0
    for text in brute.continuum(codings, brute.CODES):
        for place in text:
            here = sum(one is not None for one in place.values())
            coded += here
            met += here * (here - 1) / (len(place) - 1)
    assert found.coverage == (pytest.approx(met / coded) if coded else None)
    for share in found.coverage_by_code.values():
        assert share is None or 0 <= share <= 1 + 1e-12


@settings(max_examples=60, deadline=None)
@given(brute.sources(count=(1, 3), length=9), st.sampled_from(brute.CODES))
def test_one_code_is_the_measure_of_sums(codings: list[SourceCoding], code: int) -> None:
    rows = tabulate(count_sources(codings), coders=brute.CODERS, codes=(code,))
    by_sums = estimate(rows, Statistic(Measure.U_ALPHA))[0].value
    found = unitizing(codings, codes=(code,), coders=brute.CODERS)
    for value in (found.u.value, found.relevance.value):
        assert value == (None if by_sums is None else pytest.approx(by_sums, abs=1e-12))


@settings(max_examples=60, deadline=None)
@given(exclusive, exclusive)
def test_splitting_a_source_at_a_gap(one: list[SourceCoding], other: list[SourceCoding]) -> None:
    coders = (2, 5, 7)
    first, second = one[0], other[0]
    gap = 2
    shift = first.length + gap
    rows = [(*row[:2], row[2] + shift, row[3] + shift) for row in rows_of(second)]
    length = shift + second.length
    whole = SourceCoding.from_rows(1, length, coders, [*rows_of(first), *rows])
    halves = [
        SourceCoding.from_rows(1, first.length + 1, coders, rows_of(first)),
        SourceCoding.from_rows(
            2,
            second.length + 1,
            coders,
            [(*row[:2], row[2] + 1, row[3] + 1) for row in rows_of(second)],
        ),
    ]
    joined, split = unitizing([whole]), unitizing(halves)
    for name in ("u", "relevance", "coding"):
        a, b = getattr(joined, name), getattr(split, name)
        assert a.value == (None if b.value is None else pytest.approx(b.value, abs=1e-12))
        assert (a.n, a.reason) == (pytest.approx(b.n), b.reason)
    by_code = [
        estimate(tabulate(count_sources(some), codes=brute.CODES), Statistic(Measure.U_ALPHA))
        for some in ([whole], halves)
    ]
    for a, b in zip(*by_code, strict=True):
        assert a.value == (None if b.value is None else pytest.approx(b.value, abs=1e-12))


def rows_of(coding: SourceCoding) -> list[tuple[int, int, int, int]]:
    arrays = (coding.coder, coding.code, coding.start, coding.end)
    return list(zip(*(array.tolist() for array in arrays), strict=True))


def test_touching_passages_are_two_and_overlapping_ones_are_one() -> None:
    other = [(2, 5, 0, 8)]
    touching = SourceCoding.from_rows(1, 20, (1, 2), [(1, 5, 0, 4), (1, 5, 4, 8), *other])
    overlapping = SourceCoding.from_rows(1, 20, (1, 2), [(1, 5, 0, 5), (1, 5, 4, 8), *other])
    single = SourceCoding.from_rows(1, 20, (1, 2), [(1, 5, 0, 8), *other])
    # Both agree on every character; what differs is the chance of meeting oneself.
    assert unitizing([overlapping]) == unitizing([single])
    assert unitizing([touching]).u.expected != unitizing([single]).u.expected
    assert unitizing([touching]).u.value == 1


def test_disjoint_sources_have_no_agreement() -> None:
    codings = [
        SourceCoding.from_rows(1, 10, (1,), [(1, 5, 0, 5)]),
        SourceCoding.from_rows(2, 10, (2,), [(2, 5, 0, 5)]),
    ]
    found = unitizing(codings)
    assert (found.u.value, found.u.reason) == (None, Reason.NOTHING_TO_COMPARE)
    assert found.coverage is None


def test_jackknife_by_leaving_out() -> None:
    codings = [
        SourceCoding.from_rows(
            i, 40, (1, 2), [(1, 5, i, 12), (2, 5, 2, 10 + i), (1, 6, 20, 30), (2, 6, 20 + i, 33)]
        )
        for i in range(7)
    ]
    found = unitizing(codings)
    for name, interval in (
        ("u", found.u_interval),
        ("relevance", found.relevance_interval),
        ("coding", found.coding_interval),
    ):
        left = [getattr(unitizing(codings[:i] + codings[i + 1 :]), name).value for i in range(7)]
        mean = sum(left) / 7
        error = (6 / 7 * sum((value - mean) ** 2 for value in left)) ** 0.5
        low = getattr(found, name).value - t_quantile(0.975, 6) * error
        assert interval.low == pytest.approx(low, abs=1e-9)
        assert interval.documents == 7


def test_codes_that_overlap_are_refused() -> None:
    rows = [(1, 5, 0, 6), (1, 6, 5, 8)]
    with pytest.raises(ValueError, match="In source 8 coder 1 has two codes at character 5"):
        unitizing([SourceCoding.from_rows(8, 20, (1, 2), rows)])
    # One code at a time is always possible, and so are those of one who did not finish.
    assert unitizing([SourceCoding.from_rows(8, 20, (1, 2), rows)], codes=(5,)).u.value is not None
    assert unitizing([SourceCoding.from_rows(8, 20, (2, 3), rows)]).u.reason is Reason.NOT_APPLIED


def test_different_coders_in_different_sources() -> None:
    codings = [
        SourceCoding.from_rows(1, 9, (2, 5, 7), [(2, 11, 0, 4), (5, 11, 1, 5), (7, 12, 1, 5)]),
        SourceCoding.from_rows(2, 9, (2, 5), [(2, 11, 0, 4), (5, 12, 1, 5)]),
    ]
    assert same(unitizing(codings).u.value, brute.u_alpha(codings, brute.CODES))
    only = unitizing(codings, coders=(2, 5))
    pair = [SourceCoding.from_rows(one.source, 9, (2, 5), brute.rows_of(one)) for one in codings]
    assert same(only.u.value, brute.u_alpha(pair, brute.CODES))
