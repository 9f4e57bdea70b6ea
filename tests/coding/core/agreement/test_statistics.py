"""Every coefficient, against one written from its definition; and what must hold for all."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement import (
    REASONS,
    Coefficient,
    Measure,
    Pooling,
    Reason,
    Rows,
    SourceCoding,
    Statistic,
    Unit,
    against_the_others,
    applications,
    between_coders,
    count_sources,
    estimate,
    tabulate,
    total,
)
from coding.core.agreement.statistics import tables
from tests.support import agreement as brute
from tests.support.agreement import Number, same

PRESENCE = st.sampled_from((Unit.CHARACTER, Unit.SEGMENT, Unit.SOURCE))
PAIR = {
    Measure.PERCENT: brute.percent_of,
    Measure.POSITIVE: brute.positive_of,
    Measure.KAPPA: brute.kappa_of,
    Measure.CONGER: brute.kappa_of,
    Measure.SCOTT: brute.scott_of,
    Measure.FLEISS: brute.scott_of,
    Measure.AC1: brute.ac1_of,
    Measure.BRENNAN_PREDIGER: brute.brennan_prediger_of,
}
TOGETHER = {
    Measure.PERCENT: brute.mean_percent,
    Measure.POSITIVE: brute.mean_positive,
    Measure.FLEISS: brute.fleiss,
    Measure.CONGER: brute.conger,
    Measure.AC1: brute.ac1,
    Measure.BRENNAN_PREDIGER: brute.brennan_prediger,
    Measure.ALPHA: brute.alpha,
}


def rows_of(codings: list[SourceCoding], unit: Unit = Unit.CHARACTER, **more: object) -> Rows:
    arguments = {"coders": brute.CODERS, "codes": brute.CODES, **more}
    return tabulate(count_sources(codings, unit=unit), **arguments)  # type: ignore[arg-type]


def value(rows: Rows, *asked: object) -> float | None:
    return estimate(rows, Statistic(*asked))[0].value  # type: ignore[arg-type]


def check(found: Coefficient, twin: Number) -> None:
    assert same(found.value, twin), (found, twin)
    assert (found.value is None) != (found.reason is None)


@settings(max_examples=60, deadline=None)
@given(brute.sources(), PRESENCE)
def test_pairs(codings: list[SourceCoding], unit: Unit) -> None:
    rows = rows_of(codings, unit)
    units = brute.sets_given(codings, unit)
    for i, j in itertools.permutations(brute.CODERS, 2):
        for measure, twin in PAIR.items():
            found = estimate(rows, Statistic(measure, (i, j)))
            for code, one in zip(brute.CODES, found, strict=True):
                check(one, twin(brute.both(brute.of_code(units, code), i, j)))
        for code, one in zip(
            brute.CODES, estimate(rows, Statistic(Measure.ALPHA, (i, j))), strict=True
        ):
            values = brute.both(brute.of_code(units, code), i, j)
            check(one, brute.alpha([{0: a, 1: b} for a, b in values]))


@settings(max_examples=60, deadline=None)
@given(brute.sources(), PRESENCE)
def test_all_together(codings: list[SourceCoding], unit: Unit) -> None:
    rows = rows_of(codings, unit)
    units = brute.sets_given(codings, unit)
    for measure, twin in TOGETHER.items():
        for code, one in zip(brute.CODES, estimate(rows, Statistic(measure)), strict=True):
            check(one, twin(brute.of_code(units, code)))


@settings(max_examples=80, deadline=None)
@given(brute.sources(count=(1, 3), length=8))
def test_u_alpha_of_one_code(codings: list[SourceCoding]) -> None:
    found = estimate(rows_of(codings), Statistic(Measure.U_ALPHA))
    for code, one in zip(brute.CODES, found, strict=True):
        check(one, brute.u_alpha(codings, [code]))


@settings(max_examples=60, deadline=None)
@given(brute.sources(), PRESENCE)
def test_one_against_each_of_the_others(codings: list[SourceCoding], unit: Unit) -> None:
    rows = rows_of(codings, unit)
    units = brute.sets_given(codings, unit)
    for coder in brute.CODERS:
        for measure, twin in PAIR.items():
            found = estimate(rows, Statistic(measure, (coder,)))
            for code, one in zip(brute.CODES, found, strict=True):
                values = brute.of_code(units, code)
                pairs = [
                    pair
                    for other in brute.CODERS
                    if other != coder
                    for pair in brute.both(values, coder, other)
                ]
                check(one, twin(pairs))


@settings(max_examples=60, deadline=None)
@given(brute.sources(), st.sampled_from((50, 90, 100)))
def test_passages(codings: list[SourceCoding], threshold: int) -> None:
    rows = tabulate(
        count_sources(codings, unit=Unit.PASSAGE, threshold=threshold),
        coders=brute.CODERS,
        codes=brute.CODES,
        offered=7,
    )
    for i, j in itertools.combinations(brute.CODERS, 2):
        for place, code in enumerate(brute.CODES):
            a, b, c = brute.passage_table(codings, code, i, j, threshold)
            share = brute.ratio(a, a + b + c)
            for measure in (Measure.PERCENT, Measure.POSITIVE):
                check(estimate(rows, Statistic(measure, (i, j)))[place], share)
            corrected = brute.corrected(share, Fraction(1, 7))
            check(estimate(rows, Statistic(Measure.BRENNAN_PREDIGER, (i, j)))[place], corrected)
            assert tables(rows, rows.total(), (i, j))[place].tolist() == [[a, b], [c, 0]]
    for place, code in enumerate(brute.CODES):
        every = [
            brute.passage_table(codings, code, i, j, threshold)
            for i, j in itertools.combinations(brute.CODERS, 2)
        ]
        a, b, c = (sum(column) for column in zip(*every, strict=True))
        check(estimate(rows, Statistic(Measure.PERCENT))[place], brute.ratio(a, a + b + c))


@settings(max_examples=60, deadline=None)
@given(brute.sources(), PRESENCE)
def test_codes_as_one_number(codings: list[SourceCoding], unit: Unit) -> None:
    rows = rows_of(codings, unit)
    units = brute.sets_given(codings, unit)
    for i, j in itertools.combinations(brute.CODERS, 2):
        pairs = [brute.both(brute.of_code(units, code), i, j) for code in brute.CODES]
        every = [pair for of_code in pairs for pair in of_code]
        kappas = [k for of_code in pairs if (k := brute.kappa_of(of_code)) is not None]
        for pooling, twin in (
            (Pooling.SUMMED, brute.kappa_of(every)),
            (Pooling.MEAN, brute.ratio(sum(kappas, Fraction(0)), len(kappas))),
            (Pooling.DE_VRIES, devries(pairs)),
        ):
            found = estimate(rows, Statistic(Measure.KAPPA, (i, j), pooling))[0]
            check(found, twin)
            if pooling is Pooling.MEAN:
                assert (found.observed, found.expected) == (None, None)
    every_unit = [
        {coder: code in codes for coder, codes in unit_.items()}
        for unit_ in units
        for code in brute.CODES
    ]
    for measure in (Measure.ALPHA, Measure.PERCENT, Measure.POSITIVE, Measure.AC1, Measure.FLEISS):
        found = estimate(rows, Statistic(measure, (), Pooling.SUMMED))[0]
        check(found, TOGETHER[measure](every_unit))  # type: ignore[arg-type]


def devries(pairs: list[list[tuple[object, object]]]) -> Number:
    observed, expected = [], []
    for values in pairs:
        if not values:
            return None
        n = len(values)
        first = Fraction(sum(a is True for a, _ in values), n)
        second = Fraction(sum(b is True for _, b in values), n)
        observed.append(Fraction(sum(a == b for a, b in values), n))
        expected.append(first * second + (1 - first) * (1 - second))
    mean = sum(observed) / len(observed), sum(expected) / len(expected)
    return brute.corrected(Fraction(mean[0]), Fraction(mean[1]))


# --- what must hold -------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(brute.sources(), PRESENCE)
def test_identical_coding_is_perfect_agreement(codings: list[SourceCoding], unit: Unit) -> None:
    copies = []
    for one in codings:
        rows = [(who, *row[1:]) for row in brute.rows_of(one) for who in brute.CODERS]
        borders = None if one.borders is None else one.borders.tolist()
        copies.append(SourceCoding.from_rows(one.source, one.length, brute.CODERS, rows, borders))
    rows = rows_of(copies, unit)
    for statistic in [
        *(Statistic(measure) for measure in TOGETHER),
        *(Statistic(measure, brute.CODERS[:2]) for measure in PAIR),
    ]:
        for found in estimate(rows, statistic):
            assert found.value is None or found.value == 1
    # Where something, but not everything, is coded there is a number.
    given_ = np.diagonal(rows.total().given, axis1=1, axis2=2)[:, 0]
    for place, (alpha, kappa) in enumerate(
        zip(
            estimate(rows, Statistic(Measure.ALPHA)),
            estimate(rows, Statistic(Measure.KAPPA, brute.CODERS[:2])),
            strict=True,
        )
    ):
        mixed = 0 < given_[place] < rows.total().units
        assert (alpha.value, kappa.value) == ((1, 1) if mixed else (None, None))


@settings(max_examples=60, deadline=None)
@given(brute.sources(), PRESENCE)
def test_a_coder_who_coded_nothing_agrees_no_better_than_by_chance(
    codings: list[SourceCoding], unit: Unit
) -> None:
    without = [
        SourceCoding.from_rows(
            one.source,
            one.length,
            one.coders,
            [row for row in brute.rows_of(one) if row[0] != 2],
            None if one.borders is None else one.borders.tolist(),
        )
        for one in codings
    ]
    rows = rows_of(without, unit)
    for measure in (Measure.KAPPA, Measure.SCOTT, Measure.POSITIVE):
        for found in estimate(rows, Statistic(measure, (2, 5))):
            assert found.value is None or found.value <= 0


def test_sources_of_different_coders_never_agree() -> None:
    # Each coder coded a source of their own: there is nothing to compare, and certainly no 1.
    codings = [
        SourceCoding.from_rows(1, 10, (2,), [(2, 11, 0, 5)]),
        SourceCoding.from_rows(2, 10, (5,), [(5, 11, 0, 5)]),
    ]
    rows = rows_of(codings)
    for measure in Measure:
        for among in ((), (2, 5), (2,)):
            found = estimate(rows, Statistic(measure, among))[0]
            assert found.value is None
            assert found.n == 0


def test_a_source_finished_by_one_adds_no_agreement() -> None:
    both = SourceCoding.from_rows(1, 10, (2, 5), [(2, 11, 0, 5), (5, 11, 2, 6)])
    alone = SourceCoding.from_rows(2, 10, (2,), [(2, 11, 0, 5)])
    for measure in (Measure.ALPHA, Measure.KAPPA, Measure.PERCENT, Measure.POSITIVE):
        for among in ((), (2, 5)):
            statistic = Statistic(measure, among)
            assert estimate(rows_of([both, alone]), statistic) == estimate(
                rows_of([both]), statistic
            )


@settings(max_examples=60, deadline=None)
@given(brute.sources(count=(2, 5)), PRESENCE)
def test_sums_of_sources_are_the_whole(codings: list[SourceCoding], unit: Unit) -> None:
    counts = count_sources(codings, unit=unit)
    options = {"coders": brute.CODERS, "codes": brute.CODES}
    whole = tabulate(counts, **options).total()  # type: ignore[arg-type]
    parts = [total([one], **options) for one in counts]  # type: ignore[arg-type]
    for name in whole.__slots__:
        added = sum(getattr(part, name) for part in parts)
        np.testing.assert_allclose(getattr(whole, name), added, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(brute.sources(count=(2, 5)), PRESENCE, st.permutations(range(5)))
def test_no_order_matters(codings: list[SourceCoding], unit: Unit, order: list[int]) -> None:
    counts = count_sources(codings, unit=unit)
    mixed = [counts[i] for i in order if i < len(counts)]
    names = {2: 7, 5: 2, 7: 5}
    renamed = [
        SourceCoding.from_rows(
            one.source,
            one.length,
            [names[c] for c in one.coders],
            [(names[row[0]], *row[1:]) for row in brute.rows_of(one)],
            None if one.borders is None else one.borders.tolist(),
        )
        for one in codings
    ]
    for measure in TOGETHER:
        straight = estimate(rows_of(codings, unit), Statistic(measure))
        for other in (
            estimate(tabulate(mixed, coders=(7, 5, 2), codes=brute.CODES), Statistic(measure)),
            estimate(tabulate(counts, codes=brute.CODES[::-1]), Statistic(measure))[::-1],
            estimate(rows_of(renamed, unit), Statistic(measure)),
        ):
            for one, twin in zip(straight, other, strict=True):
                assert (one.reason, one.n) == (twin.reason, twin.n)
                assert one.value == (None if twin.value is None else pytest.approx(twin.value))


@settings(max_examples=60, deadline=None)
@given(brute.sources(), PRESENCE)
def test_a_filter_is_the_same_as_counting_less(codings: list[SourceCoding], unit: Unit) -> None:
    counts = count_sources(codings, unit=unit)
    fewer = [
        SourceCoding.from_rows(
            one.source,
            one.length,
            [c for c in one.coders if c != 7],
            [row for row in brute.rows_of(one) if row[0] != 7 and row[1] != 12],
            None if one.borders is None else one.borders.tolist(),
        )
        for one in codings[:-1] or codings
    ]
    kept = [one.source for one in fewer]
    filtered = tabulate(counts, coders=(2, 5), codes=(11, 13)).only(kept)
    again = tabulate(count_sources(fewer, unit=unit), coders=(2, 5), codes=(11, 13))
    np.testing.assert_array_equal(filtered.table, again.table)
    np.testing.assert_array_equal(filtered.present, again.present)


# --- reasons and refusals -------------------------------------------------------------------------

CODED = [SourceCoding.from_rows(1, 10, (2, 5), [(2, 11, 0, 10), (5, 11, 0, 10)])]


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        (Reason.NO_VARIATION, (Measure.KAPPA, (2, 5))),
        (Reason.NO_VARIATION, (Measure.ALPHA,)),
        (Reason.NOT_FOR_PAIR, (Measure.KAPPA,)),
        (Reason.NOT_FOR_PAIR, (Measure.SCOTT,)),
        (Reason.NOT_FOR_PAIR, (Measure.U_ALPHA, (2, 5))),
        (Reason.NOBODY_TO_COMPARE, (Measure.KAPPA, (2, 7))),
        (Reason.NO_CODE, (Measure.KAPPA, (2, 5), Pooling.MEAN)),
        (Reason.NO_VARIATION, (Measure.KAPPA, (2, 5), Pooling.DE_VRIES)),
    ],
)
def test_why_there_is_no_number(reason: Reason, asked: tuple[object, ...]) -> None:
    rows = rows_of(CODED, codes=(11,))
    assert estimate(rows, Statistic(*asked))[0].reason is reason  # type: ignore[arg-type]


def test_a_code_that_nobody_applied_has_no_kappa() -> None:
    rows = rows_of(CODED, codes=(12,))
    for measure in (Measure.KAPPA, Measure.SCOTT, Measure.POSITIVE, Measure.ALPHA):
        found = estimate(rows, Statistic(measure, (2, 5)))[0]
        assert (found.value, found.reason) == (None, Reason.NOT_APPLIED)
    # Everybody agreed about every character, though, and this is said.
    assert estimate(rows, Statistic(Measure.KAPPA, (2, 5)))[0].observed == 1
    assert value(rows, Measure.PERCENT, (2, 5)) == 1


def test_no_units_and_no_codes() -> None:
    empty = SourceCoding.from_rows(1, 10, (2, 5), [(2, 11, 0, 10)], [4])
    rows = rows_of([empty], Unit.SEGMENT)
    found = estimate(rows, Statistic(Measure.AC1, (2, 5)))[0]
    assert (found.value, found.reason, found.n) == (None, Reason.NOTHING_TO_COMPARE, 0)
    assert estimate(rows_of([empty], codes=()), Statistic(Measure.AC1)) == ()
    pooled = estimate(rows_of([empty], codes=()), Statistic(Measure.AC1, (), Pooling.MEAN))[0]
    assert pooled.reason is Reason.NO_CODE


def test_what_passages_and_segments_do_not_have() -> None:
    passages = rows_of(CODED, Unit.PASSAGE)
    for measure in set(Measure) - {Measure.PERCENT, Measure.POSITIVE, Measure.BRENNAN_PREDIGER}:
        assert estimate(passages, Statistic(measure))[0].reason is Reason.NOT_FOR_UNIT
    one = rows_of(CODED, Unit.PASSAGE, offered=1)
    statistic = Statistic(Measure.BRENNAN_PREDIGER)
    assert estimate(one, statistic)[0].reason is Reason.ONE_CATEGORY
    assert estimate(rows_of(CODED, Unit.SOURCE), Statistic(Measure.U_ALPHA))[0].reason is (
        Reason.NOT_FOR_UNIT
    )


def test_every_reason_has_a_sentence() -> None:
    assert set(REASONS) == set(Reason)
    assert all(sentence.endswith(".") for sentence in REASONS.values())


def test_the_arithmetic_of_one_table() -> None:
    # 24 characters; 8 + 6 coded by the first, 4 + 2 by the second, all of them by the first too.
    rows = [(2, 11, 2, 10), (2, 11, 14, 20), (5, 11, 4, 8), (5, 11, 15, 17)]
    found = rows_of([SourceCoding.from_rows(1, 24, (2, 5), rows)], codes=(11,))
    assert tables(found, found.total(), (2, 5))[0].tolist() == [[6, 8], [0, 10]]
    kappa = estimate(found, Statistic(Measure.KAPPA, (2, 5)))[0]
    assert (kappa.observed, kappa.n) == (pytest.approx(16 / 24), 24)
    assert kappa.expected == pytest.approx((14 * 6 + 10 * 18) / 24**2)
    assert value(found, Measure.POSITIVE, (2, 5)) == pytest.approx(12 / 20)
    assert applications(found) == {11: [14, 6, 0]}


def test_coders_by_coders() -> None:
    rows = [(2, 11, 0, 4), (5, 11, 0, 4), (7, 11, 6, 10)]
    found = rows_of([SourceCoding.from_rows(1, 10, (2, 5, 7), rows)], codes=(11,))
    table = between_coders(found, Measure.KAPPA)
    assert list(table) == [(2, 5), (2, 7), (5, 7)]
    assert table[2, 5].value == 1
    assert table[2, 7].value == table[5, 7].value == pytest.approx((0.2 - 0.52) / 0.48)
    drift = against_the_others(found, Measure.KAPPA)
    assert drift[2].value == drift[5].value
    assert drift[7].value == pytest.approx((0.2 - 0.52) / 0.48)
    assert max(drift, key=lambda coder: -(drift[coder].value or 0)) == 7


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("must be there", lambda counts: tabulate([])),
        ("counted twice", lambda counts: tabulate([counts[0], counts[0]])),
        ("Code 13 was not counted in source 1", lambda counts: tabulate(counts, codes=(11, 13))),
        ("Coder 9 is not among", lambda counts: tabulate(counts).place(9)),
        (
            "of one unit",
            lambda counts: tabulate([*counts, *count_sources(CODED, unit=Unit.SOURCE)]),
        ),
    ],
)
def test_what_cannot_be_added(message: str, call: object) -> None:
    counts = count_sources(CODED, [11, 12])
    with pytest.raises(ValueError, match=message):
        call(counts)  # type: ignore[operator]
