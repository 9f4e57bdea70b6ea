"""Pages of search: the list of hits, saved searches, auto-coding with its preview."""

import hashlib
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import queries, search
from cases.forms import SaveQueryForm
from cases.quotes import quotes
from cases.search import SearchProblem
from cases.services.saved_queries import remove_query, save_query
from coding import queries as coding_queries
from coding.services import autocode

PAGE = 50


@require_GET
def search_page(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    known = search.choices(access)
    spec = search.read_spec(request.GET, known)
    context: dict[str, Any] = {
        "spec": spec,
        "known": known,
        "query": spec.query(),
        "saved": queries.saved_queries(access),
        "save_form": SaveQueryForm(),
    }
    if not spec.is_empty:
        try:
            found = search.run(access, spec, known)
        except SearchProblem as problem:
            context["problem"] = str(problem)
            return render(request, "cases/search.html", context, status=400)
        page = Paginator(found, PAGE).get_page(request.GET.get("page"))
        context |= {
            "found": found,
            "page": page,
            "answer": search.in_words(found, known),
            "quotes": quotes(
                access, list(page.object_list), found.query, context=spec.lists_passages
            ),
        }
    return render(request, "cases/search.html", context)


@require_POST
def save(request: HttpRequest, project_id: int) -> HttpResponse:
    """Give the search in the address a name."""
    access = request.access
    access.require("code")
    spec = search.read_spec(request.GET, search.choices(access))
    form = SaveQueryForm(request.POST)
    if spec.is_empty:
        messages.error(request, _("There is no search to save yet."))
    elif not form.is_valid():
        messages.error(request, _("Give the search a name of at most 120 characters."))
    else:
        try:
            made = save_query(access=access, name=form.cleaned_data["name"], query=spec.query())
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": made.name})
    return _to_search(project_id, spec.query())


@require_POST
def saved_remove(request: HttpRequest, project_id: int, saved_id: int) -> HttpResponse:
    access = request.access
    access.require("code")
    saved = queries.saved_query(access, saved_id)
    try:
        remove_query(access=access, saved=saved)
    except ValidationError as problem:
        raise PermissionDenied(" ".join(problem.messages)) from None
    messages.success(request, _("“%(name)s” is removed.") % {"name": saved.name})
    return _to_search(project_id, "")


def _to_search(project_id: int, query: str) -> HttpResponse:
    address = reverse("cases:search", kwargs={"project_id": project_id})
    return redirect(f"{address}?{query}" if query else address)


# --- auto-coding ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def auto_code(request: HttpRequest, project_id: int) -> HttpResponse:
    """Every passage that would be coded, with a box to tick; then one batch.

    The boxes of other pages travel with the form as a list of those that are not ticked. The list
    is made anew at each step: when it is no longer the one that was shown, it is shown again.
    """
    access = request.access
    access.require("code")
    known = search.choices(access)
    spec = search.read_spec(request.GET, known)
    if spec.is_empty:
        messages.error(request, _("Search for something first: auto-coding codes what is found."))
        return _to_search(project_id, "")
    units = search.units(spec)
    unit = request.GET.get("unit") or units[0]
    if unit not in units:
        raise Http404
    try:
        found = search.run(access, spec, known)
    except SearchProblem as problem:
        messages.error(request, str(problem))
        return _to_search(project_id, spec.query())
    rows, more = search.coverage(found, unit, autocode.LIMIT)
    seen = hashlib.sha256(repr(rows).encode()).hexdigest()[:32]
    posted = request.POST if request.method == "POST" else {}
    off, number, status = set(), 1, 200
    problem = ""
    chosen = _id(posted.get("code", ""))
    batch = _uuid(posted.get("batch", ""))
    if posted and posted.get("seen") != seen:
        if batch and autocode.batch_events(access, batch):
            # Sent twice: what it has coded may itself have changed the list.
            return redirect("cases:auto_coded", project_id=project_id, batch=batch)
        problem = _("The list has changed since it was shown. Look through it again.")
        status = 409
    elif posted:
        number = _id(posted.get("shown", "")) or 1
        off = _unticked(request, len(rows), number)
        step = posted.get("step", "")
        if step.startswith("page-"):
            number = _id(step[5:]) or 1
        else:
            ticked = [row for n, row in enumerate(rows) if n not in off]
            try:
                if chosen is None:
                    raise ValidationError(_("Choose a code."), code="no_code")
                batch = batch or uuid.uuid4()
                autocode.auto_code(
                    access=access,
                    passages=ticked,
                    code=coding_queries.code(access, chosen),
                    query=spec.query(),
                    unit=unit,
                    batch=batch,
                )
            except ValidationError as error:
                problem, status = " ".join(error.messages), 400
            else:
                return redirect("cases:auto_coded", project_id=project_id, batch=batch)
    page = Paginator(rows, PAGE).get_page(number)
    first = (page.number - 1) * PAGE
    shown = quotes(access, list(page.object_list), found.query, context=unit != search.TURN)
    labels = {
        search.TURN: _("the whole turn"),
        search.SENTENCE: _("the sentence"),
        search.PASSAGE: _("the passage"),
    }
    context = {
        "spec": spec,
        "query": spec.query(),
        "units": [(value, labels[value]) for value in units],
        "unit": unit,
        "answer": search.in_words(found, known),
        "total": len(rows),
        "limit": autocode.LIMIT if more else 0,
        "ticked": len(rows) - len(off),
        "page": page,
        "lines": [(first + n, first + n not in off, quote) for n, quote in enumerate(shown)],
        "off": ",".join(map(str, sorted(off))),
        "seen": seen,
        "batch": batch or uuid.uuid4(),
        "codes": [node for node in known.codes if not node.code.heading_only],
        "chosen": chosen,
        "problem": problem,
    }
    return render(request, "cases/auto_code.html", context, status=status)


def _unticked(request: HttpRequest, total: int, number: int) -> set[int]:
    """Numbers of the passages without a tick: those of other pages as sent along, and this one's
    that are not among the ticks."""
    sent = {int(n) for n in request.POST.get("off", "").split(",") if _id(n) is not None}
    ticks = {_id(n) for n in request.POST.getlist("tick")}
    here = set(range((number - 1) * PAGE, number * PAGE))
    return {n for n in (sent - here) | (here - ticks) if n < total}


def _id(value: str) -> int | None:
    return int(value) if value.isdecimal() and len(value) <= 15 else None


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
def auto_coded(request: HttpRequest, project_id: int, batch: uuid.UUID) -> HttpResponse:
    """What a batch of one's own has coded where; posting takes it back."""
    access = request.access
    access.require("code")
    lines = queries.batch_lines(access, autocode.batch_events(access, batch))
    if not lines:
        raise Http404
    if request.method == "POST":
        undone, kept = autocode.undo_batch(access=access, batch=batch)
        if undone:
            messages.success(
                request,
                ngettext("Taken back in %(n)s source.", "Taken back in %(n)s sources.", undone)
                % {"n": undone},
            )
        if kept:
            messages.warning(
                request,
                ngettext(
                    "In %(n)s source it is no longer your last action: go back there with Undo.",
                    "In %(n)s sources it is no longer your last action: go back there with Undo.",
                    kept,
                )
                % {"n": kept},
            )
        return redirect("cases:auto_coded", project_id=project_id, batch=batch)
    context = {
        "batch": batch,
        "lines": lines,
        "total": sum(line["passages"] for line in lines),
        "present": sum(line["present"] for line in lines),
        "query": lines[0]["query"],
    }
    return render(request, "cases/auto_coded.html", context)
