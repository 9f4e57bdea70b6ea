"""A file as the layouts see it: lines of text, some of them bold in front, and tables."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from coding.core.transcripts.model import Choices, Limits


@dataclass(slots=True)
class Line:
    """A line of text without line end. The first ``bold`` code points are set in bold."""

    text: str
    bold: int = 0


@dataclass(slots=True)
class Table:
    """The cells of a table, row by row; a cell may hold several lines."""

    rows: list[list[str]]


@dataclass(slots=True)
class Document:
    """What came out of a container ("text", "docx", "odt", "rtf", "pdf")."""

    container: str
    items: list[Line | Table]
    notes: list[str] = field(default_factory=list)
    encoding: str = ""
    title: str = ""
    recorded: date | None = None

    def lines(self) -> list[Line]:
        """All lines; the cells of a table row stand in one line, apart by tabs."""
        return list(self._lines())

    def text(self) -> str:
        return "\n".join(line.text for line in self._lines())

    def _lines(self) -> Iterator[Line]:
        for item in self.items:
            if isinstance(item, Line):
                yield item
            else:
                for row in item.rows:
                    for line in "\t".join(row).split("\n"):
                        yield Line(line)


@dataclass(frozen=True, slots=True)
class Context:
    """What every layout has to know: the name for sentences, the choices and the limits."""

    name: str
    choices: Choices
    limits: Limits
