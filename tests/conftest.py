"""What every test shares: the fixed cast of users and the reference data."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests import factories

# No test asserts a time: speed is measured in bench/.
settings.register_profile("coachstudy", settings(), deadline=None)
settings.load_profile("coachstudy")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository. Without it the tests prove little."""
    folder = Path(os.environ.get("COACHSTUDY_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "study" / "cases.csv").exists():
        pytest.fail(f"The reference data are missing: {folder} (set COACHSTUDY_SHARED).")
    return folder


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """The fixed people: five members of one project, the owner of another, one outsider."""
    return factories.cast()
