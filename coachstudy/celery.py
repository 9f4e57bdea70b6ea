"""The Celery application: configured by the ``CELERY_`` names in the settings."""

import os
import threading
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

from coachstudy.broker import use_in_place_of_kombus
from coachstudy.processes import follow_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachstudy.settings")
use_in_place_of_kombus()

app = Celery("coachstudy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def _start(**_: Any) -> None:
    """Pick up what was left lying, and go on sweeping where no beat process does."""
    from django.conf import settings

    follow_supervisor()
    threading.Thread(target=_sweep, args=(settings.JOB_SWEEP_IN_WORKER,), daemon=True).start()


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    """Running jobs give themselves back (in a pool of threads; other pools finish theirs)."""
    from projects.jobs import stop_running_jobs

    stop_running_jobs()


def _sweep(forever: bool) -> None:
    import logging
    import time

    from django.conf import settings
    from django.db import DatabaseError, close_old_connections

    from projects.tasks import ring_all

    bell_after: float | None = 0
    while True:
        try:
            ring_all(bell_after=bell_after)
            bell_after = None
        except DatabaseError as trouble:
            # It will be back, or somebody will notice more than this.
            logging.getLogger(__name__).warning("no sweep: %s", type(trouble).__name__)
        close_old_connections()
        if not forever:
            return
        time.sleep(settings.JOB_SWEEP_SECONDS)
