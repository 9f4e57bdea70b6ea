"""Counts of sources, against counting characters one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement import (
    SourceCoding,
    SourceCounts,
    Unit,
    count_source,
    count_sources,
    counting,
    join_cases,
)
from tests.support import agreement as brute

PRESENCE = (Unit.CHARACTER, Unit.SEGMENT, Unit.SOURCE)


def in_words(counts: SourceCounts) -> dict[tuple[int, int, int], int]:
    """(code, coder, coder) → units, those that are 0 left out."""
    return {
        (code, i, j): value
        for code, table in zip(counts.codes.tolist(), counts.both.tolist(), strict=True)
        for i, row in zip(counts.coders.tolist(), table, strict=True)
        for j, value in zip(counts.coders.tolist(), row, strict=True)
        if value
    }


def equal(one: SourceCounts, other: SourceCounts) -> bool:
    return (one.source, one.unit, one.threshold, one.units) == (
        other.source,
        other.unit,
        other.threshold,
        other.units,
    ) and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("coders", "codes", "counted", "both", "squares")
    )


@settings(max_examples=60, deadline=None)
@given(brute.sources(), st.sampled_from(PRESENCE))
def test_units_of_each_and_of_both(codings: list[SourceCoding], unit: Unit) -> None:
    for coding, counts in zip(codings, count_sources(codings, unit=unit), strict=True):
        given_sets = brute.sets_given([coding], unit)
        expected: dict[tuple[int, int, int], int] = {}
        for sets in given_sets:
            for i in sets:
                for j in sets:
                    for code in sets[i] & sets[j]:
                        key = (code, i, j)
                        expected[key] = expected.get(key, 0) + 1
        assert in_words(counts) == expected
        assert counts.units == len(given_sets)
        assert counts.coders.tolist() == sorted(coding.coders)


@settings(max_examples=60, deadline=None)
@given(brute.sources(), st.integers(1, 100))
def test_passages_found_at_the_other(codings: list[SourceCoding], threshold: int) -> None:
    counted = count_sources(codings, unit=Unit.PASSAGE, threshold=threshold)
    for coding, counts in zip(codings, counted, strict=True):
        found = in_words(counts)
        for code in brute.CODES:
            for i in coding.coders:
                own = len(brute.united(coding, i, code))
                assert found.get((code, i, i), 0) == own
                for j in coding.coders:
                    if i == j:
                        continue
                    a, b, c = brute.passage_table([coding], code, i, j, threshold)
                    here, there = found.get((code, i, j), 0), found.get((code, j, i), 0)
                    theirs = len(brute.united(coding, j, code))
                    assert (here + there, own - here, theirs - there) == (a, b, c)
        assert (counts.units, counts.threshold) == (0, threshold)


@settings(max_examples=60, deadline=None)
@given(brute.sources())
def test_squares_of_united_passages(codings: list[SourceCoding]) -> None:
    for coding, counts in zip(codings, count_sources(codings), strict=True):
        for code, row in zip(counts.codes.tolist(), counts.squares.tolist(), strict=True):
            for coder, value in zip(counts.coders.tolist(), row, strict=True):
                spans = brute.united(coding, coder, code)
                assert value == sum((end - start) ** 2 for start, end in spans)


@settings(max_examples=60, deadline=None)
@given(brute.sources(), st.sampled_from(list(Unit)))
def test_sources_together_or_one_by_one(codings: list[SourceCoding], unit: Unit) -> None:
    together = count_sources(codings, unit=unit)
    alone = [count_source(coding, unit=unit) for coding in codings]
    assert all(equal(one, other) for one, other in zip(together, alone, strict=True))


@settings(max_examples=50, deadline=None)
@given(brute.sources(count=(2, 6)), st.sampled_from(list(Unit)))
def test_portions_change_nothing(codings: list[SourceCoding], unit: Unit) -> None:
    whole = count_sources(codings, unit=unit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_PORTION", 1)
        parts = count_sources(codings, unit=unit)
    assert all(equal(one, other) for one, other in zip(whole, parts, strict=True))


@settings(max_examples=60, deadline=None)
@given(brute.sources(), st.sampled_from(list(Unit)), st.randoms())
def test_the_order_of_passages_and_coders_is_no_matter(
    codings: list[SourceCoding], unit: Unit, random: object
) -> None:
    turned = [
        SourceCoding(
            one.source,
            one.length,
            one.coders[::-1],
            one.coder[::-1],
            one.code[::-1],
            one.start[::-1],
            one.end[::-1],
            one.borders,
        )
        for one in codings[::-1]
    ]
    straight = count_sources(codings, unit=unit)
    back = count_sources(turned, unit=unit)[::-1]
    assert all(equal(one, other) for one, other in zip(straight, back, strict=True))


def one(rows: list[tuple[int, int, int, int]], **more: object) -> SourceCoding:
    arguments = {"source": 1, "length": 20, "coders": (1, 2), "borders": None, **more}
    return SourceCoding.from_rows(rows=rows, **arguments)  # type: ignore[arg-type]


def test_a_coder_who_did_not_finish_is_left_out() -> None:
    rows = [(1, 5, 0, 4), (2, 5, 2, 6), (3, 5, 0, 20)]
    counts = count_source(one(rows))
    assert counts.coders.tolist() == [1, 2]
    assert in_words(counts) == {(5, 1, 1): 4, (5, 1, 2): 2, (5, 2, 1): 2, (5, 2, 2): 4}


def test_a_coder_who_finished_and_coded_nothing_is_there() -> None:
    counts = count_source(one([(1, 5, 0, 4)]))
    assert counts.coders.tolist() == [1, 2]
    assert counts.both.tolist() == [[[4, 0], [0, 0]]]


def test_own_passages_that_overlap_are_one_and_touching_ones_two() -> None:
    overlapping = count_source(one([(1, 5, 0, 4), (1, 5, 3, 6)]))
    touching = count_source(one([(1, 5, 0, 4), (1, 5, 4, 6)]))
    assert overlapping.squares.tolist() == [[36, 0]]
    assert touching.squares.tolist() == [[20, 0]]
    assert in_words(overlapping) == in_words(touching) == {(5, 1, 1): 6}


def test_segments_are_touched_by_one_character() -> None:
    rows = [(1, 5, 4, 6), (2, 5, 5, 10), (2, 6, 0, 1), (2, 7, 19, 20)]
    counts = count_source(one(rows, borders=[2, 5, 10, 15]), unit=Unit.SEGMENT)
    assert counts.units == 3
    # 4–6 touches two segments, 5–10 one; what lies outside all borders touches none.
    assert in_words(counts) == {(5, 1, 1): 2, (5, 2, 2): 1, (5, 1, 2): 1, (5, 2, 1): 1}
    assert counts.codes.tolist() == [5]


def test_a_child_counts_as_its_parent() -> None:
    rows = [(1, 5, 0, 4), (2, 6, 2, 6), (2, 5, 3, 5)]
    counts = count_source(one(rows), roll_up={5: (5, 9), 6: (6, 9)})
    assert counts.codes.tolist() == [5, 6, 9]
    # 9 at the second coder: 2–6 and 3–5 together are four characters, not six.
    assert counts.both[2].tolist() == [[4, 2], [2, 4]]
    only = count_source(one(rows), [9], roll_up={5: (9,), 6: (9,)})
    assert only.codes.tolist() == [9]
    assert only.both[0].tolist() == [[4, 2], [2, 4]]


def test_only_the_codes_asked_for() -> None:
    counts = count_source(one([(1, 5, 0, 4), (1, 6, 0, 4)]), [6, 8])
    assert counts.codes.tolist() == [6]
    assert counts.counted is not None
    assert counts.counted.tolist() == [6, 8]


def test_a_passage_is_found_at_exactly_the_threshold() -> None:
    # Nine of ten characters in common: 90 per cent of what either has.
    rows = [(1, 5, 0, 10), (2, 5, 0, 9)]
    assert in_words(count_source(one(rows), unit=Unit.PASSAGE, threshold=90))[5, 1, 2] == 1
    assert (5, 1, 2) not in in_words(count_source(one(rows), unit=Unit.PASSAGE, threshold=91))


def test_a_case_has_what_any_of_its_sources_has() -> None:
    codings = [
        SourceCoding.from_rows(1, 10, (1, 2), [(1, 5, 0, 3)]),
        SourceCoding.from_rows(2, 10, (1, 2, 3), [(2, 5, 0, 3), (3, 6, 0, 1)]),
        SourceCoding.from_rows(3, 10, (1, 3), [(3, 5, 0, 3)]),
    ]
    cases = join_cases(codings, {70: (1, 2), 71: (3, 2), 72: (9,), 73: (3, 3)})
    assert [(case.source, case.coders) for case in cases] == [
        (70, (1, 2)),
        (71, (1, 3)),
        (73, (1, 3)),
    ]
    counts = count_sources(cases, unit=Unit.CASE)
    assert in_words(counts[0]) == {(5, 1, 1): 1, (5, 1, 2): 1, (5, 2, 1): 1, (5, 2, 2): 1}
    assert in_words(counts[1]) == {(5, 3, 3): 1, (6, 3, 3): 1}
    assert [count.units for count in counts] == [1, 1, 1]


def test_nothing_to_count() -> None:
    assert count_sources([]) == []
    counts = count_source(SourceCoding.from_rows(1, 0, (), [], [0]), unit=Unit.SEGMENT)
    assert (counts.units, counts.both.shape) == (0, (0, 0, 0))


@pytest.mark.parametrize(
    ("message", "codings", "more"),
    [
        ("per cent", [one([])], {"unit": Unit.PASSAGE, "threshold": 0}),
        ("per cent", [one([])], {"unit": Unit.PASSAGE, "threshold": 101}),
        ("given twice", [one([]), one([])], {}),
        ("Source 1 has no borders", [one([])], {"unit": Unit.SEGMENT}),
    ],
)
def test_what_cannot_be_counted(
    message: str, codings: list[SourceCoding], more: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=message):
        count_sources(codings, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "rows", "more"),
    [
        (
            "Passage 1 of source 1 must end after it starts: 3 to 3",
            [(1, 5, 0, 2), (1, 5, 3, 3)],
            {},
        ),
        ("must end after it starts", [(1, 5, 4, 3)], {}),
        ("Passage 0 of source 1 lies outside the text: 0 to 21 of 20", [(1, 5, 0, 21)], {}),
        ("lies outside the text", [(1, 5, -1, 2)], {}),
        ("named twice", [], {"coders": (1, 1)}),
        ("cannot be negative", [], {"length": -1}),
        ("must ascend", [], {"borders": [3, 3]}),
        ("borders of source 1 lie outside", [], {"borders": [0, 21]}),
    ],
)
def test_what_is_no_coding(
    message: str, rows: list[tuple[int, int, int, int]], more: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=message):
        one(rows, **more)


def test_arrays_of_unequal_length() -> None:
    with pytest.raises(ValueError, match="equal length"):
        SourceCoding(1, 5, (1,), *(np.zeros(n, dtype=np.int64) for n in (1, 1, 1, 2)))


# --- bytes ----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(brute.sources(), st.sampled_from(list(Unit)), st.booleans())
def test_there_and_back(codings: list[SourceCoding], unit: Unit, some: bool) -> None:
    for counts in count_sources(codings, brute.CODES[:2] if some else None, unit):
        again = SourceCounts.from_bytes(counts.to_bytes())
        assert equal(counts, again)
        assert again.to_bytes() == counts.to_bytes()


def test_large_numbers_stay_exact() -> None:
    coding = SourceCoding.from_rows(2**40, 2**31, (1, 2**33), [(1, 5, 0, 2**31 - 1)])
    counts = count_source(coding)
    again = SourceCounts.from_bytes(counts.to_bytes())
    assert equal(counts, again)
    assert again.squares.tolist() == [[(2**31 - 1) ** 2, 0]]


def test_bytes_of_another_version_or_cut_off() -> None:
    data = count_source(one([(1, 5, 0, 4), (2, 5, 2, 6)])).to_bytes()
    with pytest.raises(ValueError, match="version 9"):
        SourceCounts.from_bytes(data[:4] + b"\x09" + data[5:])
    with pytest.raises(ValueError, match="no counts"):
        SourceCounts.from_bytes(b"XXXX" + data[4:])
    for end in range(len(data)):
        with pytest.raises(ValueError, match="no counts|damaged"):
            SourceCounts.from_bytes(data[:end])
    with pytest.raises(ValueError, match="damaged"):
        SourceCounts.from_bytes(data + b"\x00")
    with pytest.raises(ValueError, match="damaged"):
        SourceCounts.from_bytes(data[:5] + b"\x63" + data[6:])


@pytest.mark.parametrize("edge", [2**8, 2**16, 2**32])
def test_numbers_at_the_edge_of_a_width(edge: int) -> None:
    for length in (edge - 1, edge):
        counts = count_source(SourceCoding.from_rows(1, length, (1, 2), [(1, 5, 0, length)]))
        again = SourceCounts.from_bytes(counts.to_bytes())
        assert (again.units, again.both.tolist()) == (length, [[[length, 0], [0, 0]]])
