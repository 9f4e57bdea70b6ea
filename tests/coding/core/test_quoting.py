"""Finding somebody's words again: five in a row, as search compares them."""

import pytest

from coding.core.quoting import quoted, runs, without

SAID = "We don't put every lesson on the naïve intranet."
KNOWN = runs([SAID])


def test_runs_are_five_words_in_a_row_and_stay_in_one_stretch() -> None:
    assert len(KNOWN) == 5
    assert runs(["one two three four"]) == frozenset()
    assert runs(["one two three", "four five"]) == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("put every lesson on", []),
        ("She said: PUT EVERY LESSON – on the net", ["PUT EVERY LESSON – on the"]),
        ("“don’t put every lesson on”", ["don’t put every lesson on"]),
        ("lesson on the naive intranet?", ["lesson on the naive intranet"]),
        (SAID, [SAID[:-1]]),
        (f"{SAID} And {SAID}", [SAID[:-1], SAID[:-1]]),
    ],
)
def test_quotations_are_found_whatever_their_spelling(text: str, expected: list[str]) -> None:
    places = quoted(text, KNOWN)
    assert [text[a:b] for a, b in places] == expected
    assert without(text, places, "#").count("#") == len(expected)


def test_the_rest_of_the_text_stays() -> None:
    text = f"Example: “{SAID}” Not: blame."
    assert without(text, quoted(text, KNOWN), "[…]") == "Example: “[….]” Not: blame.".replace(
        "[….]", "[…]."
    )
