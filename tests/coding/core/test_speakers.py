"""How labels are compared, and what is suggested for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.speakers import (
    MAX_LABEL,
    Person,
    default_role,
    exactly,
    fold,
    means_anybody,
    staff_role,
    suggest,
)

PEOPLE = [
    Person(1, ("S01", "Rosa")),
    Person(2, ("S02", "Devin")),
    Person(3, ("S03", "Marguerite", "Ingrid Vestergaard")),
    Person(4, ("R1", "Ruth"), "interviewer"),
]


@given(st.text())
def test_folding_twice_changes_nothing_and_fits_the_column(label: str) -> None:
    once = fold(label)
    assert fold(once) == once or len(once) == MAX_LABEL
    assert len(once) <= MAX_LABEL
    assert once == once.strip()


def test_labels_are_the_same_in_any_case_spacing_and_composition() -> None:
    assert fold("  José   GARCÍA ") == fold("Jose\u0301 garci\u0301a") == "josé garcía"


@pytest.mark.parametrize(
    "label",
    [
        "Speaker 1",
        "SPEAKER_00",
        "B1",
        "Respondent",
        "P",
        "Sprecher 2",
        "A",
        "7",
        "Unknown",
        "Spk_1",
    ],
)
def test_labels_that_mean_somebody_else_in_each_source(label: str) -> None:
    assert means_anybody(label)


@pytest.mark.parametrize("label", ["Rosa", "Coach Miller", "S01", "Marguerite", "Al"])
def test_labels_that_name_somebody(label: str) -> None:
    assert not means_anybody(label)


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("INT", "interviewer"),
        ("Interviewer 1", "interviewer"),
        ("I", "interviewer"),
        ("int.", "interviewer"),
        ("OBS", "observer"),
        ("Rosa", "participant"),
        ("Respondent", "participant"),
    ],
)
def test_the_role_that_a_label_says_itself(label: str, role: str) -> None:
    assert default_role(label) == role


def test_staff_is_known_by_its_role_in_the_study() -> None:
    assert [staff_role(r) for r in ("Moderator", "observer", "coach", "")] == [
        "interviewer",
        "observer",
        "participant",
        "participant",
    ]


def test_an_id_wins_over_another_persons_pseudonym() -> None:
    people = [Person(1, ("A", "B")), Person(2, ("B", "C"))]
    assert {label: person.id for label, person in exactly(people).items()} == {
        "a": 1,
        "b": 2,
        "c": 2,
    }


def test_a_pseudonym_of_two_people_is_nobodys() -> None:
    assert set(exactly([Person(1, ("A", "Kim")), Person(2, ("B", "kim"))])) == {"a", "b"}


def test_a_real_name_is_no_exact_match() -> None:
    assert "ingrid vestergaard" not in exactly(PEOPLE)


@pytest.mark.parametrize(
    ("label", "person"),
    [
        ("s01", 1),
        ("S-1", 1),
        ("S 02", 2),
        ("Margueritte", 3),
        ("Ingrid", 3),
        ("VESTERGAARD", 3),
        ("S04", None),
        ("S1", 1),
        ("Speaker 1", None),
        ("Ros", None),
        ("Mr Smith", None),
    ],
)
def test_who_is_suggested(label: str, person: int | None) -> None:
    found = suggest(label, PEOPLE)
    assert (found.person if found else None) == person
    if found:
        assert found.role == "participant"


@pytest.mark.parametrize("label", ["Interviewer 1", "INT", "I", "Interviewr", "Int-2", "Ruth"])
def test_staff_is_suggested_as_a_role_and_not_as_a_person(label: str) -> None:
    found = suggest(label, PEOPLE)
    assert found is not None
    assert (found.role, found.person) == ("interviewer", None)


def test_of_two_that_fit_equally_well_neither_is_suggested() -> None:
    assert suggest("Anna", [Person(1, ("A", "Anna Berg")), Person(2, ("B", "Anna Holm"))]) is None


@given(st.integers(1, 99), st.integers(1, 99))
def test_numbers_are_never_nearly_right(one: int, other: int) -> None:
    people = [Person(1, (f"S{one:02}", ""))]
    found = suggest(f"S{other}", people)
    assert (found is not None) == (one == other)
