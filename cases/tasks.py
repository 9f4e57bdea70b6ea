"""The import of a study, and of a codebook, as two jobs each: check (nothing is written) and
import; and the search by a regular expression, which writes nothing at all."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import codebook, expressions, queries
from cases.core.archives import ArchiveProblem, Limits, open_zip
from cases.core.codebook_files import (
    CodebookProblem,
    Plan,
    Reading,
    plan_codebook,
    read_codebook_file,
)
from cases.core.study_folder import Cancelled, StudyPlan, read_study
from cases.expressions import ExpressionProblem
from cases.services.codebook import import_codebook
from cases.services.importing import import_study
from coding.services.autocode import LIMIT
from projects.access import Access
from projects.jobs import JobCancelled, JobFailed, JobRun, job
from projects.models import Job
from projects.services import uploads

CHECK, IMPORT = "study_check", "study_import"
CODEBOOK_CHECK, CODEBOOK_IMPORT = "codebook_check", "codebook_import"
# How many lines of each table the dry-run page shows.
SHOWN = 200


def limits() -> Limits:
    return Limits(total_size=max(200, 4 * settings.MAX_UPLOAD_MB) * 1_000_000)


@job(CHECK, queue="interactive", right="import_data")
def study_check(run: JobRun) -> dict[str, Any]:
    """The dry run: read the ZIP, say what it would create and everything that is wrong with it."""
    access = run.access()
    with run.job.upload.open("rb") as handle:
        plan, _folder = _read(run, access, handle)
    page = {"project_id": access.project.pk, "job_id": run.job_id}
    return summary(plan) | {"next": reverse("cases:import_plan", kwargs=page)}


@job(IMPORT, queue="long", right="import_data")
def study_import(run: JobRun) -> dict[str, Any]:
    access = run.access()
    check = Job.objects.get(
        pk=run.params["check"], project=access.project, kind=CHECK, state=Job.State.DONE
    )
    if not check.upload:
        raise JobFailed(_("The uploaded file has been deleted meanwhile; please upload it again."))
    page = reverse("projects:home", kwargs={"project_id": access.project.pk})
    with check.upload.open("rb") as handle:
        # Read again: the project may have changed since the dry run.
        plan, folder = _read(run, access, handle)
        if not plan.ok:
            raise JobFailed(
                _("The study folder has problems now; nothing was imported."),
                [asdict(problem) for problem in plan.problems],
            )
        run.progress(0, 1, _("writing"))
        counts = import_study(
            access=access,
            plan=plan,
            folder=folder,
            coders=run.params.get("coders", {}),
            name=check.upload_name,
            finish=lambda made: run.finish_with({"counts": made, "next": page}),
        )
    uploads.drop(check)
    return {"counts": counts, "next": page}


def _read(run: JobRun, access: Access, handle: Any) -> tuple[StudyPlan, Any]:
    try:
        folder = open_zip(handle, limits())
        plan = read_study(
            folder, queries.existing(access), progress=run.progress, cancelled=run.cancelled
        )
    except ArchiveProblem as problem:
        raise JobFailed(problem.message) from problem
    except Cancelled as stop:
        raise JobCancelled from stop
    return plan, folder


def summary(plan: StudyPlan) -> dict[str, Any]:
    """What the dry-run page shows of a plan; no words of participants are kept in it."""
    return {
        "ok": plan.ok,
        "counts": {
            "cases": len(plan.cases),
            "participants": len(plan.participants),
            "documents": len(plan.documents),
            "codes": len(plan.codes),
            "codings": len(plan.codings),
        },
        "cases": [
            {"key": row.key, "name": row.name, "values": len(row.values)}
            for row in plan.cases[:SHOWN]
        ],
        "participants": [
            {"key": row.key, "case": row.case or "", "role": row.role}
            for row in plan.participants[:SHOWN]
        ],
        "documents": [
            {
                "key": row.key,
                "title": row.title,
                "kind": row.kind,
                "case": ", ".join(row.cases),
                "date": row.date.isoformat() if row.date else "",
                "words": len(row.words),
                "turns": len(row.turns),
                "speakers": sorted({turn.speaker for turn in row.turns if turn.speaker})[:12],
                "encoding": row.text.encoding,
            }
            for row in plan.documents[:SHOWN]
        ],
        "codes": [
            {"key": row.key, "name": row.name, "parent": row.parent or ""}
            for row in plan.codes[:SHOWN]
        ],
        "variables": [
            {"target": row.target, "key": row.key, "kind": row.kind} for row in plan.variables
        ],
        "coders": plan.coders,
        "already_there": plan.already_there,
        "codings_already_there": plan.codings_already_there,
        "notes": plan.notes,
        "problem_count": plan.problem_count,
        "problems": [asdict(problem) for problem in plan.problems],
    }


@job(expressions.KIND, queue="interactive", right="code")
def expression(run: JobRun) -> dict[str, Any]:
    """Look for a regular expression; the result is places, no words."""
    access = run.access()

    def tick(done: int, total: int) -> None:
        run.progress(done, total, _("looking through the turns"))

    try:
        spec, known = expressions.read(access, run.params["query"])
        looked = expressions.look(access, spec, known, run.params["unit"], most=LIMIT, tick=tick)
    except ExpressionProblem as problem:
        raise JobFailed(str(problem)) from problem
    page = {"project_id": access.project.pk, "expression_id": run.job_id}
    return looked.as_json() | {"next": reverse("cases:expression_found", kwargs=page)}


# --- the codebook --------------------------------------------------------------------------------


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
    page = {"project_id": access.project.pk, "check_id": run.job_id}
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
    counts = import_codebook(
        access=access,
        rows=reading.rows,
        file=check.upload_name,
        with_changes=mode == "all",
        digest=check.result["modes"][mode]["digest"],
        finish=lambda made: run.finish_with({"counts": made}, message=_imported(made)),
    )
    uploads.drop(check)
    return {"counts": counts}


def _imported(counts: dict[str, int]) -> str:
    return (
        _("The codebook was imported: %(new)s new, %(changed)s changed, %(unchanged)s as before.")
        % counts
    )


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
        "notes": reading.notes,
        "problems": [asdict(problem) for problem in problems[:SHOWN]],
        "problem_count": len(problems),
    }
