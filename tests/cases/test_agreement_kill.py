"""A real worker, killed with -9 while it counts a round: what was counted is kept."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects.test_jobs_kill import Study

pytestmark = pytest.mark.sqlite_only

SOURCES = 250
SET_UP = f"""
from cases import tasks
from projects import jobs
from projects.access import resolve
from projects.models import Project
from tests import factories
from tests.cases import rounds
cast = factories.cast()
gains = factories.code(cast.alder, "Gains")
held = rounds.opened(cast.alder, unit="sentence")
cora, cody = (cast.access(name).membership for name in ("cora", "cody"))
for n in range({SOURCES}):
    source = rounds.ten_turns(cast.alder, f"S{{n}}")
    rounds.share(held, source, cora, rounds.in_turns(gains, 0, 1))
    rounds.share(held, source, cody, rounds.in_turns(gains, 1, 2))
params = {{"round": held.pk, "unit": "sentence", "query": ""}}
jobs.create(cast.access("cora"), kind="agreement", params=params)
"""


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(tmp_path)
    yield study
    study.stop()


def test_counting_that_is_killed_goes_on_where_it_was(study: Study) -> None:
    study.run("manage.py", "shell", "-c", SET_UP)
    (job,) = study.query("SELECT id FROM projects_job WHERE kind = 'agreement'")[0]

    def count() -> int:
        return int(study.query("SELECT count(*) FROM coding_agreementcount")[0][0])

    first = study.start_worker()
    study.wait("a few sources", lambda: count() >= 3, seconds=60)
    first.kill()
    assert first.wait(10) == -signal.SIGKILL
    before = dict(study.query("SELECT source_id, id FROM coding_agreementcount"))
    assert 3 <= len(before) < SOURCES
    assert study.job(job)["state"] == "running"

    study.start_worker()
    study.wait("the end", lambda: study.job(job)["state"] == "done", seconds=120)
    assert study.job(job)["attempts"] == 2
    after = dict(study.query("SELECT source_id, id FROM coding_agreementcount"))
    assert len(after) == SOURCES
    # What the first worker had counted was not counted again.
    assert {source: after[source] for source in before} == before
    (progress,) = study.query("SELECT progress_total FROM projects_job WHERE id = ?", job)
    assert progress == (SOURCES - len(before),)
