"""The search by a regular expression, which writes nothing at all."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cases import expressions
from cases.expressions import ExpressionProblem
from coding.services.autocode import LIMIT
from projects.jobs import JobFailed, JobRun, job


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
