"""Counting a large round: source by source, each kept as soon as it is counted."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from coding import agreement
from coding.services.agreement import count_agreement
from projects.jobs import JobRun, job

AGREEMENT = "agreement"


@job(AGREEMENT, queue="long", right="code")
def count_round(run: JobRun) -> dict[str, Any]:
    """A later attempt finds what an earlier one has counted, and goes on from there."""
    access = run.access()
    held = agreement.evidence(access, agreement.opened(access, run.params["round"]))

    def tick(done: int, total: int) -> None:
        run.progress(done, total, _("counting sources"))

    count_agreement(access=access, held=held, unit=run.params["unit"], one_by_one=True, tick=tick)
    page = {"project_id": access.project.pk, "round_id": held.round.pk}
    query = run.params.get("query") or ""
    return {"next": reverse("cases:agreement", kwargs=page) + (f"?{query}" if query else "")}
