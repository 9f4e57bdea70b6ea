"""What a codebook is to its files: the entries that are written, the rows that are read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.core.study_folder import Problem

Value = str | bool | int

# Limits of a file that is read: rows, characters of a name or id and of a text, levels.
MAX_ROWS = 20_000
MAX_NAME = 200
MAX_TEXT = 30_000
MAX_DEPTH = 20

TEXTS = ("definition", "when_to_use", "when_not_to_use")
# What a file can say about a code beside its name and its place.
SAYABLE = (*TEXTS, "kind", "elicited", "colour", "heading_only")
LABELS = {
    "name": "name",
    "parent": "parent",
    "definition": "definition",
    "when_to_use": "when to use",
    "when_not_to_use": "when not to use",
    "kind": "kind",
    "elicited": "elicited",
    "colour": "colour",
    "heading_only": "heading only",
}
KINDS = {"a_priori": "a priori", "in_vivo": "in vivo", "emergent": "emergent"}

# The colours of codes on a light page, as in static/css/tokens.css; a test holds them together.
PALETTE = (
    "#4f6cc8",
    "#1597be",
    "#471b81",
    "#6b9975",
    "#8f1058",
    "#4c4c04",
    "#ba8305",
    "#995525",
    "#417367",
    "#294f7a",
    "#5c212b",
    "#bf469a",
)
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(,[^)]*)?\)")
# What XML (XLSX, DOCX, REFI-QDA) and the readers of texts cannot hold; tab and line feed are fine.
UNUSABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


class CodebookProblem(ValueError):  # noqa: N818
    """A file that cannot be read as a codebook; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Entry:
    """One code as it is written. ``parent`` and ``merged_into`` are ids (keys) of codes, ``number``
    its place in the tree ("1.2"), ``retired`` the day (ISO) or "", ``passages`` the number of its
    own codings, ``examples`` only what may be quoted, ``unquoted`` how many others there are.
    """

    guid: str
    key: str
    name: str
    parent: str = ""
    path: str = ""
    number: str = ""
    depth: int = 0
    definition: str = ""
    when_to_use: str = ""
    when_not_to_use: str = ""
    kind: str = ""
    elicited: bool = False
    colour: int = 0
    heading_only: bool = False
    retired: str = ""
    merged_into: str = ""
    passages: int = 0
    examples: tuple[str, ...] = ()
    unquoted: int = 0
    # The id is the one that the program would make of the name.
    plain_key: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """A codebook with its stamp: what every file says about where it comes from."""

    title: str
    entries: Sequence[Entry]
    stamp: Sequence[tuple[str, str]]
    made_at: datetime
    software: str


@dataclass(frozen=True, slots=True)
class Row:
    """One code as a file says it. ``number`` is the row of the table, or which code of the file.

    ``parent`` is the text of its cell; None where the file has no such column. Where codes lie
    inside each other, ``nested`` is True and ``above`` the number of the row around it.
    ``values`` holds only what the file says.
    """

    number: int
    name: str
    key: str = ""
    guid: str = ""
    parent: str | None = None
    nested: bool = False
    above: int | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds; rows that cannot be used are among the problems."""

    rows: list[Row]
    problems: list[Problem]
    notes: list[str]


def clean(text: str) -> str:
    """A text as every format can hold it: LF line ends, no control characters, no white edges."""
    return UNUSABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def as_colour(cell: str) -> tuple[int, bool] | None:
    """The colour of ours (0 to 11) nearest to ``#rrggbb``, ``#rgb`` or ``rgb(r, g, b)``, and
    whether it is exactly that one; None for anything else. A number is one of ours, from 0.

    Nearest in red, green and blue, weighted as in "redmean" (CompuPhase, Riemersma).
    """
    text = cell.strip().casefold()
    if text.isdecimal() and len(text) <= 2:
        return (int(text), True) if int(text) < len(PALETTE) else None
    if match := _RGB.fullmatch(text):
        wanted = (int(match[1]), int(match[2]), int(match[3]))
        if max(wanted) > 255:
            return None
    elif match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) > 3 else "".join(c * 2 for c in match[1])
        wanted = _channels(digits)
    else:
        return None
    distances = [_distance(wanted, _channels(colour[1:])) for colour in PALETTE]
    nearest = min(range(len(PALETTE)), key=distances.__getitem__)
    return nearest, distances[nearest] == 0


def _channels(digits: str) -> tuple[int, int, int]:
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _distance(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    mean = (a[0] + b[0]) / 2
    red, green, blue = (x - y for x, y in zip(a, b, strict=True))
    return (2 + mean / 256) * red**2 + 4 * green**2 + (2 + (255 - mean) / 256) * blue**2
