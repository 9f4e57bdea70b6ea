"""The case × code matrix: what was asked for, the table as seen, and the list behind a cell.

The address is the specification: the same address always asks for the same table. Page, drill-down
and every export are made from the one ``Matrix`` built here, so they cannot disagree.
"""

from cases.matrix.building import build, shown_codes
from cases.matrix.parts import MatrixCell, MatrixColumn, MatrixRow
from cases.matrix.spec import LAYERS, MatrixSpec, read_spec
from cases.matrix.table import ALL_CASES, NO_CASE, Matrix

__all__ = [
    "ALL_CASES",
    "LAYERS",
    "NO_CASE",
    "Matrix",
    "MatrixCell",
    "MatrixColumn",
    "MatrixRow",
    "MatrixSpec",
    "build",
    "read_spec",
    "shown_codes",
]
