"""The codebook as files: taking it out, and bringing one in after a dry run."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from cases import codebook_exports, tasks
from cases.forms import CODEBOOK_LIMIT_MB, CodebookApplyForm, CodebookUploadForm
from cases.services.codebook import record_codebook_export
from projects import jobs
from projects import queries as project_queries
from projects.tasks import enqueue


@require_GET
def codebook_export(request: HttpRequest, project_id: int, fmt: str) -> HttpResponse:
    access = request.access
    access.require("export")
    if fmt not in codebook_exports.FORMATS:
        raise Http404
    try:
        file, sha256 = codebook_exports.export(access, fmt)
    except ValidationError as problem:
        messages.error(request, problem.message)
        return redirect("coding:codes", project_id=project_id)
    record_codebook_export(access=access, name=file.name, fmt=fmt, sha256=sha256)
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "POST"])
def codebook_import(request: HttpRequest, project_id: int) -> HttpResponse:
    """Upload a codebook. A job reads it and compares; nothing is changed yet."""
    access = request.access
    access.require("import_data")
    access.require("edit_codebook")
    form = CodebookUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["codebook"]
        job = jobs.create(access, kind=tasks.CODEBOOK_CHECK, upload=file, upload_name=file.name)
        enqueue(job)
        return redirect("projects:job", project_id=project_id, job_id=job.pk)
    context = {"form": form, "limit_mb": CODEBOOK_LIMIT_MB}
    status = 400 if form.is_bound else 200
    return render(request, "cases/codebook_import.html", context, status=status)


@require_http_methods(["GET", "POST"])
def codebook_plan(request: HttpRequest, project_id: int, codebook_check_id: int) -> HttpResponse:
    """The dry run: new, changed and doubtful codes. Confirming starts the import."""
    access = request.access
    access.require("import_data")
    access.require("edit_codebook")
    check = project_queries.job(access, codebook_check_id)
    if check.kind != tasks.CODEBOOK_CHECK:
        raise Http404
    if check.state != check.State.DONE:
        return redirect("projects:job", project_id=project_id, job_id=codebook_check_id)
    plan = check.result
    form = CodebookApplyForm(request.POST or None, counts=plan["counts"], modes=plan["modes"])
    # The file goes with its import, or after some days: then only the comparison is left.
    if request.method == "POST" and check.upload and form.is_valid():
        params = {"check": check.pk, "mode": form.cleaned_data["mode"]}
        job = jobs.create(access, kind=tasks.CODEBOOK_IMPORT, params=params)
        enqueue(job)
        return redirect("projects:job", project_id=project_id, job_id=job.pk)
    context = {"check": check, "plan": plan, "form": form, "shown": tasks.SHOWN}
    status = 400 if form.is_bound else 200
    return render(request, "cases/codebook_plan.html", context, status=status)
