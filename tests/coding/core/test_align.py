"""Finding out what was corrected."""

import random

import numpy as np
import pytest
from hypothesis import given

from coding.core.align import align, carry_to
from coding.core.edits import Edit, apply_edits, is_edge
from tests.coding.core.test_edits import corrections, texts


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("the same", "the same", []),
        (
            "We went teh way home.",
            "We went the way hme.",
            [Edit(8, 11, "the"), Edit(16, 20, "hme")],
        ),
        ("I: so what\nS: nothing", "I: so what?\nS: nothing", [Edit(10, 10, "?")]),
        ("one two three", "one and two three", [Edit(4, 4, "and ")]),
        ("one two three", "one three", [Edit(4, 8, "")]),
        # Word by word where words were put right; as a whole where something else is said.
        ("teh kat sat", "the cat sat", [Edit(0, 3, "the"), Edit(4, 7, "cat")]),
        ("we went home early", "they all came back now", [Edit(0, 18, "they all came back now")]),
        ("我们去学校", "我们来学校", [Edit(2, 3, "来")]),
        # What looks like one character is replaced as one.
        ("x e\u0301 y", "x e\u0300 y", [Edit(2, 4, "e\u0300")]),
        ("x 👩‍👩‍👧 y", "x 👩‍👩‍👦 y", [Edit(2, 7, "👩‍👩‍👦")]),
        ("", "all new", [Edit(0, 0, "all new")]),
        ("all gone", "", [Edit(0, 8, "")]),
    ],
)
def test_what_was_corrected(old, new, edits):
    assert align(old, new) == edits
    assert apply_edits(old, edits) == new


@given(corrections())
def test_the_edits_make_the_new_text_and_cut_no_visible_character(case):
    old, made = case
    new = apply_edits(old, made)
    found, shift = align(old, new), 0
    assert apply_edits(old, found) == new
    for edit in found:
        start = edit.start + shift
        shift += len(edit.new) - (edit.end - edit.start)
        assert is_edge(old, edit.start)
        assert is_edge(old, edit.end)
        assert is_edge(new, start)
        assert is_edge(new, start + len(edit.new))


@given(texts, texts)
def test_any_two_texts(old, new):
    assert apply_edits(old, align(old, new)) == new


def a_long_text(seed: int) -> str:
    """Synthetic: 300,000 characters of invented words in turns."""
    pick = random.Random(seed)
    words = [f"w{n}" for n in range(3_000)] + ["the", "of", "and"] * 800
    turns, length = [], 0
    while length < 300_000:
        turns.append("Anna: " + " ".join(pick.choices(words, k=50)) + ".\n\n")
        length += len(turns[-1])
    return "".join(turns)


def test_five_hundred_corrections_of_a_long_text_stay_what_they_were():
    old, pick = a_long_text(1), random.Random(2)
    words = old.split(" ")
    places = pick.sample(range(1, len(words) - 1), 500)
    for n, at in enumerate(places):
        words[at] = words[at] + "x" if n % 2 else words[at] + " put in"
    new = " ".join(words)
    edits = align(old, new)
    assert apply_edits(old, edits) == new
    # Hardly a correction is made into more than it was.
    assert 480 <= len(edits) <= 500
    assert sum(edit.end - edit.start for edit in edits) < 5_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (a_long_text(1), a_long_text(2)),
        ("the " * 75_000, "the " * 70_000 + "a " * 100),
        ("ab " * 75_000, "ba " * 70_000 + "ab"),
        ("x" * 300_000, "y" * 200_000),
    ],
    ids=["nothing in common", "one word", "two words", "no words"],
)
def test_texts_that_are_hard_to_compare_are_compared_all_the_same(old, new):
    edits = align(old, new)
    assert apply_edits(old, edits) == new


def test_a_paragraph_that_was_moved_is_proposed_where_it_is_now():
    first = "We had never seen each other teach before.\n"
    second = "Then the coach came and everything was recorded on video for us.\n"
    old, new = first + second + "The end.", second + first + "The end."
    spans = np.array([[0, len(first) - 1], [len(first), len(first) + len(second) - 1]])
    after, certain = carry_to(spans, align(old, new), old, new)
    assert [new[a:b] for a, b in after.tolist()] == [old[a:b] for a, b in spans.tolist()]
    # One of them stayed, and the other went round it.
    assert certain.tolist() == [False, True]


def test_a_short_or_repeated_quotation_is_not_looked_for_elsewhere():
    old = "yes it is\nnobody has ever asked\nso on"
    edits = [Edit(0, 9, "no"), Edit(10, 31, "nobody has ever asked, nobody has ever asked")]
    new = apply_edits(old, edits)
    after, certain = carry_to(np.array([[0, 3], [10, 31]]), edits, old, new)
    assert [new[a:b] for a, b in after.tolist()] == ["", new[3:47]]
    assert certain.tolist() == [False, False]
