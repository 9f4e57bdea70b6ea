"""Units of a text: what counts as one, which of them a passage marks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core import units
from coding.core.agreement import SourceCoding, Unit, count_source

TEXT = "INT: Why?\nP1: We met. Often!\n…\nP1:\nP2:   \n"
#       0    5   10   14             29  31  35


def words(kind: str, bodies: list[tuple[int, int]]) -> list[str]:
    return [TEXT[start:end] for start, end in units.units(TEXT, bodies, kind).tolist()]


BODIES = [(5, 9), (14, 30), (34, 34), (38, 41)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("turn", ["Why?", "We met. Often!\n…"]),
        ("sentence", ["Why?", "We met.", "Often!"]),
        ("paragraph", ["Why?", "We met. Often!"]),
    ],
)
def test_only_what_has_words_is_a_unit(kind: str, expected: list[str]) -> None:
    assert words(kind, BODIES) == expected


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="verse"):
        units.units(TEXT, BODIES, "verse")


def test_a_passage_marks_what_it_touches_and_nothing_beside_it() -> None:
    spans = np.array([(5, 9), (14, 28), (40, 50)])
    rows = [(1, 8, 15), (1, 9, 14), (2, 10, 45), (2, 49, 60), (2, 50, 60)]
    coding = units.from_rows(1, 60, [(7, rows), (8, [])])
    found = units.in_units(coding, spans)
    assert list(
        zip(found.code.tolist(), found.start.tolist(), found.end.tolist(), strict=True)
    ) == [
        (1, 0, 2),
        (2, 1, 3),
        (2, 2, 3),
    ]
    assert found.coders == (7, 8)
    assert found.length == 3


spans_of = st.lists(st.integers(1, 9), min_size=0, max_size=12).map(
    lambda gaps: np.cumsum(np.array(gaps, dtype=np.int64))[: len(gaps) // 2 * 2].reshape(-1, 2)
)
passages = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 100), st.integers(1, 30)), max_size=12
)


@given(spans_of, passages, passages)
def test_counts_are_those_of_looking_at_every_unit(
    spans: np.ndarray, first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]
) -> None:
    shares = [
        (coder, [(code, start, start + size) for code, start, size in rows])
        for coder, rows in ((1, first), (2, second))
    ]
    coding = units.in_units(units.from_rows(5, 200, shares), spans)
    counts = count_source(coding, [1, 2, 3], Unit.SEGMENT)
    assert counts.units == len(spans)
    for code in (1, 2, 3):
        marked = [
            {
                n
                for n, (a, b) in enumerate(spans.tolist())
                if any(c == code and s < b and a < e for c, s, e in rows)
            }
            for _coder, rows in shares
        ]
        expected = [[len(one & other) for other in marked] for one in marked]
        there = counts.codes.tolist()
        found = counts.both[there.index(code)].tolist() if code in there else [[0, 0], [0, 0]]
        assert found == expected


@given(spans_of, st.booleans())
def test_what_is_packed_comes_back(spans: np.ndarray, with_spans: bool) -> None:
    coding = SourceCoding.from_rows(3, 200, (1, 2), [(1, 9, 0, 4), (2, -9, 2, 6)])
    counts = count_source(coding)
    found, places = units.unpack(units.pack(counts, spans if with_spans else None))
    assert found.to_bytes() == counts.to_bytes()
    assert places is None if not with_spans else np.array_equal(places, spans)  # type: ignore[arg-type]


@pytest.mark.parametrize("cut", [0, 3, 9, -1])
def test_damaged_bytes_are_refused(cut: int) -> None:
    counts = count_source(SourceCoding.from_rows(3, 9, (1, 2), [(1, 9, 0, 4)]))
    whole = units.pack(counts, np.array([(0, 4), (5, 9)]))
    with pytest.raises(ValueError, match="damaged"):
        units.unpack(whole[:cut])
