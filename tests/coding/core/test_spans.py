"""Spans: merging, agreement and checking, against sets of characters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.spans import check_span, consensus, union

Span = tuple[int, int]


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def merged(spans: list[Span], groups: list[int] | None = None) -> list[tuple[int, int, int]]:
    starts, ends = ints([s for s, _ in spans]), ints([e for _, e in spans])
    found = union(starts, ends, None if groups is None else ints(groups))
    return list(zip(found.groups.tolist(), found.starts.tolist(), found.ends.tolist(), strict=True))


def agreed(spans: list[tuple[int, int, int]], k: int) -> list[Span]:
    """Spans are (member, start, end)."""
    found = consensus(
        ints([s for _, s, _ in spans]),
        ints([e for _, _, e in spans]),
        None,
        ints([m for m, _, _ in spans]),
        k,
    )
    return list(zip(found.starts.tolist(), found.ends.tolist(), strict=True))


def merge_pairwise(spans: list[Span]) -> list[Span]:
    """Merge any two spans that share a character until none do: the definition, taken literally."""
    spans = list(spans)
    while True:
        for i, (a, b) in enumerate(spans):
            for j, (c, d) in enumerate(spans):
                if i < j and set(range(a, b)) & set(range(c, d)):
                    spans = [s for n, s in enumerate(spans) if n not in (i, j)]
                    spans.append((min(a, c), max(b, d)))
                    break
            else:
                continue
            break
        else:
            return sorted(spans)


def runs(characters: set[int]) -> list[Span]:
    starts = sorted(c for c in characters if c - 1 not in characters)
    ends = sorted(c + 1 for c in characters if c + 1 not in characters)
    return list(zip(starts, ends, strict=True))


class TestUnion:
    def test_one_shared_character_merges(self) -> None:
        assert merged([(0, 5), (4, 9)]) == [(0, 0, 9)]

    def test_touching_stays_apart(self) -> None:
        assert merged([(0, 5), (5, 9)]) == [(0, 0, 5), (0, 5, 9)]

    def test_a_third_span_bridges_two_that_touch(self) -> None:
        assert merged([(0, 5), (5, 9), (4, 6)]) == [(0, 0, 9)]

    def test_nested_and_identical(self) -> None:
        assert merged([(0, 20), (3, 5), (3, 5), (6, 9), (20, 21)]) == [(0, 0, 20), (0, 20, 21)]

    def test_groups_never_meet_and_come_sorted(self) -> None:
        spans = [(0, 9), (2, 4), (0, 3), (8, 10)]
        assert merged(spans, [7, -2, 7, 7]) == [(-2, 2, 4), (7, 0, 10)]

    def test_every_input_knows_its_piece(self) -> None:
        found = union(ints([30, 0, 4, 12]), ints([40, 5, 9, 20]))
        assert found.piece_of.tolist() == [2, 0, 0, 1]

    def test_nothing_in_nothing_out(self) -> None:
        found = union(ints([]), ints([]), ints([]))
        assert len(found) == 0
        assert found.piece_of.tolist() == []

    def test_huge_group_numbers_and_positions(self) -> None:
        big = 2**61
        assert merged([(big, big + 5), (big + 4, big + 6)], [big, big]) == [(big, big, big + 6)]
        assert merged([(0, 5), (1, 7)], [-big, big]) == [(-big, 0, 5), (big, 1, 7)]

    def test_refuses_an_empty_span_by_position(self) -> None:
        with pytest.raises(ValueError, match="span 1 runs from 5 to 5"):
            union(ints([0, 5]), ints([3, 5]))

    def test_refuses_unequal_lengths(self) -> None:
        with pytest.raises(ValueError, match="equal length"):
            union(ints([0, 5]), ints([3]))

    @settings(deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(1, 8)), max_size=12)
    )
    def test_equals_pairwise_merging(self, rows: list[tuple[int, int, int]]) -> None:
        spans = [(s, s + n) for _, s, n in rows]
        groups = [g for g, _, _ in rows]
        expected = [
            (g, *span)
            for g in sorted(set(groups))
            for span in merge_pairwise([s for s, h in zip(spans, groups, strict=True) if h == g])
        ]
        assert merged(spans, groups) == expected
        found = union(ints([s for s, _ in spans]), ints([e for _, e in spans]), ints(groups))
        for (start, end), group, piece in zip(spans, groups, found.piece_of, strict=True):
            assert found.groups[piece] == group
            assert found.starts[piece] <= start < end <= found.ends[piece]


class TestConsensus:
    def test_only_what_two_cover(self) -> None:
        assert agreed([(1, 0, 10), (2, 6, 20)], 2) == [(6, 10)]

    def test_one_member_twice_is_one_member(self) -> None:
        assert agreed([(1, 0, 10), (1, 5, 15), (1, 5, 15)], 2) == []

    def test_pieces_that_touch_become_one(self) -> None:
        assert agreed([(1, 0, 10), (2, 0, 5), (3, 5, 10)], 2) == [(0, 10)]
        assert agreed([(1, 0, 5), (1, 5, 10), (2, 0, 10)], 2) == [(0, 10)]

    def test_three_of_three(self) -> None:
        assert agreed([(1, 0, 9), (2, 3, 12), (3, 1, 5)], 3) == [(3, 5)]

    def test_groups_are_separate(self) -> None:
        found = consensus(ints([0, 0, 2]), ints([5, 5, 4]), ints([1, 2, 1]), ints([1, 2, 3]), 2)
        assert found.groups.tolist() == [1]
        assert (found.starts.tolist(), found.ends.tolist()) == ([2], [4])

    def test_nothing_in_nothing_out(self) -> None:
        assert agreed([], 2) == []

    def test_refuses_k_below_one(self) -> None:
        with pytest.raises(ValueError, match="at least 1 member, not 0"):
            agreed([(1, 0, 3)], 0)

    def test_refuses_missing_members(self) -> None:
        with pytest.raises(ValueError, match="2 spans but 1 members"):
            consensus(ints([0, 1]), ints([2, 3]), None, ints([1]), 2)

    @settings(deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 20), st.integers(1, 8)),
            max_size=14,
        ),
        st.integers(1, 3),
    )
    def test_equals_counting_members_by_character(
        self, rows: list[tuple[int, int, int, int]], k: int
    ) -> None:
        found = consensus(
            ints([s for _, _, s, _ in rows]),
            ints([s + n for _, _, s, n in rows]),
            ints([g for g, _, _, _ in rows]),
            ints([m for _, m, _, _ in rows]),
            k,
        )
        expected = []
        for group in range(3):
            covered = {
                c
                for c in range(40)
                if len({m for g, m, s, n in rows if g == group and s <= c < s + n}) >= k
            }
            expected += [(group, *run) for run in runs(covered)]
        actual = zip(found.groups.tolist(), found.starts.tolist(), found.ends.tolist(), strict=True)
        assert list(actual) == expected


class TestCheckSpan:
    text = "naïve 🙂 teachers\nfind naïve things"

    def test_a_good_span_with_and_without_quote(self) -> None:
        assert check_span(self.text, 0, 5) is None
        assert check_span(self.text, 6, 7, "🙂") is None
        assert check_span(self.text, 0, len(self.text), self.text) is None
        assert check_span(self.text, np.int64(0), np.int64(5), "naïve") is None

    @pytest.mark.parametrize(
        ("start", "end", "code", "message"),
        [
            (
                "3",
                5,
                "not_whole_numbers",
                "The start of a passage must be a whole number, not '3'.",
            ),
            (1, 5.0, "not_whole_numbers", "The end of a passage must be a whole number, not 5.0."),
            (
                1,
                None,
                "not_whole_numbers",
                "The end of a passage must be a whole number, not None.",
            ),
            (
                True,
                4,
                "not_whole_numbers",
                "The start of a passage must be a whole number, not True.",
            ),
            (-1, 4, "negative", "The start of a passage cannot be negative: -1."),
            (4, -1, "negative", "The end of a passage cannot be negative: -1."),
            (5, 5, "empty", "A passage must end after it starts: start 5, end 5."),
            (9, 2, "empty", "A passage must end after it starts: start 9, end 2."),
            (
                30,
                35,
                "past_end",
                "The passage 30–35 ends after the text, which has 34 characters.",
            ),
        ],
    )
    def test_what_is_wrong_with_the_numbers(
        self, start: object, end: object, code: str, message: str
    ) -> None:
        problem = check_span(self.text, start, end)
        assert problem is not None
        assert (problem.code, problem.message) == (code, message)

    def test_a_quote_that_stands_elsewhere(self) -> None:
        problem = check_span(self.text, 20, 25, "naïve")
        assert problem is not None
        assert problem.code == "quote_mismatch"
        assert problem.message == (
            "The text at 20–25 reads “d naï”, not “naïve”, which stands at 22–27."
        )

    @pytest.mark.parametrize(
        ("start", "named"), [(3, "0–2"), (4, "0–2"), (5, "8–10"), (9, "8–10"), (18, "20–22")]
    )
    def test_the_nearest_occurrence_is_named(self, start: int, named: str) -> None:
        problem = check_span("ab......ab..........ab", start, start + 2, "ab")
        assert problem is not None
        assert problem.message.endswith(f"stands at {named}.")

    def test_the_right_start_with_the_wrong_end(self) -> None:
        problem = check_span(self.text, 0, 4, "naïve")
        assert problem is not None
        assert problem.message == (
            "The text at 0–4 reads “naïv”, not “naïve”, which stands at 0–5."
        )

    def test_a_quote_that_stands_nowhere(self) -> None:
        problem = check_span(self.text, 0, 5, "naive")
        assert problem is not None
        assert problem.message == (
            "The text at 0–5 reads “naïve”, not “naive”, which stands nowhere in this text."
        )

    def test_an_empty_quote(self) -> None:
        problem = check_span(self.text, 0, 5, "")
        assert problem is not None
        assert problem.message == "The quoted text is empty, but 0–5 reads “naïve”."

    def test_long_quotes_are_shown_from_their_first_difference(self) -> None:
        text = "x" * 200 + "right\nend" + "y" * 100
        quote = text[:200] + "wrong\nend" + "y" * 100
        problem = check_span(text, 0, len(text), quote)
        assert problem is not None
        assert problem.message == (
            f"The text at 0–309 reads “…{'x' * 15}right⏎end{'y' * 16}…”, "
            f"not “…{'x' * 15}wrong⏎end{'y' * 16}…”, which stands nowhere in this text."
        )

    @settings(deadline=None)
    @given(st.text("ab", min_size=1, max_size=12), st.data())
    def test_the_place_named_is_the_nearest(self, text: str, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        quote = data.draw(st.text("ab", min_size=1, max_size=4))
        problem = check_span(text, start, end, quote)
        if text[start:end] == quote:
            assert problem is None
            return
        places = [i for i in range(len(text)) if text[i : i + len(quote)] == quote]
        assert problem is not None
        if not places:
            assert problem.message.endswith("stands nowhere in this text.")
            return
        nearest = min(abs(i - start) for i in places)
        endings = tuple(
            f"stands at {i}–{i + len(quote)}." for i in places if abs(i - start) == nearest
        )
        assert problem.message.endswith(endings)
