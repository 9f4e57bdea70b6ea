"""Pages of rounds of double coding: the list, making one, and one with its progress."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import queries, rounds
from cases.round_forms import RoundForm
from coding import queries as coding_queries
from coding import tasks
from coding.services import rounds as service
from coding.services.rounds.planning import Settings
from projects import jobs
from projects.tasks import enqueue


@require_GET
def round_list(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    rows = list(coding_queries.rounds(access))
    for row in rows:
        row.overdue = coding_queries.is_overdue(row)
    context = {"rounds": rows}
    return render(request, "cases/rounds.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, project_id: int, round_id: int | None = None) -> HttpResponse:
    """Say what is to be coded by whom, see what that gives, keep it as a draft."""
    access = request.access
    access.require("run_rounds")
    held = coding_queries.round_(access, round_id) if round_id else None
    if held is not None and held.state != held.State.DRAFT:
        messages.info(request, _("This round has been started; it cannot be changed any more."))
        return redirect("cases:round", project_id=project_id, round_id=held.pk)
    sources = queries.drawable(access)
    versions = list(coding_queries.codebook_versions(access))
    form = RoundForm(
        request.POST or None,
        sources=sources,
        people=list(coding_queries.able_coders(access).values()),
        versions=versions,
        initial=_initial(held) if held else None,
    )
    plan = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            plan = rounds.plan_round(access, data)
            keep = request.POST.get("action") == "keep"
            if keep and request.POST.get("seen") == plan.seen:
                kept = _keep(request, held, data, plan, versions)
                return redirect("cases:round", project_id=project_id, round_id=kept.pk)
            if keep:
                messages.info(request, _("This is what it gives now; look at it and keep it."))
        except ValidationError as problem:
            form.add_error(None, ValidationError(problem.messages))
            plan = None
    context = {
        "form": form,
        "plan": plan,
        "round": held,
        "sources": sources,
        "key": _key(request.POST.get("key")),
        "total_words": sum(row["words"] for row in sources),
    }
    return render(request, "cases/new_round.html", context)


def _initial(held: Any) -> dict[str, Any]:
    said = held.drawing
    by = said.get("by") or []
    shares = list(held.assignments.values_list("source_id", "coder_id"))
    return {
        "name": held.name,
        "instructions": held.instructions,
        "how": said.get("how"),
        "number": said.get("number"),
        "percent": said.get("percent"),
        "by": "both" if len(by) > 1 else (by or [""])[0],
        "chosen": sorted({source for source, _coder in shares}),
        "seed": said.get("seed"),
        "coders": sorted({coder for _source, coder in shares}),
        "each": said.get("each"),
        "unit": held.unit,
        "threshold": held.threshold,
        "codebook": held.codebook_id,
        "deadline": held.deadline,
        "fresh": held.fresh,
        "anonymous": held.anonymous,
    }


def _keep(
    request: HttpRequest, held: Any, data: dict[str, Any], plan: rounds.RoundPlan, versions: Any
) -> Any:
    settings = Settings(
        name=data["name"],
        instructions=data["instructions"],
        unit=data["unit"],
        threshold=data["threshold"],
        codebook=next((row for row in versions if row.pk == data["codebook"]), None),
        deadline=data["deadline"],
        fresh=data["fresh"],
        anonymous=data["anonymous"],
        drawing=plan.drawing,
    )
    if held is not None:
        return service.change_round(
            access=request.access, held=held, settings=settings, shares=plan.shares
        )
    key = _key(request.POST.get("key"))
    made = service.create_round(
        access=request.access, settings=settings, shares=plan.shares, batch=key
    )
    messages.success(
        request, _("“%(round)s” is kept as a draft. Start it when all is ready.") % {"round": made}
    )
    return made


def _key(value: str | None) -> uuid.UUID:
    try:
        return uuid.UUID(value or "")
    except ValueError:
        return uuid.uuid4()


@require_GET
def round_page(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    access = request.access
    held = coding_queries.round_(access, round_id)
    progress = coding_queries.progress(access, held)
    context = {
        "round": held,
        "progress": progress,
        "drawn": rounds.in_words(held),
        "overdue": coding_queries.is_overdue(held),
        "missing": [line for line in progress.coders if line.finished < line.sources],
        "earlier": held.fresh
        and held.state in (held.State.OPENED, held.State.CLOSED)
        and access.may["run_rounds"]
        and held.assignments.exclude(earlier=[]).exists(),
    }
    return render(request, "cases/round.html", context)


def _act(
    request: HttpRequest, round_id: int, act: Callable[[Any], str], gone: bool = False
) -> HttpResponse:
    access = request.access
    access.require("run_rounds")
    held = coding_queries.round_(access, round_id)
    try:
        messages.success(request, act(held))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        if gone:
            return redirect("cases:rounds", project_id=access.project.pk)
    return redirect("cases:round", project_id=access.project.pk, round_id=round_id)


@require_POST
def start(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    def act(held: Any) -> str:
        service.start_round(access=request.access, held=held)
        return _("“%(round)s” has started: its coders find their sources in the overview.") % {
            "round": held
        }

    return _act(request, round_id, act)


@require_http_methods(["GET", "HEAD", "POST"])
def open_(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    """What opening would do, and who has not finished; then do it."""
    access = request.access
    access.require("run_rounds")
    held = coding_queries.round_(access, round_id)
    if request.method == "POST":

        def act(held: Any) -> str:
            service.open_round(access=access, held=held)
            # Held side by side at once, so that whoever goes to the review finds it there.
            if access.may["adjudicate"]:
                enqueue(jobs.create(access, kind=tasks.COMPARISONS, params={"round": held.pk}))
            return _("“%(round)s” is open: all of its coders see all coding.") % {"round": held}

        return _act(request, round_id, act)
    if held.state != held.State.RUNNING:
        return redirect("cases:round", project_id=project_id, round_id=round_id)
    context = {"round": held, "progress": coding_queries.progress(access, held)}
    return render(request, "cases/round_open.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    """What closing means, and how much is still open; then do it."""
    access = request.access
    access.require("run_rounds")
    held = coding_queries.round_(access, round_id)
    if request.method == "POST":

        def act(held: Any) -> str:
            service.close_round(access=access, held=held)
            return _("“%(round)s” is closed.") % {"round": held}

        return _act(request, round_id, act)
    if held.state != held.State.OPENED:
        return redirect("cases:round", project_id=project_id, round_id=round_id)
    places = coding_queries.visible_comparisons(access, held)
    context = {
        "round": held,
        "places": places.count(),
        "waiting": places.filter(decision="").count(),
    }
    return render(request, "cases/round_close.html", context)


@require_POST
def delete(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    def act(held: Any) -> str:
        service.delete_draft(access=request.access, held=held)
        return _("The draft “%(round)s” is deleted.") % {"round": held}

    return _act(request, round_id, act, gone=True)


@require_POST
def put_back(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    def act(held: Any) -> str:
        n = service.bring_back_earlier(access=request.access, held=held)
        return ngettext("%(n)s earlier coding is back.", "%(n)s earlier codings are back.", n) % {
            "n": n
        }

    return _act(request, round_id, act)
