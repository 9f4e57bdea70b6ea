"""Pages of a withdrawal: the dry run with its confirmation, the receipts."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cases.forms import WithdrawForm
from cases.services import withdrawal
from cases.services.withdrawal import receipts
from coding import people
from projects import jobs
from projects.tasks import enqueue


@never_cache
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, project_id: int, participant_id: int) -> HttpResponse:
    """What would go, and the one action that removes it. The work itself is a job."""
    access = request.access
    access.require("withdraw")
    person = people.participant(access, participant_id)
    plan = withdrawal.plan_withdrawal(access=access, participant=person)
    posted = request.method == "POST"
    form = WithdrawForm(request.POST if posted else None, name=str(person), token=plan.token)
    status, problem = 200, ""
    if posted:
        status = 400
        try:
            withdrawal.check(plan, request.POST.get("token", ""))
        except ValidationError as conflict:
            # The list is shown anew, with nothing confirmed.
            form = WithdrawForm(None, name=str(person), token=plan.token)
            status, problem = 409, " ".join(conflict.messages)
        if status == 400 and form.is_valid():
            params = {"participant": person.pk, "token": plan.token}
            job = jobs.create(access, kind=withdrawal.KIND, params=params)
            enqueue(job)
            return redirect("projects:job", project_id=project_id, job_id=job.pk)
    context = {
        "person": person,
        "plan": plan,
        "form": form,
        "problem": problem,
        "sentence": withdrawal.in_words(plan),
    }
    return render(request, "cases/withdraw.html", context, status=status)


@require_GET
def receipt_list(request: HttpRequest, project_id: int) -> HttpResponse:
    found = receipts.receipts(request.access)
    return render(request, "cases/withdrawals.html", {"receipts": found})


@require_GET
def receipt(request: HttpRequest, project_id: int, withdrawal_id: int) -> HttpResponse:
    found = receipts.receipt(request.access, withdrawal_id)
    return render(request, "cases/withdrawal.html", {"receipt": found})


@require_GET
def receipt_text(request: HttpRequest, project_id: int, withdrawal_id: int) -> HttpResponse:
    found = receipts.receipt(request.access, withdrawal_id)
    response = HttpResponse(
        receipts.as_text(request.access, found), content_type="text/plain; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="withdrawal-{found.short}.txt"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
