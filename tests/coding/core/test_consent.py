"""The one rule about quoting."""

import pytest

from coding.core.consent import NOBODY, REFUSED, UNKNOWN, refused, why_not_quoted


@pytest.mark.parametrize(
    ("consents", "marked"),
    [([], False), ([None], False), ([True], False), ([False], True), ([True, None, False], True)],
)
def test_a_passage_is_marked_where_somebody_has_said_no(
    consents: list[bool | None], marked: bool
) -> None:
    assert refused(consents) is marked


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        ([], ""),
        ([("participant", True, True)], ""),
        ([("participant", True, None)], UNKNOWN),
        ([("participant", True, False)], REFUSED),
        ([("participant", False, None)], NOBODY),
        ([("interviewer", False, None), ("participant", True, True)], ""),
        ([("observer", False, None)], ""),
        ([("text", False, None)], ""),
        ([("participant", True, True), ("participant", True, None)], UNKNOWN),
        ([("participant", True, None), ("participant", True, False)], REFUSED),
        ([("participant", False, None), ("participant", True, None)], UNKNOWN),
    ],
)
def test_words_leave_the_team_only_with_a_yes(
    turns: list[tuple[str, bool, bool | None]], why: str
) -> None:
    assert why_not_quoted(turns) == why
