"""The withdrawal of a participant as a job."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.services import withdrawal
from projects.jobs import JobFailed, JobRun, job
from projects.models import Job


@job(withdrawal.KIND, queue="long", right="withdraw")
def withdraw_participant(run: JobRun) -> dict[str, Any]:
    """Everything of one participant, for good. Tried twice it finds that they are gone already."""
    access = run.access()
    person = access.project.participants.filter(pk=run.params["participant"]).first()
    if person is None:
        raise JobFailed(_("This participant has been withdrawn already."))
    page = ""

    def finish(receipt: Any) -> None:
        nonlocal page
        where = {"project_id": access.project.pk, "withdrawal_id": receipt.pk}
        page = reverse("cases:withdrawal", kwargs=where)
        run.finish_with({"next": page})
        # The job knows whom it was about no longer.
        Job.objects.filter(pk=run.job_id).update(params={})

    run.progress(0, 1, _("looking for everything once more"))
    withdrawal.withdraw(
        access=access, participant=person, confirmed=run.params["token"], finish=finish
    )
    withdrawal.scour()
    return {"next": page}
