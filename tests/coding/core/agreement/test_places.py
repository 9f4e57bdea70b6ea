"""Places to talk about, against following overlaps from passage to passage."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement import Kind, Passage, Place, SourceCoding, comparisons
from tests.support import agreement as brute

Span = tuple[int, int, int]


def one(rows: list[tuple[int, int, int, int]], coders: tuple[int, ...] = (1, 2)) -> SourceCoding:
    return SourceCoding.from_rows(1, 100, coders, rows)


def kinds(rows: list[tuple[int, int, int, int]], **more: object) -> list[Kind]:
    coders: tuple[int, ...] = more.pop("coders", (1, 2))  # type: ignore[assignment]
    return [place.kind for place in comparisons(one(rows, coders), **more)]  # type: ignore[arg-type]


def connected(spans: list[Span]) -> list[list[Span]]:
    """Spans (start, end, coder) that share characters, directly or through others."""
    groups = [[span] for span in spans]
    while True:
        for a, b in itertools.combinations(groups, 2):
            if any(max(x[0], y[0]) < min(x[1], y[1]) for x in a for y in b):
                groups.remove(a)
                groups.remove(b)
                groups.append(a + b)
                break
        else:
            return [sorted(group, key=lambda span: span) for group in groups]


def expected(coding: SourceCoding, threshold: int) -> list[Place]:
    found = []
    finished = sorted(coding.coders)
    for code in brute.CODES:
        spans = [(*span, coder) for coder in finished for span in brute.united(coding, coder, code)]
        for group in connected(spans):
            start, end = min(s for s, _, _ in group), max(e for _, e, _ in group)
            lacking = [c for c in finished if c not in {coder for *_, coder in group}]
            others = {}
            for coder in lacking:
                instead = {
                    row[1]
                    for row in brute.rows_of(coding)
                    if row[0] == coder and row[1] != code and row[2] < end and start < row[3]
                }
                if instead:
                    others[coder] = tuple(sorted(instead))
            if lacking:
                kind = Kind.OTHER_CODE if others else Kind.MISSED
            else:
                choices = [[s for s in group if s[2] == coder] for coder in finished]
                kind = (
                    Kind.AGREE
                    if any(
                        all(
                            brute.alike(a[:2], b[:2]) >= Fraction(threshold, 100)
                            for a, b in itertools.combinations(chosen, 2)
                        )
                        for chosen in itertools.product(*choices)
                    )
                    else Kind.BOUNDARY
                )
            passages = tuple(Passage(coder, s, e) for s, e, coder in group)
            found.append(
                Place(coding.source, code, start, end, kind, passages, tuple(lacking), others)
            )
    return sorted(found, key=lambda place: (place.start, place.end, place.code))


@settings(max_examples=120, deadline=None)
@given(brute.sources(count=(1, 1), length=20, passages=12), st.integers(51, 100))
def test_places_by_hand(codings: list[SourceCoding], threshold: int) -> None:
    # Above one half at most one passage of each coder matches: any choice is the best one.
    wanted = expected(codings[0], threshold) if len(codings[0].coders) > 1 else []
    assert comparisons(codings[0], threshold=threshold) == wanted


@settings(max_examples=60, deadline=None)
@given(brute.sources(count=(1, 1), length=20, passages=12), st.integers(1, 100))
def test_a_stricter_threshold_never_agrees_more(codings: list[SourceCoding], loose: int) -> None:
    for strict, place in zip(
        comparisons(codings[0], threshold=100),
        comparisons(codings[0], threshold=loose),
        strict=True,
    ):
        assert strict.kind == place.kind or (strict.kind, place.kind) == (
            Kind.BOUNDARY,
            Kind.AGREE,
        )


@settings(max_examples=60, deadline=None)
@given(brute.sources(count=(1, 1)))
def test_places_of_some_codes(codings: list[SourceCoding]) -> None:
    every = comparisons(codings[0])
    some = comparisons(codings[0], brute.CODES[:1])
    assert some == [place for place in every if place.code == brute.CODES[0]]


def test_the_four_kinds() -> None:
    assert kinds([(1, 5, 0, 10), (2, 5, 0, 9)]) == [Kind.AGREE]
    assert kinds([(1, 5, 0, 10), (2, 5, 0, 8)]) == [Kind.BOUNDARY]
    assert kinds([(1, 5, 0, 10)]) == [Kind.MISSED]
    assert kinds([(1, 5, 0, 10), (2, 6, 9, 20)]) == [Kind.OTHER_CODE, Kind.OTHER_CODE]
    assert kinds([(1, 5, 0, 10), (2, 6, 10, 20)]) == [Kind.MISSED, Kind.MISSED]


def test_touching_passages_are_two_places() -> None:
    assert kinds([(1, 5, 0, 10), (2, 5, 10, 20)]) == [Kind.MISSED, Kind.MISSED]


def test_three_coders_agree_only_pairwise() -> None:
    # The second agrees with both, but the first and the third do not agree with each other.
    rows = [(1, 5, 0, 100), (2, 5, 0, 91), (3, 5, 0, 83)]
    assert kinds(rows, coders=(1, 2, 3)) == [Kind.BOUNDARY]
    assert kinds(rows, coders=(1, 2, 3), threshold=83) == [Kind.AGREE]
    assert kinds(rows, coders=(1, 2, 3), threshold=84) == [Kind.BOUNDARY]


def test_a_long_passage_and_two_halves() -> None:
    rows = [(1, 5, 0, 20), (2, 5, 0, 10), (2, 5, 10, 20)]
    assert kinds(rows) == [Kind.BOUNDARY]
    assert kinds(rows, threshold=50) == [Kind.AGREE]


def test_who_lacks_it_and_what_they_have() -> None:
    rows = [(1, 5, 10, 20), (2, 6, 15, 30), (2, 7, 19, 22), (2, 8, 20, 25), (3, 6, 0, 5)]
    place = next(p for p in comparisons(one(rows, (3, 2, 1))) if p.code == 5)
    assert place == Place(1, 5, 10, 20, Kind.OTHER_CODE, (Passage(1, 10, 20),), (2, 3), {2: (6, 7)})


def test_others_are_rolled_up_as_well() -> None:
    rows = [(1, 5, 10, 20), (2, 6, 15, 30)]
    tree = {5: (5, 9), 6: (6, 9)}
    found = {place.code: place for place in comparisons(one(rows), roll_up=tree)}
    assert found[9].kind is Kind.BOUNDARY
    assert found[5].others == {2: (6, 9)}


def test_nobody_to_compare_with() -> None:
    assert comparisons(one([(1, 5, 0, 10)], (1,))) == []
    assert comparisons(one([(3, 5, 0, 10)])) == []


def test_a_long_chain_is_one_place() -> None:
    rows = [(1 + i % 2, 5, 4 * i, 4 * i + 5) for i in range(20)]
    places = comparisons(SourceCoding.from_rows(1, 100, (1, 2), rows))
    assert [(place.start, place.end, len(place.passages)) for place in places] == [(0, 81, 20)]
    assert places[0].kind is Kind.BOUNDARY


@pytest.mark.parametrize("threshold", [0, 101])
def test_a_threshold_is_a_percentage(threshold: int) -> None:
    with pytest.raises(ValueError, match="per cent"):
        comparisons(one([]), threshold=threshold)
