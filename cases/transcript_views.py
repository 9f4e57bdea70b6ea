"""Pages on which transcripts come in: the upload, what was found in it, one file, the outcome."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from cases import batches, queries
from cases.core.transcript_batch import Status, Take, clock, format_label
from cases.services import transcripts as service
from cases.transcript_forms import FileForm, TranscriptsForm
from projects import jobs
from projects import queries as project_queries
from projects.access import Access
from projects.tasks import enqueue

# The colour and the words of each standing, in the order of the tiles.
WORDS = {
    Status.READY: ("badge-ok", gettext_lazy("ready")),
    Status.DECIDE: ("badge-warn", gettext_lazy("needs a decision")),
    Status.DUPLICATE: ("", gettext_lazy("duplicate")),
    Status.REFUSED: ("badge-danger", gettext_lazy("refused")),
    Status.LEFT_OUT: ("", gettext_lazy("left out")),
    Status.IMPORTED: ("badge-accent", gettext_lazy("imported")),
    Status.WAITING: ("", gettext_lazy("not read yet")),
}
OUTCOMES = {
    service.CREATED: ("badge-ok", gettext_lazy("imported")),
    service.DUPLICATE: ("", gettext_lazy("duplicate")),
    service.REFUSED: ("badge-danger", gettext_lazy("refused")),
    "": ("", gettext_lazy("not reached")),
}


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, project_id: int) -> HttpResponse:
    """Take files in. They are read by a job; nothing of them is looked at here."""
    access = request.access
    access.require("import_data")
    form = TranscriptsForm(
        request.POST or None, request.FILES or None, cases=list(queries.cases(access))
    )
    if request.method == "POST" and form.is_valid():
        files = form.cleaned_data["files"]
        with service.packed(files) as (bundle, index):
            check = jobs.create(
                access,
                kind=batches.CHECK,
                params={"files": index, "given": form.given()},
                upload=bundle,
                upload_name=_name(index),
            )
        enqueue(check)
        address = reverse("projects:job", kwargs={"project_id": project_id, "job_id": check.pk})
        # The page's script sends the form itself, to show how far it is.
        if _asks_for_json(request):
            return JsonResponse({"next": address}, status=201)
        return redirect(address)
    if request.method == "POST" and _asks_for_json(request):
        problems = [text for texts in form.errors.values() for text in texts]
        return JsonResponse({"problems": problems}, status=400)
    context = {
        "form": form,
        "limits": {
            "files": settings.MAX_TRANSCRIPTS,
            "file_mb": settings.MAX_TRANSCRIPT_MB,
            "total_mb": settings.MAX_UPLOAD_MB,
        },
        "jobs": project_queries.recent_jobs(access),
    }
    return render(request, "cases/transcripts.html", context, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, project_id: int, check_id: int) -> HttpResponse:
    """Every file with how it stands; from here decisions are made and the import is started."""
    access = request.access
    access.require("import_data")
    check = batches.check(access, check_id)
    if check.is_open:
        return redirect("projects:job", project_id=project_id, job_id=check_id)
    lines = batches.files(access, check)
    if not lines:
        return redirect("projects:job", project_id=project_id, job_id=check_id)
    if request.method == "POST":
        return _plan_posted(request, access, check, lines)
    counts = batches.counts(lines)
    context = {
        "check": check,
        "lines": [_row(line) for line in lines],
        "counts": {status.value: n for status, n in counts.items()},
        "tiles": [
            (WORDS[status][1], counts[status])
            for status in WORDS
            if counts[status] or status in (Status.READY, Status.DECIDE)
        ],
        "imports": batches.imports(access, check),
        "notes": check.result.get("notes", []),
    }
    return render(request, "cases/transcripts_plan.html", context)


def _plan_posted(request: HttpRequest, access: Access, check: Any, lines: list[Any]) -> Any:
    page = {"project_id": access.project.pk, "check_id": check.pk}
    here = reverse("cases:transcripts_plan", kwargs=page)
    for take in (Take.YES, Take.NO, Take.UNDECIDED):
        if chosen := request.POST.get(f"take_{take.value or 'open'}"):
            wanted = [
                line
                for line in lines
                if (chosen == "all" and line.status == Status.DECIDE and not line.must_change)
                or str(line.id) == chosen
            ]
            if not wanted:
                raise Http404
            service.decide(access=access, check=check, steps=[x.id for x in wanted], take=take)
            return redirect(f"{here}#file-{wanted[0].number}")
    if "discard" in request.POST:
        service.discard(access=access, check=check)
        messages.success(request, _("The upload is deleted."))
        return redirect(here)
    running = next((job for job in batches.imports(access, check) if job.is_open), None)
    if running is None:
        ready = [line.id for line in lines if line.status == Status.READY]
        if not ready or not check.upload:
            messages.error(request, _("There is nothing to import here now."))
            return redirect(here)
        params = {"check": check.pk, "batch": str(uuid.uuid4()), "steps": ready}
        running = jobs.create(
            access, kind=batches.IMPORT, params=params, upload_name=check.upload_name
        )
        enqueue(running)
    return redirect("projects:job", project_id=access.project.pk, job_id=running.pk)


@require_http_methods(["GET", "POST"])
def one_file(request: HttpRequest, project_id: int, check_id: int, step_id: int) -> HttpResponse:
    """One file: how it was read, sample turns, and everything that can be chosen for it."""
    access = request.access
    access.require("import_data")
    check = batches.check(access, check_id)
    row = batches.step(access, check, step_id)
    lines = batches.files(access, check)
    line = next(line for line in lines if line.id == row.pk)
    form = None
    if line.can_be_read and check.upload:
        form = FileForm(
            request.POST or None,
            settings=line.settings,
            recorded=line.found.get("recorded"),
            cases=list(queries.cases(access)),
            participants=batches.participants(access),
        )
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            return _file_posted(request, access, check, lines, line, form.chosen())
    place = lines.index(line)
    context = {
        "check": check,
        "line": line,
        "row": _row(line),
        "form": form,
        "format": format_label(line.found.get("format", "")),
        "samples": [
            {**sample, "time": clock(sample["start"])} for sample in line.said.get("samples", [])
        ],
        "others": [format_label(key) for key in line.said.get("others", [])],
        "alike": [other for other in _alike(lines, line) if other.id != line.id],
        "before": lines[place - 1] if place else None,
        "after": lines[place + 1] if place + 1 < len(lines) else None,
        "twin": lines[line.standing.twin] if line.standing.twin is not None else None,
    }
    status = 400 if form is not None and form.is_bound else 200
    return render(request, "cases/transcripts_file.html", context, status=status)


def _alike(lines: list[Any], line: Any) -> list[Any]:
    """The files that were read as the same format, this one among them."""
    return [
        other
        for other in lines
        if other.can_be_read and other.found.get("format") == line.found.get("format")
    ]


def _file_posted(
    request: HttpRequest, access: Access, check: Any, lines: list[Any], line: Any, chosen: Any
) -> HttpResponse:
    before = line.settings.choices
    service.set_up_file(access=access, check=check, step=line.step, settings=chosen)
    page = {"project_id": access.project.pk, "check_id": check.pk}
    here = reverse("cases:transcripts_file", kwargs={**page, "step_id": line.id})
    again = [line.id] if chosen.choices != before or "again" in request.POST else []
    if "all" in request.POST:
        alike = [other.id for other in _alike(lines, line) if other.id != line.id]
        again += service.set_choices(
            access=access, check=check, steps=alike, choices=chosen.choices
        )
        here = reverse("cases:transcripts_plan", kwargs=page)
    for take in ("yes", "no", "open"):
        if f"take_{take}" in request.POST:
            service.decide(
                access=access,
                check=check,
                steps=[line.id],
                take=Take.UNDECIDED if take == "open" else Take(take),
            )
            here = reverse("cases:transcripts_plan", kwargs=page) + f"#file-{line.number}"
    if not again:
        messages.success(request, _("Saved."))
        return redirect(here)
    job = jobs.create(
        access,
        kind=batches.READ_AGAIN,
        params={"check": check.pk, "steps": again, "next": here},
        upload_name=line.name if len(again) == 1 else check.upload_name,
    )
    enqueue(job)
    return redirect("projects:job", project_id=access.project.pk, job_id=job.pk)


@require_GET
def done(request: HttpRequest, project_id: int, import_id: int) -> HttpResponse:
    """What became of each file of an import."""
    access = request.access
    access.require("import_data")
    job = project_queries.job(access, import_id)
    if job.kind != batches.IMPORT:
        raise Http404
    if job.is_open:
        return redirect("projects:job", project_id=project_id, job_id=job.pk)
    outcomes = batches.outcomes(access, job)
    tally = {key: sum(row.outcome == key for row in outcomes) for key in OUTCOMES}
    context = {
        "job": job,
        "check": batches.check(access, job.params["check"]),
        "rows": [(row, *OUTCOMES[row.outcome]) for row in outcomes],
        "tiles": [
            (words, tally[key])
            for key, (_badge, words) in OUTCOMES.items()
            if tally[key] or key == service.CREATED
        ],
        "undecided": len(frozenset().union(*(row.unmatched for row in outcomes))),
    }
    return render(request, "cases/transcripts_done.html", context)


def _name(index: list[dict[str, Any]]) -> str:
    """What an upload is called on pages and in the history."""
    if len(index) == 1:
        return str(index[0]["name"])
    return ngettext("%(n)d file", "%(n)d files", len(index)) % {"n": len(index)}


def _row(line: Any) -> dict[str, Any]:
    badge, words = WORDS[line.status]
    return {
        "line": line,
        "badge": badge,
        "words": words,
        "format": format_label(line.found.get("format", "")),
    }


def _asks_for_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
