"""Draws that can be repeated, and shares that are fair."""

from collections import Counter
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.drawing import (
    ALL,
    CHOSEN,
    RANDOM,
    STRATIFIED,
    Candidate,
    apportion,
    draw,
    how_many,
    overlaps,
    share_out,
)

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.uuids().map(str),
        st.integers(0, 10_000),
        st.sampled_from(["north", "south", "west", ""]),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row.guid,
)
TEN = [Candidate(f"g{n}", 100 * n, "ab"[n % 2]) for n in range(10)]


def test_all_and_chosen_are_in_the_order_of_the_identifiers() -> None:
    assert draw(TEN[::-1], how=ALL).guids == tuple(f"g{n}" for n in range(10))
    assert draw(TEN, how=CHOSEN, chosen=["g7", "g2", "gone"]).guids == ("g2", "g7")


@pytest.mark.parametrize(
    ("total", "number", "percent", "expected"),
    [
        (10, 3, None, 3),
        (10, 30, None, 10),
        (10, None, 25, 3),
        (10, None, 24, 2),
        (10, None, 1, 1),
        (0, None, 50, 0),
        (200, None, 100, 200),
    ],
)
def test_how_many(total: int, number: int | None, percent: float | None, expected: int) -> None:
    assert how_many(total, number=number, percent=percent) == expected


def test_apportioning_by_largest_remainder() -> None:
    # 10 · 6/17 = 3.53, 10 · 7/17 = 4.12, 10 · 4/17 = 2.35: the seat left over goes to the first.
    assert apportion({"a": 6, "b": 7, "c": 4}, 10) == {"a": 4, "b": 4, "c": 2}
    assert apportion({"a": 1, "b": 1, "c": 1}, 1) == {"a": 1, "b": 0, "c": 0}
    assert apportion({"small": 1, "big": 3}, 2) == {"small": 0, "big": 2}
    assert apportion({"a": 0}, 0) == {"a": 0}


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.integers(1, 60), min_size=1, max_size=8),
    st.data(),
)
def test_no_share_is_further_than_one_from_its_quota(
    sizes: dict[str, int], data: st.DataObject
) -> None:
    total = sum(sizes.values())
    n = data.draw(st.integers(0, total))
    shares = apportion(sizes, n)
    assert sum(shares.values()) == n
    for name, size in sizes.items():
        assert abs(Fraction(n * size, total) - shares[name]) < 1
        assert 0 <= shares[name] <= size


@given(CANDIDATES, st.integers(0, 2**31), st.data())
def test_a_draw_hangs_on_nothing_but_the_seed_and_the_identifiers(
    rows: list[Candidate], seed: int, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, len(rows)))
    how = data.draw(st.sampled_from([RANDOM, STRATIFIED]))
    drawn = draw(rows, how=how, seed=seed, number=number)
    shuffled = data.draw(st.permutations(rows))
    assert draw(shuffled, how=how, seed=seed, number=number) == drawn
    assert len(set(drawn.guids)) == number
    assert set(drawn.guids) <= {row.guid for row in rows}
    by = {row.guid: row.stratum for row in rows}
    counted = Counter(by[guid] for guid in drawn.guids)
    assert {s.name: s.drawn for s in drawn.strata} == {s: counted[s] for s in set(by.values())}
    if how == STRATIFIED:
        sizes = Counter(by.values())
        assert {s.name: s.drawn for s in drawn.strata} == apportion(sizes, number)


def test_another_seed_draws_others_and_everybody_has_the_same_chance() -> None:
    times = Counter(
        g for seed in range(2_000) for g in draw(TEN, how=RANDOM, seed=seed, number=3).guids
    )
    assert sum(times.values()) == 6_000
    # Each is expected 600 times; five standard deviations are 5 · sqrt(2000 · 0.3 · 0.7) = 102.
    assert all(abs(n - 600) < 102 for n in times.values())


@given(CANDIDATES, st.integers(2, 8), st.integers(2, 8), st.integers(0, 2**31), st.data())
def test_everybody_gets_as_many_sources_as_the_others_give_or_take_one(
    rows: list[Candidate], people: int, each: int, seed: int, data: st.DataObject
) -> None:
    coders = [f"c{n}" for n in range(people)]
    shares = share_out(rows, coders, each=each, seed=seed)
    each = min(each, people)
    assert shares.keys() == {row.guid for row in rows}
    assert all(len(team) == len(set(team)) == each for team in shares.values())
    load = Counter(coder for team in shares.values() for coder in team)
    assert max(load[c] for c in coders) - min(load[c] for c in coders) <= 1
    again = share_out(
        data.draw(st.permutations(rows)), data.draw(st.permutations(coders)), each=each, seed=seed
    )
    assert again == shares
    assert sum(overlaps(shares).values()) == len(rows) * each * (each - 1) // 2


@pytest.mark.parametrize(("people", "sources", "times"), [(4, 6, 1), (4, 12, 2), (3, 9, 3)])
def test_every_pair_meets_equally_often_where_that_can_be(
    people: int, sources: int, times: int
) -> None:
    rows = [Candidate(f"g{n:02}", 500) for n in range(sources)]
    coders = [f"c{n}" for n in range(people)]
    met = overlaps(share_out(rows, coders, each=2, seed=5))
    assert met == dict.fromkeys(combinations(coders, 2), times)


def test_the_words_are_spread_the_longest_first() -> None:
    rows = [Candidate(f"g{n}", words) for n, words in enumerate([900, 800, 100, 200])]
    shares = share_out(rows, ["a", "b", "c", "d"], each=2, seed=1)
    words = Counter[str]()
    for row in rows:
        for coder in shares[row.guid]:
            words[coder] += row.words
    # 900 and 800 go to two pairs, 200 and 100 to one of each pair: nobody meets anybody twice.
    assert sorted(words.values()) == [900, 1000, 1000, 1100]


def test_many_coders_are_chosen_one_by_one() -> None:
    coders = [f"c{n:02}" for n in range(30)]
    shares = share_out([Candidate(f"g{n}", n) for n in range(20)], coders, each=12, seed=3)
    load = Counter(coder for team in shares.values() for coder in team)
    assert set(load.values()) == {8}
