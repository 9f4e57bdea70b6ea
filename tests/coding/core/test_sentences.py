import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.sentences import around, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("He said “no.” Then left…  So", ["He said “no.”", "Then left…", "So"]),
        ("Dr. Smith came. See e.g. Ann.", ["Dr. Smith came.", "See e.g. Ann."]),
        ("About 3.5 hours.\n\nNext", ["About 3.5 hours.", "Next"]),
        ("wait... and then. End", ["wait... and then.", "End"]),
        ("学校。教室。", ["学校。", "教室。"]),
        ("   ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text, 0, len(text))] == expected


@given(st.text(alphabet="Ab.?! \n…”"))
def test_they_cover_all_but_white_space(text: str) -> None:
    spans = sentences(text, 0, len(text))
    assert spans == sorted(spans)
    covered = "".join(text[a:b] for a, b in spans)
    assert "".join(covered.split()) == "".join(text.split())


def test_a_hit_over_two_sentences_takes_both() -> None:
    text = "One. Two. Three."
    assert around(sentences(text, 0, len(text)), 2, 6) == (0, 9)
