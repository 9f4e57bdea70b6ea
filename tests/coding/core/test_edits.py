"""Passages after a correction: exact cases, and properties over random texts and edits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.edits import Carried, Edit, apply_edits, carry, carry_one, inverse, words_of

TEXT = "We said that teh cat sat on the mat."
# Letters, spaces, line ends, marks, an emoji with joiners, right-to-left, no spaces.
PIECES = [*"abc  \n.,'", "e\u0301", "👩‍👩‍👧", "🇩🇪", "שלום", "我们", "don't ", "cat "]
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join)


@st.composite
def corrections(draw, least=1):
    """A text, and sorted edits of it with some old text between any two."""
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), min_size=2 * least, max_size=8)))
    edits, free = [], 0
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        if start < free:
            continue
        edits.append(Edit(start, end, draw(texts | st.just(""))))
        free = end + 1
    return text, edits


@pytest.mark.parametrize(
    ("passage", "edit", "after", "certain"),
    [
        ("that teh cat", Edit(0, 3, ""), "that teh cat", True),
        ("said", Edit(8, 12, "how"), "said", True),
        # Right before and right behind a passage is outside it.
        ("teh", Edit(13, 13, "now "), "teh", True),
        ("teh cat", Edit(20, 20, " really"), "teh cat", True),
        ("teh cat", Edit(8, 13, ""), "teh cat", True),
        # Inside, between the first word and the last.
        ("that teh cat sat", Edit(13, 16, "the"), "that the cat sat", True),
        ("that teh cat sat", Edit(12, 12, ", well,"), "that, well, teh cat sat", True),
        ("that teh", Edit(12, 13, " – "), "that – teh", True),
        # The first or the last word.
        ("teh cat", Edit(13, 16, "the"), "the cat", False),
        ("said that teh", Edit(13, 16, "the"), "said that the", False),
        ("that teh cat", Edit(12, 12, "s"), "thats teh cat", False),
        ("that teh cat", Edit(12, 13, ""), "thatteh cat", False),
        ("teh", Edit(13, 16, "the"), "the", False),
        # Across an end: inside if at least half of what was replaced was.
        ("teh cat sat", Edit(8, 16, "how a"), "cat sat", False),
        ("teh cat sat", Edit(11, 16, "t a"), "t a cat sat", False),
        ("cat sat on the mat", Edit(8, 20, "nothing"), "sat on the mat", False),
    ],
)
def test_one_edit(passage, edit, after, certain):
    start = TEXT.index(passage)
    got = carry_one(start, start + len(passage), [edit], TEXT)
    assert apply_edits(TEXT, [edit])[got.start : got.end] == after
    assert got.certain is certain


def test_nothing_is_left():
    assert carry_one(13, 20, [Edit(8, 25, "")], TEXT) == Carried(8, 8, False)
    # A small part of what was written anew: where it went nobody can say.
    assert carry_one(13, 16, [Edit(0, 36, "Something else.")], TEXT) == Carried(15, 15, False)
    # White space alone is nothing.
    assert carry_one(8, 16, [Edit(8, 12, ""), Edit(13, 16, "")], TEXT) == Carried(8, 8, False)


def test_without_the_text_the_first_and_last_character_count():
    edits = [Edit(14, 15, "xx")]
    assert carry_one(13, 20, edits) == Carried(13, 21, True)
    assert carry_one(13, 20, edits, TEXT) == Carried(13, 21, False)
    assert carry_one(14, 20, edits) == Carried(14, 21, False)
    assert carry_one(10, 15, edits) == Carried(10, 16, False)


def test_many_at_once_and_none():
    spans = np.array([[0, 2], [13, 20]])
    after, certain = carry(spans, [Edit(3, 7, "think")], TEXT)
    assert after.tolist() == [[0, 2], [14, 21]]
    assert certain.tolist() == [True, True]
    after, certain = carry(spans, [], TEXT)
    assert after.tolist() == spans.tolist()
    assert carry(np.empty((0, 2), dtype=np.int64), [Edit(0, 1, "")], TEXT)[0].shape == (0, 2)


def test_edits_that_touch_count_as_one_and_overlapping_ones_are_refused():
    assert apply_edits("abcdef", [Edit(1, 2, "X"), Edit(2, 4, "Y")]) == "aXYef"
    assert carry_one(2, 4, [Edit(1, 2, "X"), Edit(2, 4, "Y")]) == Carried(1, 3, False)
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("abcdef", [Edit(1, 3, ""), Edit(2, 4, "")])
    with pytest.raises(ValueError, match="no text from 5 to 9"):
        apply_edits("abcdef", [Edit(5, 9, "")])


def test_words_of_scripts_without_spaces_are_their_characters():
    assert words_of("我们 don't").tolist() == [[0, 1], [1, 2], [3, 8]]


@given(corrections(), st.data())
def test_a_passage_that_no_edit_touches_keeps_its_words(case, data):
    text, edits = case
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if any(e.start < end and e.end > start for e in edits):
        return
    got = carry_one(start, end, edits, text)
    assert got.certain
    assert apply_edits(text, edits)[got.start : got.end] == text[start:end]


@given(corrections(), st.data())
def test_certain_means_that_the_first_and_last_word_stand_where_they_stood(case, data):
    text, edits = case
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    new = apply_edits(text, edits)
    got = carry_one(start, end, edits, text)
    assert 0 <= got.start <= got.end <= len(new)
    if not got.certain:
        return
    words = [(a, b) for a, b in words_of(text).tolist() if b > start and a < end]
    first = max(words[0][1], start + 1) if words else end
    last = min(words[-1][0], end - 1) if words else start
    head, tail = text[start : min(first, end)], text[max(last, start) : end]
    assert got.end > got.start
    assert new[got.start : got.end].startswith(head)
    assert new[got.start : got.end].endswith(tail)


@given(corrections(), st.data())
def test_of_many_passages_each_is_carried_as_it_would_be_alone(case, data):
    text, edits = case
    ends = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(ends, ends), max_size=6))
    spans = [[min(p), max(p)] for p in pairs if p[0] != p[1]]
    after, certain = carry(np.array(spans, dtype=np.int64).reshape(-1, 2), edits, text)
    alone = [carry_one(a, b, edits, text) for a, b in spans]
    assert [(*row, ok) for row, ok in zip(after.tolist(), certain.tolist(), strict=True)] == alone


@given(corrections())
def test_the_inverse_brings_the_text_back(case):
    text, edits = case
    assert apply_edits(apply_edits(text, edits), inverse(text, edits)) == text
