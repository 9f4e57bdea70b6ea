"""Uploads do not stay longer than they are needed."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from projects.models import Job, JobStep
from projects.services import uploads
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def upload(cast: Cast, state: str, days: int) -> Job:
    return Job.objects.create(
        project=cast.alder,
        kind="study_check",
        state=state,
        created_at=timezone.now() - timedelta(days=days),
        upload=ContentFile(b"words", name="study.zip"),
        upload_name="study.zip",
    )


def test_old_uploads_go_and_young_and_open_ones_stay(cast: Cast) -> None:
    old, failed = upload(cast, "done", 8), upload(cast, "failed", 8)
    young, waiting = upload(cast, "done", 6), upload(cast, "queued", 8)
    places = {job: (job.upload.storage, job.upload.name) for job in (old, failed, young, waiting)}
    assert uploads.drop_old() == 2
    for job, (storage, name) in places.items():
        job.refresh_from_db()
        gone = job in (old, failed)
        assert bool(job.upload) is not gone
        assert storage.exists(name) is not gone
        assert job.upload_name == "study.zip"
    assert uploads.drop_old() == 0


def test_what_a_killed_worker_left_goes_after_an_hour(cast: Cast) -> None:
    job = upload(cast, "done", 1)
    old, young = uploads.working_file(job, job), Path(f"{job.upload.path}.7.reading")
    for path in (old, young):
        path.write_text("words")
    hours = timezone.now().timestamp() - 2 * 3600
    os.utime(old, (hours, hours))
    assert uploads.drop_old() == 0
    assert (old.exists(), young.exists()) == (False, True)
    uploads.drop(job)
    assert not young.exists()


def test_what_was_said_goes_with_the_upload_and_figures_stay(cast: Cast) -> None:
    job, other = upload(cast, "done", 1), upload(cast, "done", 1)
    for ordinal, owner in enumerate((job, other)):
        result = {"turns": 3, "said": {"samples": ["words"]}}
        JobStep.objects.create(job=owner, ordinal=ordinal, result=result)
    JobStep.objects.create(job=job, ordinal=9)
    uploads.drop(job)
    assert [step.result for step in job.steps.all()] == [{"turns": 3}, {}]
    assert other.steps.get().result == {"turns": 3, "said": {"samples": ["words"]}}
