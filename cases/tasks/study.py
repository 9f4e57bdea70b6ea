"""The import of a study as two jobs: check (nothing is written) and import."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import queries
from cases.core.archives import ArchiveProblem, Limits, open_zip
from cases.core.study_folder import Cancelled, StudyPlan, read_study
from cases.services.importing import import_study
from projects.access import Access
from projects.jobs import JobCancelled, JobFailed, JobRun, job
from projects.models import Job
from projects.services import uploads

CHECK, IMPORT = "study_check", "study_import"
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
