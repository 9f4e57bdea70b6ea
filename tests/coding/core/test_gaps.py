"""Gap marks: what is left of a talk and of passages on it when somebody's turns go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.edits import apply_edits
from coding.core.gaps import MARK, Gaps, Stretch, marks

TEXT = "A: we share\nB: no I\nB: not me\nA: so it is\n"
TURNS = {
    "A1": Stretch(0, 3, 11),
    "B1": Stretch(12, 15, 19),
    "B2": Stretch(20, 23, 29),
    "A2": Stretch(30, 33, 41),
}
GONE, KEPT = [TURNS["B1"], TURNS["B2"]], [TURNS["A1"], TURNS["A2"]]
AFTER = f"A: we share\n{MARK}: {MARK}\n{MARK}: {MARK}\nA: so it is\n"


def left(start: int, end: int, text: str = TEXT) -> str | None:
    [[a, b]] = Gaps(text, GONE, KEPT).cut(np.array([[start, end]])).tolist()
    return TEXT[a:b] if a < b else None


def test_turns_become_marks() -> None:
    assert apply_edits(TEXT, Gaps(TEXT, GONE, KEPT).edits) == AFTER


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (Stretch(0, 3, 9), (f"{MARK}: ", MARK)),
        (Stretch(0, 0, 9), ("", MARK)),
        (Stretch(0, 3, 3), (f"{MARK}:", "")),
        (Stretch(3, 3, 3), ("", "")),
    ],
)
def test_a_mark_has_the_shape_of_the_turn(turn: Stretch, expected: tuple[str, str]) -> None:
    assert marks(turn) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 11, "A: we share"),  # others' words alone
        (3, 14, "we share"),  # ends in a label that goes
        (3, 12, "we share\n"),  # touches, and shares no character
        (6, 17, "share"),
        (17, 35, "A: so"),  # begins inside
        (11, 35, "A: so"),  # begins in the white space before
        (6, 36, TEXT[6:36]),  # reaches across
        (12, 29, None),  # wholly inside, over two turns
        (16, 17, None),
        (11, 30, None),  # with the white space around
        (17, 33, None),  # a label is no word
        (17, 34, "A: s"),
        (9_000, 9_001, None),  # beyond the text
    ],
)
def test_passages_are_cut_to_the_words_of_others(
    start: int, end: int, expected: str | None
) -> None:
    assert left(start, end) == expected


def test_places_in_the_new_text() -> None:
    gaps = Gaps(TEXT, GONE, KEPT)
    spans = np.array([[0, 11], [6, 35], [17, 35], [16, 17]])
    places = gaps.place(spans).tolist()
    assert [AFTER[a:b] for a, b in places] == [
        "A: we share",
        f"share\n{MARK}: {MARK}\n{MARK}: {MARK}\nA: so",
        "A: so",
        "",
    ]


def test_without_gaps_nothing_moves() -> None:
    gaps = Gaps(TEXT, [], [*KEPT, *GONE])
    spans = np.array([[0, 1], [3, 40]])
    assert gaps.edits == []
    assert gaps.place(spans).tolist() == spans.tolist()


@given(st.data())
def test_no_character_of_those_who_go_is_ever_left_at_a_border(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=8))
    text, turns = "", []
    for size in sizes:
        label, said = "N: ", "x" * size
        turns.append(Stretch(len(text), len(text) + 3, len(text) + 3 + size))
        text += label + said + data.draw(st.sampled_from(["\n", "\n\n", " \n"]))
    goes = data.draw(st.lists(st.booleans(), min_size=len(turns), max_size=len(turns)))
    gone = [turn for turn, flag in zip(turns, goes, strict=True) if flag]
    kept = [turn for turn, flag in zip(turns, goes, strict=True) if not flag]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    gaps = Gaps(text, gone, kept)
    [[a, b]] = gaps.cut(np.array([[start, end]])).tolist()
    inside = {n for turn in gone for n in range(turn.start, turn.end)}
    if not inside & set(range(start, end)):
        assert (a, b) == (start, end)
        return
    words = {n for turn in kept for n in range(turn.body_start, turn.end)}
    assert (a < b) == bool(words & set(range(start, end)))
    if a < b:
        assert start <= a < b <= end
        assert a not in inside
        assert b - 1 not in inside
        # Nothing of others is lost.
        assert words & set(range(start, end)) == words & set(range(a, b))
        [[new_a, new_b]] = gaps.place(np.array([[start, end]])).tolist()
        after = apply_edits(text, gaps.edits)
        parts = "".join(text[n] for n in range(a, b) if n not in inside)
        assert after[new_a:new_b].replace(f"{MARK}: {MARK}", "") == parts
