"""Relations of coded passages against a twin that looks at every character and every pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.relations import intersection, near, touching
from coding.core.spans import Pieces, union

Span = tuple[int, int, int]  # group, start, end

spans = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(1, 8)).map(
        lambda t: (t[0], t[1], t[1] + t[2])
    ),
    max_size=8,
)
# Turns of 5 characters with a line end between: [0, 5), [6, 11) …
TURNS = [(g, n * 6, n * 6 + 5) for g in (1, 2, 3) for n in range(7)]


def pieces(rows: list[Span]) -> Pieces:
    table = np.array(rows, np.int64).reshape(-1, 3)
    return union(table[:, 1], table[:, 2], table[:, 0])


def rows(found: Pieces) -> list[Span]:
    return list(zip(found.groups.tolist(), found.starts.tolist(), found.ends.tolist(), strict=True))


def characters(span: Span) -> set[tuple[int, int]]:
    return {(span[0], n) for n in range(span[1], span[2])}


@given(spans, spans)
def test_touching(asked: list[Span], others: list[Span]) -> None:
    table = np.array(asked, np.int64).reshape(-1, 3)
    mask = touching(table[:, 1], table[:, 2], table[:, 0], pieces(others))
    taken = set().union(*map(characters, others)) if others else set()
    assert mask.tolist() == [bool(characters(span) & taken) for span in asked]


@given(spans, spans)
def test_intersection(a: list[Span], b: list[Span]) -> None:
    expected = [
        (x[0], max(x[1], y[1]), min(x[2], y[2]))
        for x in rows(pieces(a))
        for y in rows(pieces(b))
        if characters(x) & characters(y)
    ]
    assert rows(intersection(pieces(a), pieces(b))) == expected


@given(spans, spans, st.integers(0, 4))
def test_near(a: list[Span], b: list[Span], within: int) -> None:
    def turn(place: int) -> int:
        return min(place // 6, 6)

    def close(x: Span, y: Span) -> bool:
        mine = range(turn(x[1]), turn(x[2] - 1) + 1)
        theirs = range(turn(y[1]), turn(y[2] - 1) + 1)
        return x[0] == y[0] and min(abs(m - t) for m in mine for t in theirs) <= within

    expected = [any(close(x, y) for y in rows(pieces(b))) for x in rows(pieces(a))]
    assert near(pieces(a), pieces(b), pieces(TURNS), within).tolist() == expected


def test_a_negative_distance_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative: -1"):
        near(pieces([]), pieces([]), pieces([]), -1)
