"""The rows that agreement is computed from, as one person may see them."""

from dataclasses import dataclass, field
from functools import cached_property

from coding.core import units
from coding.core.agreement import SourceCoding
from coding.models import Round

Rows = list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code that is compared. ``above`` are the codes that it counts for when rolled up, itself
    included."""

    id: int
    key: str
    name: str
    path: str
    colour: int
    heading_only: bool
    top: int
    above: tuple[int, ...]


@dataclass(slots=True)
class Share:
    """What one coder left in one source: rows (code, start, end) in the text of ``version``."""

    coder: int
    version: int
    finished: bool
    passages: Rows = field(default_factory=list)
    earlier: Rows = field(default_factory=list)


@dataclass
class RoundSource:
    """One source of a round. ``why`` is empty where it counts, else says why it does not."""

    id: int
    guid: str
    key: str
    title: str
    version: int
    length: int
    digest: str
    shares: list[Share]
    why: str = ""

    @property
    def finished(self) -> list[Share]:
        return [share for share in self.shares if share.finished]

    @property
    def waiting(self) -> list[int]:
        return [share.coder for share in self.shares if not share.finished]

    @cached_property
    def coding(self) -> SourceCoding:
        """What the finished coders left, in characters."""
        pairs = [(share.coder, share.passages) for share in self.finished]
        return units.from_rows(self.id, self.length, pairs)


@dataclass(slots=True)
class Codes:
    """The codes of a project, and what became of those that were merged."""

    lines: dict[int, CodeLine]
    successor: dict[int, int]
    by_guid: dict[str, int]
    retired: frozenset[int]

    def of(self, code: int) -> int:
        return self.successor.get(code, code)


@dataclass(slots=True)
class Evidence:
    """Everything that the agreement of one round is computed from, seen by one person.

    ``left_out`` says in sentences which sources are not there and why, beside those whose ``why``
    is set.
    """

    round: Round
    sources: list[RoundSource]
    coders: dict[int, str]
    codes: list[CodeLine]
    every: Codes
    merged: list[tuple[str, str]]
    left_out: list[str]

    @property
    def counting(self) -> list[RoundSource]:
        return [source for source in self.sources if not source.why]

    @property
    def passages(self) -> int:
        return sum(len(share.passages) for source in self.counting for share in source.finished)
