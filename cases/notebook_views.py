"""Pages of the notebook: reading memos under filters, writing one about anything, taking them out.

A memo is removed at once; the page that follows offers to bring it back.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import notebook, notebook_exports
from cases.notebook_forms import MemoForm
from cases.services.notebook import record_notebook_export
from coding import queries, subjects
from coding.notebook import memos
from coding.services import notes
from coding.services.codings import StateConflict
from coding.subjects import Place

PAGE = 50
HERE = "object"


@require_GET
def notebook_page(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    spec, problem = notebook.read_spec(access, request.GET)
    ids = [] if problem else notebook.found(access, spec)
    page = Paginator(ids, PAGE).get_page(request.GET.get("page"))
    gone = _gone(request, spec)
    context: dict[str, Any] = {
        "spec": spec,
        "problem": problem,
        "page": page,
        "memos": notebook.memos(access, list(page.object_list), spec),
        "query": spec.query(),
        "kinds": notebook.kinds(),
        "abouts": notebook.abouts(),
        "authors": notebook.authors(access),
        "gone": gone,
        "may_restore": gone is not None and _may_change(request, gone),
        "formats": [
            ("docx", _("Word (DOCX)")),
            ("md", _("Markdown")),
            ("xlsx", _("Excel (XLSX)")),
            ("csv", _("CSV")),
        ],
        "key": uuid.uuid4(),
    }
    return render(request, "cases/notebook.html", context, status=400 if problem else 200)


def _gone(request: HttpRequest, spec: notebook.Spec) -> Any:
    """The removed memo that the page offers to bring back."""
    if spec.of and spec.place is None:
        return notebook.removed(request.access, spec.of)
    ref = subjects.parse(f"note:{request.GET.get('removed', '')}")
    return notebook.removed(request.access, ref) if ref else None


def _may_change(request: HttpRequest, note: Any) -> bool:
    access = request.access
    own = note.author_id == access.membership.pk
    return access.may["code"] and (own or access.may["change_others_notes"])


# --- writing -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def memo_new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Write a memo about what ``?about=`` names; about the project, if it names nothing."""
    access = request.access
    access.require("code")
    asked = request.GET.get("about") or f"project:{access.project.guid}"
    place = notebook.ref_or_404(access, asked)
    groups = notebook.link_choices(access, [])
    form = MemoForm(request.POST or None, groups=groups)
    if request.method == "POST" and form.is_valid():
        try:
            outcome = notes.create(
                access=access,
                about=place.ref,
                text=form.cleaned_data["text"],
                title=form.cleaned_data["title"],
                kind=form.cleaned_data["kind"],
                links=form.links_clean(),
                batch=_key(request),
            )
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, outcome.message)
            return redirect(_back(request, place))
    return _form_page(request, form, place)


@require_http_methods(["GET", "HEAD", "POST"])
def memo_edit(request: HttpRequest, project_id: int, note_id: int) -> HttpResponse:
    access = request.access
    note = queries.note(access, note_id)
    access.require("code")
    notes.check_owner(access, note)
    (shown,) = memos(access, [note]) or [None]
    if shown is None:
        raise Http404
    chosen = [link.ref for link in shown.links]
    form = MemoForm(
        request.POST or None,
        groups=notebook.link_choices(access, chosen),
        initial={
            "title": note.title,
            "kind": note.kind,
            "text": note.text,
            "links": [str(ref) for ref in chosen],
            "seen": notes.digest(note),
        },
    )
    status = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        words = notes.Words(data["text"], data["title"], data["kind"], form.links_clean())
        try:
            outcome = notes.change(
                access=access, note=note, words=words, seen=data["seen"], batch=_key(request)
            )
        except StateConflict as problem:
            form.add_error(None, problem)
            status = 409
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, outcome.message)
            return redirect(_back(request, shown.about))
    return _form_page(request, form, shown.about, note, status)


def _form_page(
    request: HttpRequest, form: MemoForm, place: Place, note: Any = None, status: int | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "place": place,
        "note": note,
        "names": notebook.names_to_mention(request.access),
        "key": _key(request) or uuid.uuid4(),
        "back": request.POST.get("back", request.GET.get("back", "")),
    }
    code = status or (400 if form.is_bound else 200)
    return render(request, "cases/memo_form.html", context, status=code)


@require_POST
def memo_remove(request: HttpRequest, project_id: int, note_id: int) -> HttpResponse:
    access = request.access
    note = queries.note(access, note_id)
    try:
        notes.remove(access=access, note=note, batch=_key(request))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    query = _filters(request)
    removed = f"removed={note.guid}"
    here = reverse("cases:notebook", args=[project_id])
    return redirect(f"{here}?{query}&{removed}" if query else f"{here}?{removed}")


@require_POST
def memo_restore(request: HttpRequest, project_id: int, note_id: int) -> HttpResponse:
    access = request.access
    note = queries.note(access, note_id)
    try:
        outcome = notes.restore(access=access, note=note, batch=_key(request))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, outcome.message)
    query = _filters(request)
    here = reverse("cases:notebook", args=[project_id])
    return redirect(f"{here}?{query}" if query else here)


def _filters(request: HttpRequest) -> str:
    """The filters of the notebook to come back to; read anew, so that nothing else is followed."""
    back = request.POST.get("back", "")
    if not back or back == HERE:
        return ""
    spec, problem = notebook.read_spec(request.access, QueryDict(back))
    return "" if problem else spec.query()


def _back(request: HttpRequest, place: Place) -> str:
    """To the page of the thing, or to the notebook's page about it."""
    if request.POST.get("back") == HERE and "?" not in place.address:
        return f"{place.address}#memos"
    here = reverse("cases:notebook", args=[request.access.project.pk])
    query = _filters(request) or f"of={place.ref}"
    return f"{here}?{query}"


def _key(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None


# --- taking out ----------------------------------------------------------------------------------


@require_GET
def export(request: HttpRequest, project_id: int, fmt: str) -> HttpResponse:
    access = request.access
    access.require("export")
    if fmt not in notebook_exports.FORMATS:
        raise Http404
    spec, problem = notebook.read_spec(access, request.GET)
    if problem:
        messages.error(request, problem)
        return redirect("cases:notebook", project_id=project_id)
    file, sha256 = notebook_exports.export(access, spec, fmt)
    record_notebook_export(access=access, name=file.name, query=spec.query(), sha256=sha256)
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
