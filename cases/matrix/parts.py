"""The pieces of a table: its rows, its columns and its cells."""

from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _

from cases.core.counting import (
    UNITS,
    CellState,
)
from coding.queries import CodeNode


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A line of the table: a case, all cases together, or the sources without a case."""

    id: int
    key: str
    name: str
    documents: int
    documents_coded: int
    words: int
    withheld: int


@dataclass(frozen=True, slots=True)
class MatrixCell:
    row: MatrixRow
    node: CodeNode
    state: CellState
    heat: int = 0
    query: str = ""
    ends_group: bool = False

    @property
    def value(self) -> float | int | None:
        return self.state.measure.value

    @property
    def empty_kind(self) -> str:
        return self.state.state.replace("_", "-")

    @property
    def spoken(self) -> str:
        """The cell in words, for those who do not see the table around it."""
        unit = UNITS[self.state.measure.unit]
        value = formats.number_format(self.value or 0, decimal_pos=2 if unit.is_rate else 0)
        return _("%(row)s, %(code)s: %(value)s %(unit)s") % {
            "row": self.row.name,
            "code": self.node.code.name,
            "value": value,
            "unit": unit.label,
        }


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """A column's place in the two-line head."""

    node: CodeNode
    in_group: bool
    starts_group: bool
    ends_group: bool
