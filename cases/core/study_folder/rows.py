"""What a study folder holds, as plain data, and what was wrong with it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from coding.core.speakers import staff_role
from coding.core.text import NormalisedText
from coding.core.turns import TurnSpan


class Cancelled(Exception):  # noqa: N818
    """The person who started the reading has stopped it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a study folder is refused.

    ``row`` is the record in the file as a spreadsheet numbers it: 1 is the header. ``row`` and
    ``column`` are None where the whole file is meant; ``value`` is what stood there.
    """

    file: str
    row: int | None
    column: str | None
    message: str
    value: str | None = None

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class CaseRow:
    """``values``: attribute -> cell as written; an empty cell is absent."""

    key: str
    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """``consent_*``: None means that the file says nothing, which is not a yes."""

    key: str
    case: str | None = None
    pseudonym: str = ""
    role: str = ""
    consent_use: bool | None = None
    consent_quote: bool | None = None
    consent_archive: bool | None = None
    consent_network: bool | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def turn_role(self) -> str:
        """The role of this person's turns: participant, interviewer or observer."""
        return staff_role(self.role)


@dataclass(frozen=True, slots=True, eq=False)
class DocumentRow:
    """One document with its text, turns and words.

    ``file`` is its name in the folder, from which the original bytes (``sha256``, ``size``) can
    be read again. ``speakers`` maps the labels of turns, as written, to participant keys.
    ``words`` has shape (n, 2): start and end of each word outside speaker labels.
    """

    key: str
    cases: tuple[str, ...]
    kind: str
    participant: str | None
    date: date | None
    title: str
    file: str
    text: NormalisedText
    sha256: str
    size: int
    turns: tuple[TurnSpan, ...]
    speakers: Mapping[str, str]
    words: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class CodeRow:
    key: str
    name: str
    parent: str | None = None
    definition: str = ""


@dataclass(frozen=True, slots=True)
class CodingRow:
    """``text`` is the quotation that was checked, "" when the file gave none; ``key`` likewise."""

    key: str
    doc: str
    code: str
    coder: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class VariableRow:
    """An attribute: ``target`` is case or participant; ``kind`` number, text, boolean or date."""

    target: str
    key: str
    kind: str


@dataclass(frozen=True, slots=True)
class Existing:
    """What the project has already; names in the folder may refer to it.

    ``documents`` maps keys to stored texts and may be lazy: only texts that are coded are looked
    up. ``originals`` and ``texts`` map SHA-256 (hex) of file bytes and of the UTF-8 of stored
    texts to document keys. ``codings`` are (document, code, coder, start, end).
    """

    cases: Mapping[str, CaseRow] = field(default_factory=dict)
    participants: Mapping[str, ParticipantRow] = field(default_factory=dict)
    codes: Mapping[str, CodeRow] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)
    originals: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    codings: Set[tuple[str, str, str, int, int]] = frozenset()
    # What lies in the trash, by "case", "code", "document", "file" or "text", and key or SHA-256.
    trash: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(slots=True)
class StudyPlan:
    """What an import would create, in file order (codes: parents before children).

    ``coders`` maps each coder's label to the number of codings. ``already_there`` lists keys
    that the project has with the same content, under cases, participants and codes; codings it
    has are counted. ``notes`` are sentences that need no action. Nothing may be created unless
    ``ok``.
    """

    cases: list[CaseRow] = field(default_factory=list)
    participants: list[ParticipantRow] = field(default_factory=list)
    documents: list[DocumentRow] = field(default_factory=list)
    codes: list[CodeRow] = field(default_factory=list)
    codings: list[CodingRow] = field(default_factory=list)
    variables: list[VariableRow] = field(default_factory=list)
    coders: dict[str, int] = field(default_factory=dict)
    already_there: dict[str, list[str]] = field(default_factory=dict)
    codings_already_there: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems
