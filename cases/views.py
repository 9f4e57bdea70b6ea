"""Pages of cases, the import of a study, and the matrix."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import exports, matrix, passages, queries, tasks
from cases.core.counting import UNITS
from cases.forms import CodersForm, StudyUploadForm
from cases.services.matrix import record_export
from coding import queries as coding_queries
from projects import jobs
from projects import queries as project_queries
from projects.access import Access
from projects.tasks import enqueue

PASSAGES_PAGE = 50


@require_GET
def case_list(request: HttpRequest, project_id: int) -> HttpResponse:
    return render(request, "cases/list.html", queries.case_table(request.access))


# --- import --------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def import_study(request: HttpRequest, project_id: int) -> HttpResponse:
    """Upload a study folder. It is read and checked by a job; nothing is created yet."""
    access = request.access
    access.require("import_data")
    form = StudyUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        study = form.cleaned_data["study"]
        job = jobs.create(access, kind=tasks.CHECK, upload=study, upload_name=study.name)
        enqueue(job)
        return redirect("projects:job", project_id=project_id, job_id=job.pk)
    context = {
        "form": form,
        "limit_mb": settings.MAX_UPLOAD_MB,
        "jobs": project_queries.recent_jobs(access),
    }
    return render(request, "cases/import.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def import_plan(request: HttpRequest, project_id: int, job_id: int) -> HttpResponse:
    """The dry run: what would be created, and every problem. Confirming starts the import."""
    access = request.access
    access.require("import_data")
    check = project_queries.job(access, job_id)
    if check.kind != tasks.CHECK:
        raise Http404
    if check.state != check.State.DONE:
        return redirect("projects:job", project_id=project_id, job_id=job_id)
    plan = check.result
    form = CodersForm(
        request.POST or None,
        coders=plan["coders"],
        members=list(project_queries.members(access)),
    )
    if request.method == "POST" and plan["ok"] and form.is_valid():
        params = {"check": check.pk, "coders": form.mapping()}
        job = jobs.create(access, kind=tasks.IMPORT, params=params)
        enqueue(job)
        return redirect("projects:job", project_id=project_id, job_id=job.pk)
    counts = plan["counts"]
    context = {
        "check": check,
        "plan": plan,
        "form": form,
        "coder_fields": [(field, plan["coders"][field.label]) for field in form],
        "shown": tasks.SHOWN,
        "tiles": [
            (_("Cases"), counts["cases"]),
            (_("Participants"), counts["participants"]),
            (_("Documents"), counts["documents"]),
            (_("Codes"), counts["codes"]),
            (_("Codings"), counts["codings"]),
        ],
    }
    return render(request, "cases/import_plan.html", context)


# --- the matrix ----------------------------------------------------------------------------------


def _matrix(request: HttpRequest, access: Access) -> matrix.Matrix:
    return matrix.build(access, matrix.read_spec(access, request.GET))


@require_GET
def matrix_page(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    table = _matrix(request, access)
    context = {
        "matrix": table,
        "spec": table.spec,
        # Two names for one figure: "% of turns" is offered, "per 100 turns" still answers.
        "units": [
            unit
            for unit in UNITS.values()
            if unit.key != "per_100_turns" or unit.key == table.spec.unit
        ],
        "layers": [
            ("union", _("all chosen coders together")),
            ("consensus", _("only what two or more coders agree on")),
            *(
                [("agreed", _("the agreed coding, where there is one"))]
                if table.spec.layer == "agreed" or coding_queries.any_opened(access)
                else []
            ),
        ],
        "kinds": queries.kinds_present(access),
        "coders": table.with_codings,
        "codes": [n for n in coding_queries.codebook(access) if n.children or n.depth == 0],
        "query": table.spec.query(),
        "formats": [
            ("xlsx", _("Excel (XLSX): as seen, tidy, rules")),
            ("tidy", _("CSV, tidy: one line per case and code")),
            ("wide", _("CSV, wide: as seen")),
        ],
    }
    return render(request, "cases/matrix.html", context)


@require_GET
def cell(request: HttpRequest, project_id: int) -> HttpResponse:
    """The list behind one cell: as many entries as its number says."""
    access = request.access
    table = _matrix(request, access)
    try:
        row, column = int(request.GET.get("row", "")), int(request.GET.get("column", ""))
    except ValueError:
        raise Http404 from None
    found = next(
        (c for r, line in table.table for c in line if r.id == row and c.node.code.pk == column),
        None,
    )
    if found is None:
        raise Http404
    entries = passages.entries(table, found)
    page = Paginator(entries, PASSAGES_PAGE).get_page(request.GET.get("page"))
    shown = passages.lines(access, list(page.object_list))
    context = {
        "matrix": table,
        "cell": found,
        "page": page,
        "lines": shown,
        "total": len(entries),
        "heading": passages.heading(table.spec, found.state, len(entries)),
        "query": table.spec.query(),
        "cell_query": table.spec.query(row=row, column=column),
    }
    return render(request, "cases/cell.html", context)


@require_GET
def export(request: HttpRequest, project_id: int, fmt: str) -> HttpResponse:
    access = request.access
    access.require("export")
    if fmt not in exports.FORMATS:
        raise Http404
    table = _matrix(request, access)
    file = exports.export(table, fmt)
    record_export(access=access, name=file.name, query=table.spec.query(), sha256=table.sha256)
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
