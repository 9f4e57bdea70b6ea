"""Flat pieces: held against a model that looks at every character by itself."""

from hypothesis import given
from hypothesis import strategies as st

from coding.core.marks import LINES, Piece, lines, pieces

LENGTH = 24


@st.composite
def scenes(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int]], list[tuple[int, int]]]:
    """A length, disjoint turns, and any passages, some of them beyond the text."""
    length = draw(st.integers(0, LENGTH))
    cuts = sorted(draw(st.sets(st.integers(0, length))))
    turns = [
        (start, draw(st.integers(start, end)), end)
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    place = st.integers(0, LENGTH + 3)
    spans = draw(st.lists(st.tuples(place, place), max_size=8))
    return length, turns, sorted((min(a, b), max(a, b) + 1) for a, b in spans)


@given(scenes())
def test_the_pieces_are_the_text_and_know_what_every_character_knows(
    scene: tuple[int, list[tuple[int, int, int]], list[tuple[int, int]]],
) -> None:
    length, turns, spans = scene
    text = "".join(chr(0x1F600 + n) for n in range(length))
    found = pieces(length, turns, spans)
    assert "".join(text[p.start : p.end] for p in found) == text
    assert all(p.start < p.end for p in found)
    for piece in found:
        for at in range(piece.start, piece.end):
            here = [n for n, (start, _body, end) in enumerate(turns) if start <= at < end]
            assert piece.turn == (here[0] if here else -1)
            assert piece.label == bool(here and at < turns[here[0]][1])
            assert piece.passages == tuple(n for n, (s, e) in enumerate(spans) if s <= at < e)


@given(scenes(), st.lists(st.integers(1, 4), min_size=8, max_size=8))
def test_a_code_keeps_its_line_while_it_goes_on(
    scene: tuple[int, list[tuple[int, int, int]], list[tuple[int, int]]], codes: list[int]
) -> None:
    found = pieces(*scene)
    drawn = lines(found, codes)
    before: tuple[int | None, ...] = (None,) * LINES
    for piece, now in zip(found, drawn, strict=True):
        here = {codes[n] for n in piece.passages}
        shown = [code for code in now if code is not None]
        # Never twice, never one that is not there, and none left out while a line is free.
        assert len(set(shown)) == len(shown) == min(LINES, len(here))
        assert set(shown) <= here
        for line, code in enumerate(before):
            if code in here:
                assert now[line] == code
        before = now


def test_two_passages_that_overlap_make_three_pieces() -> None:
    # "P: We share it.\n" with "We share" and "share it".
    assert pieces(16, [(0, 3, 15)], [(3, 11), (6, 14)]) == [
        Piece(0, 3, 0, True, ()),
        Piece(3, 6, 0, False, (0,)),
        Piece(6, 11, 0, False, (0, 1)),
        Piece(11, 14, 0, False, (1,)),
        Piece(14, 15, 0, False, ()),
        Piece(15, 16, -1, False, ()),
    ]
