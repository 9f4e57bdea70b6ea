"""Long work that survives: the database is the ledger, the broker only a bell.

A job is a row. Writing it is part of the transaction that asks for the work; a message carries
nothing but its number. A runner claims the row with one atomic UPDATE and signs it; whoever has
lost the signature changes nothing any more. A heartbeat says that the runner lives; the sweep
puts a job without one back into the queue. So a lost message, a message delivered twice and a
killed worker all end the same way: the work is done once, or failed with its reason.

    @job("study_import", queue="long", right="import_data")
    def study_import(run: JobRun) -> dict[str, Any]:
        access = run.access()                      # resolved again: rights may have changed
        plan = read(run.job.upload, run.progress)  # the slow part, outside any transaction
        with transaction.atomic():                 # the short part: effect and mark together
            counts = services.import_study(access, plan=plan)
            run.finish_with(counts)
        return counts
"""

from projects.jobs.ledger import create, request_cancel, request_retry
from projects.jobs.registry import Handler, JobKind, UnknownKind, job, kind_of
from projects.jobs.run import (
    ClaimLost,
    JobCancelled,
    JobFailed,
    JobInterrupted,
    JobRun,
    StepRun,
    execute,
    stop_running_jobs,
)

__all__ = [
    "ClaimLost",
    "Handler",
    "JobCancelled",
    "JobFailed",
    "JobInterrupted",
    "JobKind",
    "JobRun",
    "StepRun",
    "UnknownKind",
    "create",
    "execute",
    "job",
    "kind_of",
    "request_cancel",
    "request_retry",
    "stop_running_jobs",
]
