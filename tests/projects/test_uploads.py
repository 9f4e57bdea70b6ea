"""Uploads do not stay longer than they are needed."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from projects.models import Job
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
