"""Pages of the trash: putting something there, what lies in it, restoring, deleting for good."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import queries
from cases.forms import DeleteForGoodForm
from cases.services import trash
from coding import queries as coding_queries
from coding.services import trash as coding_trash

PAGE_AND_FORM = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
def trash_list(request: HttpRequest, project_id: int) -> HttpResponse:
    return render(request, "cases/trash.html", {"entries": trash.entries(request.access)})


@PAGE_AND_FORM
def source_remove(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    access = request.access
    access.require("remove_evidence")
    row = coding_queries.source(access, source_id)
    return _remove(
        request,
        name=row.title,
        back=reverse("coding:source", args=[project_id, row.pk]),
        then=reverse("coding:sources", args=[project_id]),
        plan=lambda: coding_trash.plan_remove_source(access=access, source=row),
        act=lambda batch: coding_trash.remove_source(access=access, source=row, batch=batch),
    )


@PAGE_AND_FORM
def code_remove(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    access = request.access
    access.require("edit_codebook")
    row = coding_queries.code(access, code_id)
    return _remove(
        request,
        name=row.name,
        back=reverse("coding:code", args=[project_id, row.pk]),
        then=reverse("coding:codes", args=[project_id]),
        plan=lambda: coding_trash.plan_remove_code(access=access, code=row),
        act=lambda batch: coding_trash.remove_code(access=access, code=row, batch=batch),
    )


@PAGE_AND_FORM
def case_remove(request: HttpRequest, project_id: int, case_id: int) -> HttpResponse:
    access = request.access
    access.require("remove_evidence")
    row = queries.case(access, case_id)
    cases = reverse("cases:list", args=[project_id])
    return _remove(
        request,
        name=row.name,
        back=cases,
        then=cases,
        plan=lambda: trash.plan_remove_case(access=access, case=row),
        act=lambda batch: trash.remove_case(access=access, case=row, batch=batch),
    )


def _remove(
    request: HttpRequest,
    *,
    name: str,
    back: str,
    then: str,
    plan: Callable[[], Any],
    act: Callable[[uuid.UUID | None], object],
) -> HttpResponse:
    """Says what goes along, then puts it into the trash."""
    if request.method == "POST":
        try:
            act(_key(request))
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect(back)
        said = _("“%(name)s” is in the trash. It can be restored from there.")
        messages.success(request, said % {"name": name})
        return redirect(then)
    context = {"name": name, "back": back, "plan": plan(), "key": uuid.uuid4()}
    return render(request, "cases/trash_put.html", context)


@require_POST
def trash_restore(request: HttpRequest, project_id: int, trashed: uuid.UUID) -> HttpResponse:
    try:
        name = trash.restore(access=request.access, guid=trashed)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("“%(name)s” is back where it was.") % {"name": name})
    return redirect("cases:trash", project_id=project_id)


@never_cache
@PAGE_AND_FORM
def trash_delete(request: HttpRequest, project_id: int, trashed: uuid.UUID) -> HttpResponse:
    """One thing, for good."""
    request.access.require("empty_trash")
    name = trash.name_of(request.access, trashed)
    return _for_good(request, name, trashed)


@never_cache
@PAGE_AND_FORM
def trash_empty(request: HttpRequest, project_id: int) -> HttpResponse:
    """Everything, for good."""
    request.access.require("empty_trash")
    return _for_good(request, "", None)


def _for_good(request: HttpRequest, name: str, guid: uuid.UUID | None) -> HttpResponse:
    access = request.access
    plan = (
        trash.plan_emptying(access=access)
        if guid is None
        else trash.plan_deletion(access=access, guid=guid)
    )
    posted = request.method == "POST"
    form = DeleteForGoodForm(request.POST if posted else None, token=plan.token)
    status = 400 if posted else 200
    problem = ""
    if posted and form.is_valid():
        try:
            trash.delete_for_good(access=access, confirmed=form.cleaned_data["token"], guid=guid)
        except ValidationError as conflict:
            form = DeleteForGoodForm(None, token=plan.token)
            status, problem = 409, " ".join(conflict.messages)
        else:
            messages.success(request, _("Deleted for good."))
            return redirect("cases:trash", project_id=access.project.pk)
    context = {"name": name, "plan": plan, "form": form, "problem": problem}
    return render(request, "cases/trash_delete.html", context, status=status)


def _key(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST["key"]) if request.POST.get("key") else None
    except ValueError:
        raise Http404 from None
