"""Long work on transcripts and on rounds of double coding, as jobs."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from coding import queries
from coding.core.names import Replacement
from coding.sealing import seal, unseal
from coding.services import adjudication, pseudonyms
from projects.jobs import JobFailed, JobRun, job

PSEUDONYMISE = "pseudonymise"
COMPARISONS = "comparisons"


def sealed(replacements: list[Replacement]) -> str:
    """A list of names as a job keeps it: nobody reads them in the ledger."""
    rows = [[r.original, r.replacement, r.whole, r.match_case] for r in replacements]
    return seal(json.dumps(rows))


def unsealed(token: str) -> list[Replacement]:
    return [Replacement(*row) for row in json.loads(unseal(token))]


@job(PSEUDONYMISE, queue="long", right="correct_sources")
def pseudonymise(run: JobRun) -> dict[str, Any]:
    access = run.access()
    page = reverse("coding:names_log", kwargs={"project_id": access.project.pk})
    run.progress(0, 1, _("replacing"))
    result: dict[str, Any] = {}

    def finish(done: pseudonyms.Done) -> None:
        result.update(
            {
                "counts": {"hits": done.hits, "sources": done.sources, "review": done.to_review},
                "next": page,
            }
        )
        run.finish_with(result)

    try:
        pseudonyms.pseudonymise(
            access=access,
            replacements=unsealed(run.params["sealed"]),
            versions={int(pk): n for pk, n in run.params["versions"].items()},
            left_out=[tuple(row) for row in run.params["left_out"]],
            comment=run.params["comment"],
            batch=run.params["batch"],
            finish=finish,
        )
    except ValidationError as problem:
        raise JobFailed(" ".join(problem.messages)) from problem
    return result


@job(COMPARISONS, queue="long", right="adjudicate")
def comparisons(run: JobRun) -> dict[str, Any]:
    """Hold the coders of an opened round side by side. ``params``: the id of the round.

    Every source is written by itself, so that what was interrupted goes on where it stopped.
    """
    access = run.access()
    held = queries.opened_round(access, run.params["round"])
    made = adjudication.make_comparisons(
        access=access,
        held=held,
        progress=lambda done, total: run.progress(done, total, _("comparing")),
    )
    page = {"project_id": access.project.pk, "round_id": held.pk}
    return {"counts": {"places": made}, "next": reverse("coding:round_review", kwargs=page)}
