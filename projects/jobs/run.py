"""Running one job: claim, call its handler, keep the heart beating, end it once."""

import logging
import threading
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.access import Access, resolve
from projects.jobs import ledger
from projects.jobs.registry import UnknownKind, kind_of
from projects.models import Job, JobStep

logger = logging.getLogger(__name__)

# Progress is for people to watch; more often than this only costs writes.
WRITE_EVERY_SECONDS = 0.5
# Set when this process is asked to stop: running jobs give themselves back at their next look.
_stopping = threading.Event()


class JobFailed(Exception):  # noqa: N818  (an outcome, not a fault)
    """An expected end: one sentence for the user, and every problem found."""

    def __init__(self, message: str, problems: list[Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems or []


class JobCancelled(Exception):  # noqa: N818
    """Somebody asked for the job to stop."""


class JobInterrupted(Exception):  # noqa: N818
    """The worker is stopping; the job goes back into the queue."""


class ClaimLost(Exception):  # noqa: N818
    """Another runner holds the job now; this one must change nothing any more."""


def stop_running_jobs() -> None:
    """Ask every job running in this process to give itself back."""
    _stopping.set()


class JobRun:
    """What a handler sees of its job."""

    def __init__(self, job: Job, held: ledger.Claim) -> None:
        self.job = job
        self.params: dict[str, Any] = dict(job.params)
        self.attempt = held.attempt
        self._held = held
        self._lock = threading.Lock()
        self._progress: dict[str, Any] = {}
        self._written_at = 0.0
        self._cancel = threading.Event()
        self._lost = threading.Event()

    @property
    def job_id(self) -> int:
        return self._held.job_id

    def access(self) -> Access:
        """The access of the person who asked for the job, decided again now.

        Raises Http404 or PermissionDenied, which end the job with a sentence.
        """
        if self.job.project_id is None:
            raise Http404
        access = resolve(self.job.created_by, self.job.project_id)
        right = kind_of(self.job.kind).right
        if right is not None:
            access.require(right)
        return access

    def progress(self, done: int, total: int | None = None, phase: str | None = None) -> None:
        """Note how far the work is; call it as often as you like.

        Written at each new phase, else at most every half second, and never on the connection of
        an open transaction (nobody could see it there): keep slow work outside transactions.
        Raises JobCancelled, JobInterrupted or ClaimLost when the work is to stop.
        """
        with self._lock:
            self._progress["progress_done"] = done
            if total is not None:
                self._progress["progress_total"] = total
            new_phase = phase is not None and phase[:80] != self._progress.get("phase")
            if phase is not None:
                self._progress["phase"] = phase[:80]
        now = time.monotonic()
        due = new_phase or now - self._written_at >= WRITE_EVERY_SECONDS
        if due and not connection.in_atomic_block:
            self._written_at = now
            self._beat()
        self.check()

    def check(self) -> None:
        """Raise JobCancelled, JobInterrupted or ClaimLost when the work is to stop. No query."""
        if self._lost.is_set():
            raise ClaimLost
        if self._cancel.is_set():
            raise JobCancelled
        if _stopping.is_set():
            raise JobInterrupted

    def cancelled(self) -> bool:
        """Whether somebody has asked for the job to stop (one query)."""
        if not self._cancel.is_set() and ledger.is_cancel_requested(self.job_id):
            self._cancel.set()
        return self._cancel.is_set()

    def finish_with(self, result: dict[str, Any] | None = None, *, message: str = "") -> None:
        """Mark the job done inside the handler's own transaction.

        Effect and mark are committed together or not at all, so a kill in between cannot make a
        later attempt do the work twice. Raises ClaimLost or JobCancelled, which roll back the
        effect. RuntimeError outside a transaction.
        """
        if not connection.in_atomic_block:
            raise RuntimeError("finish_with belongs inside the transaction of the effect it marks.")
        if ledger.finish_unless_cancelled(
            self._held, result=result or {}, message=message, **self._final_progress()
        ):
            return
        if self.cancelled():
            raise JobCancelled
        raise ClaimLost

    def steps(self, plan: list[dict[str, Any]]) -> Iterator["StepRun"]:
        """The parts of the job that are not done yet, in order.

        ``plan`` is written down on the first attempt and ignored on later ones. Each part marks
        itself with ``step.finish_with`` inside its own transaction.
        """
        rows = ledger.plan_steps(self.job_id, plan)
        finished = sum(row.state == Job.State.DONE for row in rows)
        for row in rows:
            if row.state == Job.State.DONE:
                continue
            self.progress(finished, len(rows))
            yield StepRun(self, row)
            finished += 1
        self.progress(finished, len(rows))

    def _final_progress(self) -> dict[str, Any]:
        with self._lock:
            return dict(self._progress)

    def _beat(self) -> None:
        ours, cancel = ledger.beat(self._held, **self._final_progress())
        if not ours:
            self._lost.set()
        elif cancel:
            self._cancel.set()

    @contextmanager
    def _heart(self) -> Iterator[None]:
        """Beat from a second thread, for stretches in which the handler says nothing."""
        if connection.in_atomic_block:
            # The whole run lies in somebody's transaction: no other connection can see the row.
            yield
            return
        stop = threading.Event()
        thread = threading.Thread(target=self._beat_until, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _beat_until(self, stop: threading.Event) -> None:
        period = min(5.0, settings.JOB_STALE_SECONDS / 6)
        try:
            while not stop.wait(period):
                try:
                    if connection.connection is None and connection.vendor == "sqlite":
                        # While the handler's own transaction holds SQLite's one write lock, a beat
                        # cannot be written, and need not be: nobody else can take the job either.
                        connection.ensure_connection()
                        with connection.cursor() as cursor:
                            cursor.execute("PRAGMA busy_timeout=500")
                    self._beat()
                except (OperationalError, InterfaceError):
                    if connection.vendor != "sqlite":
                        connection.close()
        finally:
            connection.close()


class StepRun:
    """One part of a job."""

    def __init__(self, run: JobRun, row: JobStep) -> None:
        self._run = run
        self._row = row

    @property
    def ordinal(self) -> int:
        return self._row.ordinal

    @property
    def params(self) -> dict[str, Any]:
        return dict(self._row.params)

    def finish_with(self, result: dict[str, Any] | None = None) -> None:
        """Mark the part done inside the transaction of its effect. Raises ClaimLost."""
        if not connection.in_atomic_block:
            raise RuntimeError("finish_with belongs inside the transaction of the effect it marks.")
        # Touching the job's row first makes two runners of one job wait for each other.
        ours, cancel = ledger.beat(self._run._held)
        if not ours:
            raise ClaimLost
        if cancel:
            raise JobCancelled
        marked = (
            JobStep.objects.filter(pk=self._row.pk)
            .exclude(state=Job.State.DONE)
            .update(
                state=Job.State.DONE,
                result=result or {},
                attempts=self._run.attempt,
                heartbeat_at=timezone.now(),
            )
        )
        if not marked:
            raise ClaimLost


def execute(job_id: int) -> str:
    """Run a job if it is to be had. Returns how that went, for the log.

    Called with a job that is running, ended or unknown it does nothing: a bell may ring twice.
    """
    held = ledger.claim(job_id)
    if held is None:
        return "not claimed"
    job = Job.objects.select_related("created_by", "project").get(pk=job_id)
    run = JobRun(job, held)
    try:
        handler = kind_of(job.kind).handler
        with run._heart():
            result = handler(run)
        return _end_done(run, result)
    except ClaimLost:
        logger.warning("job %s: another runner has taken it over", job_id)
        return "claim lost"
    except JobCancelled:
        return _end(run, Job.State.CANCELLED, message=_("Cancelled."))
    except JobInterrupted:
        ledger.release(held, counts=False)
        return "interrupted"
    except JobFailed as failure:
        return _end(run, Job.State.FAILED, message=failure.message, problems=failure.problems)
    except ValidationError as failure:
        return _end(run, Job.State.FAILED, **_told(failure))
    except (Http404, PermissionDenied):
        return _end(
            run,
            Job.State.FAILED,
            message=_("The person who started this may no longer do it. Nothing was changed."),
        )
    except UnknownKind:
        return _end(
            run,
            Job.State.FAILED,
            message=_("This version of coachstudy does not know the work “%(kind)s”.")
            % {"kind": job.kind},
        )
    except (OperationalError, InterfaceError) as trouble:
        return _give_back(run, trouble)
    except Exception as error:
        reference = f"{job_id}-{uuid.uuid4().hex[:8]}"
        logger.error("job %s (%s), reference %s: %s", job_id, job.kind, reference, places(error))
        return _end(
            run,
            Job.State.FAILED,
            message=_(
                "Something went wrong on our side. Nothing was changed. (reference %(reference)s)"
            )
            % {"reference": reference},
        )


def _end_done(run: JobRun, result: dict[str, Any] | None) -> str:
    if ledger.finish(run._held, Job.State.DONE, result=result or {}, **run._final_progress()):
        return "done"
    if ledger.was_finished_by(run._held):
        return "done"
    raise ClaimLost


def _end(run: JobRun, state: str, **fields: Any) -> str:
    ended = ledger.finish(run._held, state, **run._final_progress(), **fields)
    return state if ended else "claim lost"


def _give_back(run: JobRun, trouble: Exception) -> str:
    """The database failed under the job: let a later attempt do it, if one is left."""
    logger.error("job %s: the database failed: %s", run.job_id, places(trouble))
    if not connection.in_atomic_block:
        connection.close()
    if run.attempt >= settings.JOB_ATTEMPTS:
        return _end(run, Job.State.FAILED, message=ledger.given_up_message())
    ledger.release(run._held, counts=True)
    return "given back"


def _told(failure: ValidationError) -> dict[str, Any]:
    """A ValidationError as message and problems: one sentence, or the first and all."""
    if hasattr(failure, "error_dict"):
        problems = [
            {"field": field, "message": text}
            for field, texts in failure.message_dict.items()
            for text in texts
        ]
        return {"message": problems[0]["message"], "problems": problems}
    texts = failure.messages
    return {
        "message": texts[0] if texts else _("The data were refused."),
        "problems": [{"message": text} for text in texts] if len(texts) > 1 else [],
    }


def places(error: BaseException) -> str:
    """Type and lines of code of an error and its causes, without its words.

    The text of an exception may quote what participants said (a database error shows the row);
    logs must not hold that.
    """
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append(type(current).__qualname__ + "\n" + _lines(current.__traceback__))
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "caused by ".join(parts)


def _lines(trace: TracebackType | None) -> str:
    return "".join(traceback.format_tb(trace))
