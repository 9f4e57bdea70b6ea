"""What coders propose, and what leads answer."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from coding import queries
from coding.codebook_forms import (
    DecisionForm,
    ProposalForm,
)
from coding.codebook_views.shared import PAGE, PAGE_AND_FORM, number, overtaken, written
from coding.services import codebook


@require_GET
def proposals(request: HttpRequest, project_id: int) -> HttpResponse:
    page = Paginator(queries.proposals(request.access), PAGE).get_page(request.GET.get("page"))
    return render(request, "coding/proposals.html", {"page": page})


@PAGE_AND_FORM
def proposal_new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Ask for a new code; with ``?code=`` for a change of that one."""
    access = request.access
    access.require("code")
    wanted = request.GET.get("code")
    row = queries.code(access, number(wanted)) if wanted else None
    initial = {name: getattr(row, name) for name in codebook.PROPOSED} if row else {}
    form = ProposalForm(request.POST or None, initial=initial)

    def write() -> str:
        codebook.propose(access=access, code=row, **form.cleaned_data)
        messages.success(request, _("Proposed. An owner or lead decides."))
        return reverse("coding:proposals", args=[project_id])

    context = {"form": form, "code": row}
    return written(request, form, write) or render(request, "coding/proposal_form.html", context)


@PAGE_AND_FORM
def proposal(request: HttpRequest, project_id: int, proposal_id: int) -> HttpResponse:
    """What is proposed beside what is; a lead accepts, as it is or edited, or declines."""
    access = request.access
    row = queries.proposal(access, proposal_id)
    if request.method == "POST":
        access.require("edit_codebook")
    initial = {name: getattr(row.code, name) for name in codebook.PROPOSED} if row.code else {}
    form = DecisionForm(
        request.POST if request.method == "POST" else None, initial=initial | row.content
    )

    seen = request.POST.get("seen", "") or (codebook.stamp(row.code) if row.code else "")

    def write() -> str:
        answer = form.cleaned_data["answer"]
        if request.POST.get("decline"):
            codebook.decline(access=access, proposal=row, answer=answer)
            messages.success(request, _("Declined; your word back is with the proposal."))
        else:
            codebook.accept(
                access=access, proposal=row, edited=form.cleaned_data, answer=answer, seen=seen
            )
            messages.success(request, _("Accepted; the codebook is changed."))
        return reverse("coding:proposals", args=[project_id])

    context = {
        "proposal": row,
        "form": form,
        "fields": [
            (form.fields[name].label, getattr(row.code, name) if row.code else "", text)
            for name, text in row.content.items()
            if name in form.fields and (row.code or text)
        ],
        "seen": seen,
    }
    done = written(request, form, write)
    if done or not row.code or not getattr(form, "overtaken", False):
        return done or render(request, "coding/proposal.html", context)
    other = overtaken(access, row.code, form)
    context |= {"overtaken": other, "seen": other.stamp}
    return render(request, "coding/proposal.html", context, status=409)
