"""Counting and normalising codes: ``count`` makes the tables, ``value`` reads one cell,
``drill_down`` lists what is behind it and ``cell_state`` says what an empty cell means.
"""

from cases.core.counting.drill import (
    Entry,
    Segment,
    by_coding,
    by_document,
    by_participant,
    by_turn,
    drill_down,
    segments,
)
from cases.core.counting.measures import (
    DEFAULT_UNIT,
    UNITS,
    Measure,
    Unit,
    column_share,
    layer_in_words,
    row_share,
    value,
)
from cases.core.counting.model import Codings, Column, Counts, Row, Rule
from cases.core.counting.states import CellState, cell_state
from cases.core.counting.tally import count
from cases.core.counting.text import (
    INTERVIEWER,
    NOBODY,
    OBSERVER,
    PARTICIPANT,
    TEXT,
    SourceText,
    StudyText,
)

__all__ = [
    "DEFAULT_UNIT",
    "INTERVIEWER",
    "NOBODY",
    "OBSERVER",
    "PARTICIPANT",
    "TEXT",
    "UNITS",
    "CellState",
    "Codings",
    "Column",
    "Counts",
    "Entry",
    "Measure",
    "Row",
    "Rule",
    "Segment",
    "SourceText",
    "StudyText",
    "Unit",
    "by_coding",
    "by_document",
    "by_participant",
    "by_turn",
    "cell_state",
    "column_share",
    "count",
    "drill_down",
    "layer_in_words",
    "row_share",
    "segments",
    "value",
]
