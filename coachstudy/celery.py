"""The Celery application: configured by the ``CELERY_`` names in the settings."""

import logging
import os
import threading
import time
import warnings
from typing import Any

from celery import Celery
from celery.signals import after_task_publish, beat_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from coachstudy.broker import use_in_place_of_kombus
from coachstudy.healthcheck import BEAT_FILE
from coachstudy.processes import SUPERVISOR, follow_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachstudy.settings")
use_in_place_of_kombus()
if SUPERVISOR in os.environ:
    # `manage.py serve` is started by whoever owns the data; Celery's advice is for servers.
    warnings.filterwarnings("ignore", message=".*superuser privileges")

logger = logging.getLogger(__name__)
app = Celery("coachstudy")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def _start(**_: Any) -> None:
    """Pick up what was left lying, and go on sweeping where no beat process does."""
    follow_supervisor()
    threading.Thread(target=_sweep, args=(settings.JOB_SWEEP_IN_WORKER,), daemon=True).start()


@worker_shutting_down.connect
def _stop(**_: Any) -> None:
    """Running jobs give themselves back (in a pool of threads; other pools finish theirs)."""
    from projects.jobs import stop_running_jobs  # noqa: PLC0415  (as below)

    stop_running_jobs()


@beat_init.connect
def _beat(**_: Any) -> None:
    after_task_publish.connect(_sent)


def _sent(**_: Any) -> None:
    """In the beat process: something has gone out, so it is well."""
    BEAT_FILE.touch()


def _sweep(forever: bool) -> None:
    # Models exist only once Django is set up.
    from projects.services import uploads  # noqa: PLC0415
    from projects.tasks import ring_all  # noqa: PLC0415

    bell_after: float | None = 0
    while True:
        try:
            ring_all(bell_after=bell_after)
            bell_after = None
            uploads.drop_old()
        except DatabaseError as trouble:
            # It will be back, or somebody will notice more than this.
            logger.warning("no sweep: %s", type(trouble).__name__)
        close_old_connections()
        if not forever:
            return
        time.sleep(settings.JOB_SWEEP_SECONDS)
