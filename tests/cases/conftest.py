"""The reference study in the database, and reading a matrix by the study's own names."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cases import matrix, queries
from cases.core.archives import open_directory
from cases.core.study_folder import read_study
from cases.matrix import Matrix, MatrixCell, MatrixSpec
from cases.services.importing import import_study
from projects.access import Access
from tests.factories import Cast

Load = Callable[..., dict[str, int]]


@pytest.fixture
def alder(cast: Cast) -> Access:
    return cast.access("olive")


@pytest.fixture
def load() -> Load:
    """Import a folder as it is; the folder must have no problem."""

    def run(
        access: Access, path: Path, coders: Mapping[str, int | None] | None = None
    ) -> dict[str, int]:
        folder = open_directory(path)
        plan = read_study(folder, queries.existing(access))
        assert plan.problems == []
        return import_study(
            access=access, plan=plan, folder=folder, coders=coders or {}, name=path.name
        )

    return run


@pytest.fixture
def study(alder: Access, shared: Path, load: Load) -> Access:
    """The two-district reference study, imported into alder by its owner."""
    load(alder, shared / "study")
    return alder


@pytest.fixture
def cell() -> Callable[[Matrix, str, str], MatrixCell]:
    """A cell of a matrix by the keys of case and code; "" is the line of all cases."""

    def find(table: Matrix, case: str, code: str) -> MatrixCell:
        (line,) = [cells for row, cells in table.table if row.key == case]
        (found,) = [c for c in line if c.node.code.key == code]
        return found

    return find


@pytest.fixture
def build() -> Callable[..., Matrix]:
    def make(access: Access, **spec: Any) -> Matrix:
        return matrix.build(access, MatrixSpec(**spec))

    return make


@pytest.fixture
def same() -> Callable[[Any, Any], bool]:
    """Whole numbers and None exactly, fractions within the last digits of a float."""

    def compare(found: Any, wanted: Any) -> bool:
        if isinstance(found, float) and isinstance(wanted, int | float):
            return math.isclose(found, wanted, rel_tol=1e-12)
        return type(found) is type(wanted) and found == wanted

    return compare
