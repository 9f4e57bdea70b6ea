"""A Celery application with job kinds that only tests need: `celery -A tests.support.worker`."""

import time
from typing import Any

import django
from django.db import transaction

from coachstudy.celery import app

django.setup()

from projects import jobs  # noqa: E402  (models exist only once Django is set up)
from projects.models import Project  # noqa: E402

__all__ = ["app"]


@jobs.job("support_slow")
def slow(run: jobs.JobRun) -> dict[str, Any]:
    """Sleeps for a while, then makes one project: an effect that a second run would double."""
    seconds = float(run.params["seconds"])
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        run.progress(int(1000 * (time.monotonic() - begun)), int(1000 * seconds), "sleeping")
        time.sleep(0.02)
    with transaction.atomic():
        Project.objects.create(title=run.params["title"])
        run.finish_with({"attempt": run.attempt})
    # Long enough that a kill can also fall between the commit and the end of the task.
    time.sleep(float(run.params.get("linger", 0)))
    return {}
