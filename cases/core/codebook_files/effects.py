"""What comparing a file with a codebook works with, and what it finds."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from cases.core.codebook_files.rows import Row, Value
from cases.core.study_folder import Problem

# A place in the tree: the guid of a code that is there, the number of a row that is new.
Place = str | int


@dataclass(frozen=True, slots=True)
class Known:
    """A code of the project. ``parent`` is a guid; ``values`` has every field of ``SAYABLE``."""

    guid: str
    key: str
    name: str
    parent: str | None
    values: Mapping[str, Value]
    retired: bool = False
    removed: bool = False
    # The name of the code into which it was merged: nothing lies below it any more.
    merged_into: str = ""


@dataclass(frozen=True, slots=True)
class New:
    row: Row
    parent: Place | None
    parent_name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field that changes; ``old`` and ``new`` as a person reads them, ``value`` as stored."""

    name: str
    label: str
    old: str
    new: str
    value: Value | Place | None


@dataclass(frozen=True, slots=True)
class Changed:
    guid: str
    key: str
    name: str
    row: int
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Plan:
    """``new`` has parents before their children, else the order of the file."""

    new: list[New]
    changed: list[Changed]
    unchanged: int
    conflicts: list[Problem]
    notes: list[str]
    digest: str


@dataclass(slots=True)
class State:
    """Where each row goes, while it is being found out."""

    rows: dict[int, Row]
    known: dict[str, Known]
    file: str
    # What a row stands for: the guid of a code that is there, or its own number.
    identity: dict[int, Place] = field(default_factory=dict)
    parent: dict[int, Place | None] = field(default_factory=dict)
    faults: dict[int, Problem] = field(default_factory=dict)
    # Names of new codes that are there in another place too.
    elsewhere: list[str] = field(default_factory=list)

    def fault(self, number: int, column: str | None, message: str) -> None:
        self.faults.setdefault(number, Problem(self.file, number, column, message))


def called(state: State, place: Place | None) -> str:
    if place is None:
        return ""
    return state.rows[place].name if isinstance(place, int) else state.known[place].name


def folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
