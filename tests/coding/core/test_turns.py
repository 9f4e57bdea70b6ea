"""Speaker turns: what is a label, what is not, and where a turn begins and ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.text import word_spans
from coding.core.turns import (
    TurnSpan,
    is_generic_label,
    label_intervals,
    parse_turns,
    words_per_turn,
)

PEOPLE = {"S01": "participant", "Zoë": "participant", "R9": "interviewer", "team:1": "observer"}


def read(text: str, speakers: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    """(speaker, role, what was said) of each turn."""
    return [
        (turn.speaker, turn.role, text[turn.body_start : turn.end])
        for turn in parse_turns(text, speakers)
    ]


def test_offsets_of_label_and_body() -> None:
    text = "INT: Why?\n\nS01:\tBecause.\nAnd so.  \n\n"
    assert parse_turns(text, PEOPLE) == [
        TurnSpan(0, 5, 9, "INT", "interviewer"),
        TurnSpan(11, 16, 32, "S01", "participant"),
    ]
    assert text[11:32] == "S01:\tBecause.\nAnd so."


def test_known_labels_are_found_in_either_case_and_keep_their_spelling() -> None:
    assert read("s01: a\nZOË : b\nr9: c\nTeam:1: d", PEOPLE) == [
        ("s01", "participant", "a"),
        ("ZOË", "participant", "b"),
        ("r9", "interviewer", "c"),
        ("Team:1", "observer", "d"),
    ]


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("INT", "interviewer"),
        ("I", "interviewer"),
        ("Interviewer", "interviewer"),
        ("interviewer 2", "interviewer"),
        ("Q", "interviewer"),
        ("Moderator", "interviewer"),
        ("MOD", "interviewer"),
        ("OBS", "observer"),
        ("Observer", "observer"),
        ("Field note", "observer"),
        ("Field notes", "observer"),
        ("Respondent", "participant"),
    ],
)
def test_well_known_labels_need_to_stand_there_only_once(label: str, role: str) -> None:
    assert read(f"{label}: said") == [(label, role, "said")]


def test_an_announced_role_wins_over_the_usual_meaning() -> None:
    assert read("I: me", {"i": "participant"}) == [("I", "participant", "me")]


@pytest.mark.parametrize("label", ["Maya", "Smith, John", "Dr. Ada King", "B1", "P 3", "Coach A"])
def test_an_unknown_label_must_recur(label: str) -> None:
    twice = f"{label}: yes\n{label}: no"
    assert read(twice) == [(label, "participant", "yes"), (label, "participant", "no")]
    assert [turn.role for turn in parse_turns(f"{label}: yes\nnothing")] == ["text", "text"]


@pytest.mark.parametrize(
    "opening",
    [
        "Note:",
        "Honestly:",
        "http://example.org",
        "10:30",
        "10:",
        "The problem is:",
        "A thought:",
        "What I said:",
        "One two three four five:",
        "Is it so?:",
        "x" * 41 + ":",
        "(laughs):",
    ],
)
def test_prose_with_a_colon_is_no_label_however_often_it_recurs(opening: str) -> None:
    text = f"S01: first\n{opening} a\n{opening} b"
    assert read(text, PEOPLE) == [("S01", "participant", f"first\n{opening} a\n{opening} b")]


def test_a_colon_inside_a_sentence_is_no_label() -> None:
    text = "S01: I said INT: no, and S01: yes\nINT:no space"
    assert read(text, PEOPLE) == [
        ("S01", "participant", "I said INT: no, and S01: yes\nINT:no space")
    ]


def test_lines_before_the_first_label_are_paragraphs() -> None:
    text = "\n  Interview 3 \nin May\n\nINT: Go.\nOn."
    assert parse_turns(text) == [
        TurnSpan(3, 3, 14, "", "text"),
        TurnSpan(16, 16, 22, "", "text"),
        TurnSpan(24, 29, 36, "INT", "interviewer"),
    ]


def test_a_text_without_labels_has_one_turn_per_line() -> None:
    assert read("One.\n\nTwo: three.\n") == [("", "text", "One."), ("", "text", "Two: three.")]


def test_a_label_without_text_is_a_blank_turn() -> None:
    assert parse_turns("INT:\nS01:  \n\nS01:\nyes", PEOPLE) == [
        TurnSpan(0, 4, 4, "INT", "interviewer"),
        TurnSpan(5, 9, 9, "S01", "participant"),
        TurnSpan(13, 18, 21, "S01", "participant"),
    ]


def test_nothing_said_is_no_turn() -> None:
    assert parse_turns("") == []
    assert parse_turns(" \n\t\n") == []


def test_words_per_turn_leave_labels_out() -> None:
    text = "Top line\nINT: one two\nS01:\nS01: Zoë's three-fold, yes"
    turns = parse_turns(text, PEOPLE)
    words = word_spans(text, label_intervals(turns))
    assert words_per_turn(words, turns).tolist() == [2, 2, 0, 3]
    assert words_per_turn(word_spans(""), []).tolist() == []


@pytest.mark.parametrize(
    ("label", "generic"),
    [("Respondent", True), ("p", True), ("B1", True), ("Participant 2", True), ("Dan", False)],
)
def test_generic_labels(label: str, generic: bool) -> None:
    assert is_generic_label(label) is generic


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            ["INT: a", "S01:", "S01: b c", "Maya: d", " Zoë :\te", "Note: f", "", "  ", "plain g"]
        ),
        st.text(alphabet="aI:S01 \t\u2028\u00a0é😀", max_size=12),
    ),
    max_size=12,
)


@given(LINES)
def test_turns_are_ordered_disjoint_and_cover_all_but_white_space(lines: list[str]) -> None:
    text = "\n".join(lines)
    turns = parse_turns(text, PEOPLE)
    covered = set()
    previous = 0
    for turn in turns:
        assert previous <= turn.start <= turn.body_start <= turn.end
        assert turn.end > turn.start
        assert not text[turn.start].isspace()
        assert not text[turn.end - 1].isspace()
        assert text[turn.start :].startswith(turn.speaker)
        assert (turn.role == "text") == (turn.speaker == "")
        if turn.body_start < turn.end:
            assert not text[turn.body_start].isspace()
        covered.update(range(turn.start, turn.end))
        previous = turn.end
    missed = "".join(char for at, char in enumerate(text) if at not in covered)
    assert missed.strip() == ""


@pytest.mark.parametrize(
    "text",
    [
        "INT: why\nS01: because of it\n" * 170_000,
        "word " * 1_000_000,
        "S01: a" + " " * 5_000_000 + "b",
        "a:" * 2_500_000,
        " " * 2_500_000 + ":" + " " * 2_500_000 + "b",
    ],
    ids=["short turns", "one line", "white space", "colons", "late colon"],
)
def test_five_megabytes_of_anything_are_read(text: str) -> None:
    assert parse_turns(text, PEOPLE)
