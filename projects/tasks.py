"""The bell: tasks carry a job's number, and nothing else."""

import logging
from typing import Any

import kombu.exceptions
from celery import shared_task
from django.db import transaction

from projects.jobs import execute, kind_of, ledger
from projects.models import Job
from projects.services import uploads

logger = logging.getLogger(__name__)


def enqueue(job: Job) -> None:
    """Have a job run once the current transaction is committed. For the edge (views, commands)."""
    job_id, queue = job.pk, kind_of(job.kind).queue
    transaction.on_commit(lambda: ring(job_id, queue))


def ring(job_id: int, queue: str) -> None:
    """Tell the workers that a job waits. If the broker is away, the sweep rings again later."""
    # The request that rings must not hang on a broker that accepts but never confirms.
    options: dict[str, Any] = {"queue": queue, "retry": False, "confirm_timeout": 5}
    try:
        run_job.apply_async(args=(job_id,), **options)
    except (kombu.exceptions.OperationalError, OSError) as trouble:
        logger.warning("job %s waits: the broker is away (%s)", job_id, type(trouble).__name__)


@shared_task(name="projects.run_job")
def run_job(job_id: int) -> None:
    outcome = execute(job_id)
    logger.info("job %s: %s", job_id, outcome)


@shared_task(name="projects.sweep")
def sweep() -> None:
    """Every few seconds: put back what a dead worker held, ring for what nobody has heard of."""
    ring_all()
    uploads.drop_old()


def ring_all(*, bell_after: float | None = None) -> int:
    """Sweep and ring. ``bell_after=0`` at a worker's start: bells rung before it was there."""
    bells = ledger.sweep(bell_after=bell_after)
    for job_id, queue in bells:
        ring(job_id, queue)
    return len(bells)
