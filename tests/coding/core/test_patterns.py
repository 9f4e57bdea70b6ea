"""Expressions in their own process: the same places as the standard library finds, and limits."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.patterns import Looking, Matches, PatternFailed

TEXT = "P1: We share it 🙂, we SHARE.\nINT: Share?\n"
TURNS = [(4, 28), (34, 40)]


def look(pattern: str, text: str = TEXT, turns: object = TURNS, **options: object) -> Matches:
    options = {"match_case": False} | options
    with Looking(pattern, **options) as looking:  # type: ignore[arg-type]
        return looking.search(text, turns)  # type: ignore[arg-type]


def test_places_are_code_points_into_the_text() -> None:
    found = look(r"share\b")
    assert [(n, [TEXT[a:b] for a, b in hits]) for n, hits in found.hits] == [
        (0, ["share", "SHARE"]),
        (1, ["Share"]),
    ]
    assert (found.empty, found.cut) == (0, False)
    assert look("SHARE", match_case=True).hits == [(0, [(22, 27)])]


def test_a_turn_is_matched_by_itself_without_its_label() -> None:
    assert look("^We").hits == [(0, [(4, 6)])]
    assert look("P1|INT").hits == []
    assert look(r"(?s)SHARE.*Share", match_case=True).hits == []
    assert look(r"(?<=: )We").hits == []


def test_matches_of_nothing_are_counted_and_are_no_places() -> None:
    found = look("e*", "P1: see", [(4, 7)])
    assert (found.hits, found.empty) == ([(0, [(5, 7)])], 2)


def test_very_many_matches_of_a_turn_are_cut_and_said_to_be() -> None:
    found = look("a", "a" * 3000, [(0, 3000)])
    assert (len(found.hits[0][1]), found.cut) == (2001, True)


@settings(max_examples=3, deadline=None)
@given(st.lists(st.text("ab🙂 \n", max_size=12), min_size=1, max_size=30))
def test_the_same_places_as_the_standard_library_finds(turns: list[str]) -> None:
    text, spans = "", []
    for words in turns:
        text += "P: "
        spans.append((len(text), len(text) + len(words)))
        text += words + "\n"
    pattern = r"a+b?|🙂 "
    expected = [
        (n, [(start + m.start(), start + m.end()) for m in re.finditer(pattern, text[start:end])])
        for n, (start, end) in enumerate(spans)
    ]
    assert look(pattern, text, spans).hits == [(n, hits) for n, hits in expected if hits]


@pytest.mark.parametrize(
    ("pattern", "at"), [("a(b", 3), ("[a", 2), ("*a", 0), (r"\p{Foo}", 7), ("(?P<x>a)(?P=y)", 11)]
)
def test_a_broken_expression_says_where(pattern: str, at: int) -> None:
    with pytest.raises(PatternFailed) as failed:
        look(pattern)
    assert (failed.value.reason, failed.value.at) == ("broken", at)
    assert failed.value.detail


def test_a_slow_expression_ends_and_says_in_which_turn() -> None:
    text = "short\n" + "a" * 60 + "!"
    with pytest.raises(PatternFailed) as failed:
        look(r"(a|aa)+$", text, [(0, 5), (6, len(text))], turn_seconds=0.3)
    assert (failed.value.reason, failed.value.at) == ("slow", 1)


def test_the_whole_has_a_limit_and_can_be_stopped() -> None:
    text = "a" * 60 + "!"
    with pytest.raises(PatternFailed) as failed:
        look(r"(a|aa)+$", text, [(0, 61)], turn_seconds=60, total_seconds=0.5)
    assert failed.value.reason == "late"

    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        look(r"(a|aa)+$", text, [(0, 61)], turn_seconds=60, pause=stop)


@pytest.mark.parametrize("pattern", ["((a{9999}){9999}){9999}", "(?R)"])
def test_an_expression_that_eats_all_memory_fails_alone(pattern: str) -> None:
    with pytest.raises(PatternFailed) as failed:
        look(pattern, "a" * 200_000, [(0, 200_000)], turn_seconds=20)
    assert failed.value.reason in ("memory", "slow")
