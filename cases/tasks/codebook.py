"""The import of a codebook as two jobs: check (nothing is written) and import."""

import uuid
from dataclasses import asdict
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cases import codebook
from cases.core.codebook_files import (
    CodebookProblem,
    Plan,
    Reading,
    plan_codebook,
    read_codebook_file,
)
from cases.services.codebook import import_codebook
from cases.tasks.study import SHOWN
from projects.jobs import JobFailed, JobRun, job
from projects.models import Job
from projects.services import uploads

CODEBOOK_CHECK, CODEBOOK_IMPORT = "codebook_check", "codebook_import"


@job(CODEBOOK_CHECK, queue="interactive", right="import_data")
def codebook_check(run: JobRun) -> dict[str, Any]:
    """The dry run: read the file, compare it with the codebook, say what is new and changed."""
    access = run.access()
    access.require("edit_codebook")
    file = run.job.upload_name
    reading = _codes_of(run, run.job)
    known = codebook.known_codes(access)
    run.progress(0, 1, _("comparing"))
    everything = plan_codebook(reading.rows, known, file)
    only_new = plan_codebook(reading.rows, known, file, with_changes=False)
    page = {"project_id": access.project.pk, "codebook_check_id": run.job_id}
    return codebook_summary(reading, everything, only_new) | {
        "next": reverse("cases:codebook_plan", kwargs=page)
    }


@job(CODEBOOK_IMPORT, queue="interactive", right="import_data")
def codebook_import(run: JobRun) -> dict[str, Any]:
    access = run.access()
    check = Job.objects.get(
        pk=run.params["check"], project=access.project, kind=CODEBOOK_CHECK, state=Job.State.DONE
    )
    if not check.upload:
        raise JobFailed(_("The uploaded file has been deleted meanwhile; please upload it again."))
    mode = "all" if run.params["mode"] == "all" else "new"
    reading = _codes_of(run, check)
    run.progress(0, 1, _("writing"))
    batch = uuid.uuid4()
    unread = len({problem.row for problem in reading.problems})
    counts = import_codebook(
        access=access,
        rows=reading.rows,
        file=check.upload_name,
        with_changes=mode == "all",
        digest=check.result["modes"][mode]["digest"],
        finish=lambda made: run.finish_with(
            {"counts": made, "batch": str(batch)}, message=_imported(made, unread)
        ),
        batch=batch,
    )
    uploads.drop(check)
    return {"counts": counts, "batch": str(batch)}


def _imported(counts: dict[str, int], unread: int) -> str:
    """``unread`` are the rows left out because they could not be read."""
    return _(
        "The codebook was imported: %(new)s new, %(changed)s changed, %(unchanged)s as before, "
        "%(left_out)s left out."
    ) % {**counts, "left_out": counts["left_out"] + unread}


def _codes_of(run: JobRun, holder: Job) -> Reading:
    run.progress(0, 1, _("reading"))
    with holder.upload.open("rb") as handle:
        data = handle.read()
    try:
        return read_codebook_file(data, holder.upload_name)
    except CodebookProblem as problem:
        raise JobFailed(problem.problem.message, [asdict(problem.problem)]) from problem


def codebook_summary(reading: Reading, everything: Plan, only_new: Plan) -> dict[str, Any]:
    """What the dry-run page shows, and what the import is held to."""
    problems = [*reading.problems, *everything.conflicts]
    problems.sort(key=lambda problem: problem.row or 0)
    return {
        "counts": {
            "new": len(everything.new),
            "changed": len(everything.changed),
            "unchanged": everything.unchanged,
            "left_out": len({problem.row for problem in problems}),
        },
        "modes": {
            "all": {"digest": everything.digest, "new": len(everything.new)},
            "new": {"digest": only_new.digest, "new": len(only_new.new)},
        },
        "new": [
            {
                "row": item.row.number,
                "key": item.row.key,
                "name": item.row.name,
                "below": item.parent_name,
                "definition": str(item.row.values.get("definition", ""))[:500],
                "retired": item.row.retired,
            }
            for item in everything.new[:SHOWN]
        ],
        "changed": [
            {
                "row": change.row,
                "key": change.key,
                "name": change.name,
                "fields": [
                    {"label": f.label, "old": f.old[:2_000], "new": f.new[:2_000]}
                    for f in change.fields
                ],
            }
            for change in everything.changed[:SHOWN]
        ],
        "notes": [*reading.notes, *everything.notes],
        "problems": [asdict(problem) for problem in problems[:SHOWN]],
        "problem_count": len(problems),
    }
