"""Whom a speaker label may mean: how labels are compared, and what is suggested for them.

A label is decided by a person. What is suggested here saves typing and is never done by itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from coding.core.turns import (
    DEFAULT_SPEAKER_ROLES,
    INTERVIEWER,
    OBSERVER,
    PARTICIPANT,
    is_generic_label,
)

# As long as the database has room for.
MAX_LABEL = 120
# Roles of people who speak in the sources without being studied -> the role of their turns.
STAFF_ROLES: Mapping[str, str] = {
    "interviewer": INTERVIEWER,
    "researcher": INTERVIEWER,
    "moderator": INTERVIEWER,
    "facilitator": INTERVIEWER,
    "observer": OBSERVER,
}
# Of 100: how like a name a label must be to be suggested, and how far ahead of the next person.
ALIKE = 86.0
AHEAD = 6.0
# Shorter parts of a name are initials; they would fit too many.
SHORTEST_NAME = 3

_NUMBER = re.compile(r"\d+")
_NOT_A_WORD = re.compile(r"[^\w]+|_+")
# What recognition of speech and transcription services call those whom they cannot name.
_MACHINE = re.compile(
    r"(speaker|spk|spkr|voice|person|unknown|sprecher(in)?|locuteur|hablante|unidentified"
    r"|participant|respondent|interviewee|informant|teilnehmer(in)?|male|female|man|woman"
    r"|teacher|coach|student|all|several|group)?[ _\-]*#?[ _\-]*([a-z]|\d{1,3})?"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a label may mean. ``names`` are an id, a pseudonym and whatever else is known.

    ``role`` is that of the person's turns: staff is no participant.
    """

    id: int
    names: tuple[str, ...]
    role: str = PARTICIPANT


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A role, and for a participant the person's id; ``score`` is 100 for equal names."""

    role: str
    person: int | None
    score: float


def fold(label: str) -> str:
    """A label as it is compared: composed letters, single spaces, no upper case."""
    composed = unicodedata.normalize("NFC", " ".join(label.split()))
    return composed.casefold()[:MAX_LABEL]


def staff_role(role: str) -> str:
    """The role of the turns of a person with this role in the study."""
    return STAFF_ROLES.get(role.strip().casefold(), PARTICIPANT)


def means_anybody(label: str) -> bool:
    """Whether a label names a place in one transcript ("Speaker 1", "B1") rather than a person.

    Such a label means different people in different sources.
    """
    folded = fold(label)
    return is_generic_label(folded) or bool(_MACHINE.fullmatch(folded))


def default_role(label: str) -> str:
    """The role of a label that nobody has decided: what its word says, else participant."""
    folded = fold(label).rstrip(".")
    for name in (folded, re.sub(r"[ _\-]?\d{1,2}$", "", folded)):
        if name in DEFAULT_SPEAKER_ROLES:
            return DEFAULT_SPEAKER_ROLES[name]
    return PARTICIPANT


def exactly(people: Iterable[Person]) -> dict[str, Person]:
    """Folded label -> the one person with this id or pseudonym (their first two names).

    An id wins over somebody else's pseudonym; a pseudonym of two people is nobody's.
    """
    keys: dict[str, list[Person]] = {}
    pseudonyms: dict[str, list[Person]] = {}
    for person in people:
        for found, names in ((keys, person.names[:1]), (pseudonyms, person.names[1:2])):
            for name in names:
                if name:
                    found.setdefault(fold(name), []).append(person)
    return {label: rows[0] for label, rows in (pseudonyms | keys).items() if len(rows) == 1}


def suggest(label: str, people: Sequence[Person]) -> Suggestion | None:
    """Whom the label most probably means; None where that is a guess among several, or nobody."""
    person = exactly(people).get(fold(label))
    if person is not None:
        return _of(person, 100.0)
    staff = _staff(label)
    if staff is not None:
        return staff
    scores = sorted(
        ((max((_alike(label, name) for name in p.names if name), default=0.0), p) for p in people),
        key=lambda pair: -pair[0],
    )
    if not scores or scores[0][0] < ALIKE:
        return None
    if len(scores) > 1 and scores[0][0] - scores[1][0] < AHEAD:
        return None
    return _of(scores[0][1], scores[0][0])


def _of(person: Person, score: float) -> Suggestion:
    return Suggestion(person.role, person.id if person.role == PARTICIPANT else None, score)


def _staff(label: str) -> Suggestion | None:
    role = default_role(label)
    if role != PARTICIPANT:
        return Suggestion(role, None, 100.0)
    words = _NUMBER.sub("", _plain(label)).split()
    for word in words[:1]:
        for name, meant in DEFAULT_SPEAKER_ROLES.items():
            if meant != PARTICIPANT and len(name) > 6 and fuzz.ratio(word, name) >= ALIKE:
                return Suggestion(meant, None, float(fuzz.ratio(word, name)))
    return None


def _plain(name: str) -> str:
    """Words and numbers only, numbers without leading noughts: "S-01" and "S 1" are the same."""
    spaced = _NOT_A_WORD.sub(" ", fold(name))
    return " ".join(_NUMBER.sub(lambda m: f" {int(m[0])} ", spaced).split())


def _alike(label: str, name: str) -> float:
    one, other = _plain(label), _plain(name)
    if not one or not other:
        return 0.0
    # A number is never nearly right: S01 is not S02.
    if _NUMBER.findall(one) != _NUMBER.findall(other):
        return 0.0
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return 99.0
    best = float(fuzz.ratio(one, other))
    parts = one.split()
    # "Rosa" for "Rosa Lindgren": the first name, or any part of the name that is one.
    if set(parts) <= set(other.split()) and all(
        len(part) >= SHORTEST_NAME or part.isdigit() for part in parts
    ):
        best = max(best, 92.0)
    return best if len(one) >= SHORTEST_NAME else 0.0
