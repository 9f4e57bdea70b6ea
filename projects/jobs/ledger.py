"""The rows: make, claim, beat, finish, cancel, sweep. Every change is one guarded UPDATE.

Times are those of the machine that writes; machines that share a database must agree within a few
seconds (NTP), because a heartbeat older than ``JOB_STALE_SECONDS`` means a dead runner.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.access import Access
from projects.jobs.registry import UnknownKind, kind_of
from projects.models import Job, JobStep, User

# With a long queue every waiting job would look like a lost bell; ringing for the oldest few is
# enough to keep the workers busy, and does not flood the broker.
BELLS_PER_SWEEP = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """A runner's signature under a job."""

    job_id: int
    token: str
    attempt: int


def create(
    access: Access | None,
    *,
    kind: str,
    params: dict[str, Any] | None = None,
    upload: File[bytes] | None = None,
    upload_name: str = "",
    created_by: User | None = None,
) -> Job:
    """Write down a job. The edge rings the bell afterwards (``projects.tasks.enqueue``).

    ``access`` None is for work that belongs to no project yet (``created_by`` says whose it is) or
    to nobody (upkeep).
    """
    right = kind_of(kind).right
    if access is not None and right is not None:
        access.require(right)
    return Job.objects.create(
        project=access.project if access else None,
        created_by=access.user if access else created_by,
        kind=kind,
        params=params or {},
        upload=upload,
        upload_name=upload_name[:255],
    )


def request_cancel(access: Access, job: Job) -> bool:
    """Ask a job to stop. False: it had already ended.

    A waiting job is cancelled at once; a running one at its next look.
    """
    _require_own_or_lead(access, job)
    now = timezone.now()
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, finished_at=now, cancel_requested_at=now, message=_("Cancelled.")
    )
    if waiting:
        return True
    return bool(
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            cancel_requested_at=Coalesce(F("cancel_requested_at"), now)
        )
    )


def request_retry(access: Access, job: Job) -> bool:
    """Put a failed or cancelled job back into the queue. False: it is waiting, running or done."""
    _require_own_or_lead(access, job)
    right = kind_of(job.kind).right
    if right is not None:
        access.require(right)
    return bool(
        Job.objects.filter(pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED]).update(
            state=Job.State.QUEUED,
            attempts=0,
            claimed_by="",
            heartbeat_at=None,
            started_at=None,
            finished_at=None,
            cancel_requested_at=None,
            message="",
            problems=[],
            phase="",
            progress_done=0,
            progress_total=0,
        )
    )


def _require_own_or_lead(access: Access, job: Job) -> None:
    if job.project_id != access.project.pk:
        raise Http404
    if job.created_by_id != access.user.pk and not access.may["edit_project"]:
        raise PermissionDenied(_("Only who started this, a lead or an owner may do that."))


def claim(job_id: int) -> Claim | None:
    """Sign a waiting job, or one whose runner has fallen silent. None: it is not to be had."""
    now = timezone.now()
    token = uuid.uuid4().hex
    signed = (
        Job.objects.filter(_waiting() | _silent(now), pk=job_id)
        .filter(cancel_requested_at__isnull=True, attempts__lt=settings.JOB_ATTEMPTS)
        .update(
            state=Job.State.RUNNING,
            claimed_by=token,
            attempts=F("attempts") + 1,
            heartbeat_at=now,
            started_at=Coalesce(F("started_at"), now),
        )
    )
    if not signed:
        return None
    attempt = Job.objects.values_list("attempts", flat=True).get(pk=job_id)
    return Claim(job_id=job_id, token=token, attempt=attempt)


def beat(held: Claim, **fields: Any) -> tuple[bool, bool]:
    """Say that the runner lives, and note its progress.

    Returns (still ours, cancel requested).
    """
    ours = _held(held).update(heartbeat_at=timezone.now(), **fields)
    if not ours:
        return False, False
    return True, is_cancel_requested(held.job_id)


def is_cancel_requested(job_id: int) -> bool:
    return Job.objects.filter(pk=job_id, cancel_requested_at__isnull=False).exists()


def finish(held: Claim, state: str, **fields: Any) -> bool:
    """End a job, once. False: the claim is lost, or the job has already ended."""
    now = timezone.now()
    return bool(_held(held).update(state=state, finished_at=now, heartbeat_at=now, **fields))


def finish_unless_cancelled(held: Claim, **fields: Any) -> bool:
    """Mark a job done inside the handler's transaction; a cancel that came first wins."""
    now = timezone.now()
    return bool(
        _held(held)
        .filter(cancel_requested_at__isnull=True)
        .update(state=Job.State.DONE, finished_at=now, heartbeat_at=now, **fields)
    )


def was_finished_by(held: Claim) -> bool:
    return Job.objects.filter(pk=held.job_id, claimed_by=held.token, state=Job.State.DONE).exists()


def release(held: Claim, *, counts: bool) -> bool:
    """Give a job back unfinished. ``counts``: the attempt counts as one of the few it has."""
    fields: dict[str, Any] = {} if counts else {"attempts": F("attempts") - 1}
    return bool(
        _held(held).update(state=Job.State.QUEUED, claimed_by="", heartbeat_at=None, **fields)
    )


def _held(held: Claim) -> Any:
    return Job.objects.filter(pk=held.job_id, claimed_by=held.token, state=Job.State.RUNNING)


def _waiting() -> Q:
    return Q(state=Job.State.QUEUED)


def _silent(now: datetime) -> Q:
    limit = now - timedelta(seconds=settings.JOB_STALE_SECONDS)
    return Q(state=Job.State.RUNNING, heartbeat_at__lt=limit)


def sweep(*, bell_after: float | None = None) -> list[tuple[int, str]]:
    """Put the ledger right and return the (job, queue) pairs whose bell must ring again.

    Jobs whose runner has fallen silent go back into the queue, or end if they were to be cancelled
    or have used up their attempts. Jobs that have waited ``bell_after`` seconds
    (``JOB_BELL_SECONDS``) since their last bell are rung for again. Any number of processes may
    sweep at once.
    """
    now = timezone.now()
    silent = Job.objects.filter(_silent(now))
    silent.filter(cancel_requested_at__isnull=False).update(
        state=Job.State.CANCELLED, finished_at=now, message=_("Cancelled.")
    )
    Job.objects.filter(_waiting() | _silent(now), attempts__gte=settings.JOB_ATTEMPTS).update(
        state=Job.State.FAILED, finished_at=now, message=given_up_message()
    )
    silent.update(state=Job.State.QUEUED, claimed_by="", heartbeat_at=None)

    seconds = settings.JOB_BELL_SECONDS if bell_after is None else bell_after
    # For a waiting job the heartbeat is the time of its last bell.
    quiet = Coalesce(F("heartbeat_at"), F("created_at"))
    unheard = (
        Job.objects.filter(state=Job.State.QUEUED)
        .annotate(quiet_since=quiet)
        .filter(
            Q(quiet_since__lte=now - timedelta(seconds=seconds))
            | Q(attempts__gt=0, heartbeat_at__isnull=True)
        )
        .order_by("pk")
        .values_list("pk", "kind", "heartbeat_at")[:BELLS_PER_SWEEP]
    )
    bells = []
    for job_id, kind, rung_at in list(unheard):
        # Only the sweep that finds the last bell unchanged rings the next one.
        last_bell = Q(heartbeat_at__isnull=True) if rung_at is None else Q(heartbeat_at=rung_at)
        if Job.objects.filter(last_bell, _waiting(), pk=job_id).update(heartbeat_at=now):
            bells.append((job_id, _queue(kind)))
    return bells


def given_up_message() -> str:
    return _(
        "The work stopped unexpectedly %(times)d times and was given up. You can start it again."
    ) % {"times": settings.JOB_ATTEMPTS}


def _queue(kind: str) -> str:
    try:
        return kind_of(kind).queue
    except UnknownKind:
        # Whoever picks it up will fail it with a sentence.
        return "interactive"


def plan_steps(job_id: int, plan: list[dict[str, Any]]) -> list[JobStep]:
    """The steps of a job, written down on its first attempt and found again on later ones."""
    with transaction.atomic():
        steps = list(JobStep.objects.filter(job_id=job_id).order_by("ordinal"))
        if not steps:
            JobStep.objects.bulk_create(
                JobStep(job_id=job_id, ordinal=ordinal, params=params)
                for ordinal, params in enumerate(plan)
            )
            steps = list(JobStep.objects.filter(job_id=job_id).order_by("ordinal"))
    return steps
