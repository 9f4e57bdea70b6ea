"""Uploaded files hold participants' words: they go when they have done their work, or grow old."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from projects.models import Job, JobStep

# Where the result of a step keeps words out of the upload: they go with it.
SAID = "said"
WORKING = ".reading"


def working_file(upload_of: Job, worker: Job) -> Path:
    """A place beside the upload for one file out of it, while ``worker`` reads it.

    Named after both, so that another attempt writes over what a killed one left, and ``drop``
    finds it.
    """
    return Path(f"{upload_of.upload.path}.{worker.pk}{WORKING}")


def drop_working_files(upload: Path) -> None:
    """Delete what a killed worker left beside an upload."""
    for left in upload.parent.glob(f"{upload.name}.*{WORKING}"):
        left.unlink(missing_ok=True)


def drop(job: Job) -> None:
    """Delete the uploaded file of a job with what its steps show of it; the rows stay."""
    if not job.upload:
        return
    drop_working_files(Path(job.upload.path))
    # The file first: if the machine goes off in between, the row still says that it has one.
    job.upload.delete(save=False)
    with transaction.atomic():
        steps = list(JobStep.objects.select_for_update().filter(job=job, result__has_key=SAID))
        for step in steps:
            del step.result[SAID]
        JobStep.objects.bulk_update(steps, ["result"], batch_size=100)
        Job.objects.filter(pk=job.pk).update(upload="")


def drop_old() -> int:
    """Delete the files of jobs older than UPLOAD_DAYS that nobody has come back to.

    And working files that a killed worker left and no other has written over.
    """
    hour_ago = timezone.now().timestamp() - 3600
    for left in Path(settings.MEDIA_ROOT, "uploads").glob(f"*{WORKING}"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < hour_ago:
                left.unlink()
    limit = timezone.now() - timedelta(days=settings.UPLOAD_DAYS)
    old = (
        Job.objects.filter(created_at__lt=limit)
        .exclude(upload="")
        .exclude(state__in=Job.OPEN_STATES)
    )
    dropped = 0
    for job in old:
        drop(job)
        dropped += 1
    return dropped
