"""Pages of participants: the list, one of them, and the form.

What may show a real name is kept by no cache, the browser's own included.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import people
from cases.forms import ParticipantForm
from cases.services.participants import save_participant
from coding import people as speaking
from coding.sealing import Unreadable

PAGE = 100


@require_GET
def participant_list(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    filters = people.read_filters(access, request.GET)
    table = people.table(access, filters)
    asked = {
        "q": filters.text,
        "case": filters.case,
        "role": filters.role,
        "consent": filters.consent,
    }
    context = {
        "table": table,
        "page": Paginator(table.rows, PAGE).get_page(request.GET.get("page")),
        "filters": filters,
        "query": urlencode([(name, value) for name, value in asked.items() if value]),
        "consents": [
            (f"{key}:{answer}", f"{label}: {words}")
            for key, label in people.CONSENTS
            for answer, words in people.ANSWERS
        ],
    }
    return render(request, "cases/participants.html", context)


@require_GET
def participant(request: HttpRequest, project_id: int, participant_id: int) -> HttpResponse:
    access = request.access
    person = speaking.participant(access, participant_id)
    context: dict[str, Any] = {
        "portrait": people.portrait(access, person),
        "consents": people.consents(person),
    }
    if access.may["see_identities"]:
        context["real_name"], context["lost"] = _real_name(request, person)
    response = render(request, "cases/participant.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, project_id: int, participant_id: int | None = None) -> HttpResponse:
    """Add somebody, or change them."""
    access = request.access
    access.require("edit_participants")
    person = speaking.participant(access, participant_id) if participant_id is not None else None
    name, lost = (None, False)
    if access.may["see_identities"]:
        name, lost = _real_name(request, person) if person else ("", False)
    form = ParticipantForm(
        request.POST or None,
        participant=person,
        cases=people.case_choices(access),
        own_cases=people.case_ids_of(person) if person else (),
        variables=people.variables(access),
        values=people.values_of(person) if person else {},
        real_name=name,
        lost=lost,
    )
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_participant(access=access, participant=person, **form.arguments())
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("cases:participant", project_id=project_id, participant_id=saved.pk)
    context = {"form": form, "person": person}
    status = 400 if form.is_bound else 200
    response = render(request, "cases/participant_form.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _real_name(request: HttpRequest, person: Any) -> tuple[str, bool]:
    """The name, and whether there is one that cannot be opened."""
    try:
        return speaking.real_name(request.access, person), False
    except Unreadable:
        return "", True
