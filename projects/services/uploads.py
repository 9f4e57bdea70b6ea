"""Uploaded files hold participants' words: they go when they have done their work, or grow old."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from projects.models import Job


def drop(job: Job) -> None:
    """Delete the uploaded file of a job; the row stays, with the file's name."""
    if job.upload:
        job.upload.delete(save=False)
        Job.objects.filter(pk=job.pk).update(upload="")


def drop_old() -> int:
    """Delete the files of jobs older than UPLOAD_DAYS that nobody has come back to."""
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
