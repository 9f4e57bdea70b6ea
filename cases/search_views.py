"""Pages of search: the list of hits, saved searches."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases import expressions, queries, search
from cases.expressions import ExpressionProblem
from cases.forms import SaveQueryForm
from cases.quotes import quotes
from cases.search import SearchProblem
from cases.services.saved_queries import remove_query, save_query

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
    if spec.expression:
        # Looked for in the background: the page offers to.
        try:
            expressions.check(spec)
        except ExpressionProblem as problem:
            context["problem"] = str(problem)
            return render(request, "cases/search.html", context, status=400)
        context["units"] = expressions.unit_choices()
    elif not spec.is_empty:
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
    return to_search(project_id, spec.query())


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
    return to_search(project_id, "")


def to_search(project_id: int, query: str) -> HttpResponse:
    address = reverse("cases:search", kwargs={"project_id": project_id})
    return redirect(f"{address}?{query}" if query else address)
