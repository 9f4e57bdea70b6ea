"""A real worker, killed with -9 in the middle of importing transcripts: no file comes twice."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects.test_jobs_kill import Study

pytestmark = pytest.mark.sqlite_only

FILES = 60
# A project, its owner, an upload of small transcripts that is checked, and a waiting import.
SET_UP = f"""
import uuid
from django.core.files.uploadedfile import SimpleUploadedFile
from cases import batches, tasks
from cases.services.transcripts import packed
from projects import jobs
from projects.access import resolve
from projects.models import Membership, Project, User
user = User.objects.create_user("ruth@example.org", "a-long-password", display_name="Ruth")
project = Project.objects.create(title="Alder")
Membership.objects.create(project=project, user=user, label="Ruth", role="owner")
access = resolve(user, project.pk)
files = [
    SimpleUploadedFile(f"{{n}}.txt", f"INT: Question {{n}}?\\nP1: Answer.\\nP1: Yes.\\n".encode())
    for n in range({FILES})
]
given = batches.given(kind="interview", cases=[], new_case="North", merge=True, keep_times=True)
with packed(files) as (bundle, index):
    params = {{"files": index, "given": given}}
    check = jobs.create(access, kind=batches.CHECK, params=params, upload=bundle)
assert jobs.execute(check.pk) == "done"
steps = [line.id for line in batches.files(access, check)]
params = {{"check": check.pk, "batch": str(uuid.uuid4()), "steps": steps}}
jobs.create(access, kind=batches.IMPORT, params=params)
"""


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(tmp_path)
    yield study
    study.stop()


def test_an_import_of_transcripts_that_is_killed_is_finished_and_nothing_comes_twice(
    study: Study,
) -> None:
    study.run("manage.py", "shell", "-c", SET_UP)
    (job,) = study.query("SELECT id FROM projects_job WHERE kind = 'transcripts_import'")[0]

    def count(sql: str) -> int:
        return int(study.query(sql)[0][0])

    sources = "SELECT count(*) FROM coding_source"
    first = study.start_worker()
    study.wait("a few sources", lambda: count(sources) >= 5, seconds=60)
    first.kill()
    assert first.wait(10) == -signal.SIGKILL
    before = count(sources)
    assert 5 <= before < FILES
    assert study.job(job)["state"] == "running"
    # What is stored and what is marked as done are the same files.
    done = "SELECT count(*) FROM projects_jobstep WHERE state = 'done' AND job_id = ?"
    assert study.query(done, job) == [(before,)]

    study.start_worker()
    study.wait("the end", lambda: study.job(job)["state"] == "done", seconds=120)
    assert study.job(job)["attempts"] == 2
    assert count(sources) == count("SELECT count(DISTINCT text_sha256) FROM coding_source") == FILES
    assert count("SELECT count(*) FROM cases_case") == 1
    assert count("SELECT count(*) FROM cases_casesource") == FILES
    events = dict(study.query("SELECT verb, count(*) FROM projects_event GROUP BY verb"))
    assert events == {"transcripts.imported": 1, "case.imported": 1, "source.imported": FILES}
    attempts = dict(
        study.query(
            "SELECT attempts, count(*) FROM projects_jobstep WHERE job_id = ? GROUP BY attempts",
            job,
        )
    )
    assert attempts == {1: before, 2: FILES - before}
    # All is dealt with: neither the upload nor a file that the killed worker had open is left.
    assert [path for path in (study.folder / "media").rglob("*") if path.is_file()] == []
