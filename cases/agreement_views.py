"""Pages of the agreement in a round: the figures, the arithmetic behind one code, the report."""

from itertools import combinations

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cases import agreement_exports, tasks
from cases.agreement import (
    Agreement,
    Waiting,
    arithmetic,
    build,
    code_places,
    measure_words,
    methods,
    read_spec,
    stamp,
    trend,
)
from cases.agreement.figures import advice_words
from cases.agreement.over_time import same_coder_twice
from cases.agreement.places import spots
from cases.agreement.report import unit_sentence
from cases.agreement.spec import INTERVALS, AgreementSpec
from cases.agreement.words import unit_choices
from cases.services.agreement import record_agreement_export
from coding import agreement as evidence
from coding.agreement import Evidence
from projects import jobs
from projects.tasks import enqueue

PLACES_PAGE = 25
SOURCES_SHOWN = 50


def _here(request: HttpRequest, round_id: int) -> tuple[Evidence, list[Evidence], AgreementSpec]:
    """The round that is asked for among all that may be seen, and what is asked of it."""
    access = request.access
    held = evidence.opened(access, round_id)
    every = evidence.evidences(access, list(evidence.rounds(access)))
    here = next(one for one in every if one.round.pk == held.pk)
    return here, every, read_spec(here, request.GET)


def _only(request: HttpRequest, round_id: int) -> tuple[Evidence, AgreementSpec]:
    access = request.access
    here = evidence.evidence(access, evidence.opened(access, round_id))
    return here, read_spec(here, request.GET)


def _to_page(request: HttpRequest, here: Evidence, spec: AgreementSpec) -> HttpResponse:
    page = {"project_id": request.access.project.pk, "round_id": here.round.pk}
    query = spec.query()
    return redirect(reverse("cases:agreement", kwargs=page) + (f"?{query}" if query else ""))


@require_GET
def page(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    access = request.access
    here, every, spec = _here(request, round_id)
    found = build(access, here, spec)
    context = {
        "round": here.round,
        "here": here,
        "spec": spec,
        "query": spec.query(),
        "unit": spec.unit or here.round.unit,
        "units": unit_choices(),
        "intervals": list(zip(INTERVALS, (_("jackknife"), _("bootstrap")), strict=True)),
        "waiting": found if isinstance(found, Waiting) else None,
    }
    if isinstance(found, Agreement):
        names = measure_words(found.n_coders)
        course = trend(access, found, every)
        context |= {
            "found": found,
            "names": names,
            "measures": list(names.items()),
            "pair_name": measure_words(2)[found.measure],
            # For two coders Conger's kappa is Cohen's: the name that is right for all rounds.
            "trend_name": measure_words(course.coders)[found.measure],
            "against": [(label, found.n_of(label), figures) for label, figures in found.against],
            "pair_sizes": _pair_sizes(found),
            "sentence": unit_sentence(found),
            "columns": _columns(found, names),
            "advice": advice_words() if access.project.agreement_advice else {},
            "trend": course,
            "twice": same_coder_twice(found, every),
            "notes": stamp(found),
            "sources_shown": SOURCES_SHOWN,
            "tops": _tops(here, spec),
        }
    return render(request, "cases/agreement.html", context)


def _tops(here: Evidence, spec: AgreementSpec) -> list[evidence.CodeLine]:
    """The codes to choose from: those that are compared, or the branches they lie in."""
    if not spec.rolled_up:
        return here.codes
    return [here.every.lines[pk] for pk in dict.fromkeys(line.top for line in here.codes)]


def _pair_sizes(found: Agreement) -> list[tuple[str, str, int]]:
    labels = [label for _pk, label in found.coders]
    return [(one, other, found.n_of(one, other)) for one, other in combinations(labels, 2)]


def _columns(found: Agreement, names: dict[str, str]) -> list[dict[str, str]]:
    """The heads of the table of codes, each with the address that sorts by it."""
    heads = {"code": _("Code"), "applications": _("Applied"), "prevalence": _("Prevalence")}
    order = ("percent", "f1", "alpha", "kappa", "ac1", "pabak")
    heads |= {name: names[name][:1].upper() + names[name][1:] for name in order}
    spec = found.spec
    return [
        {
            "key": key,
            "label": label,
            "query": spec.sorted_by(key),
            "sorted": ("descending" if spec.down else "ascending") if spec.sort == key else "",
        }
        for key, label in heads.items()
    ]


@require_POST
def count(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    """Have a large round counted by a job."""
    access = request.access
    access.require("code")
    here, spec = _only(request, round_id)
    params = {
        "round": here.round.pk,
        "unit": spec.unit or here.round.unit,
        "query": spec.query(),
    }
    job = jobs.create(access, kind=tasks.AGREEMENT, params=params)
    enqueue(job)
    return redirect("projects:job", project_id=project_id, job_id=job.pk)


@require_GET
def code(request: HttpRequest, project_id: int, round_id: int, code_id: int) -> HttpResponse:
    """The arithmetic behind one code, and its passages: from the coefficient to the words."""
    access = request.access
    here, spec = _only(request, round_id)
    if code_id not in here.every.lines:
        raise Http404
    found = build(access, here, spec)
    if isinstance(found, Waiting):
        return _to_page(request, here, spec)
    line = here.every.lines[code_id]
    sums = arithmetic(found, code_id)
    row = next((row for row in found.code_rows if row.code.id == code_id), None)
    try:
        source = int(request.GET["in"]) if request.GET.get("in") else None
    except ValueError:
        raise Http404 from None
    places = code_places(found, line, source)
    shown = Paginator(places.found, PLACES_PAGE).get_page(request.GET.get("page"))
    context = {
        "round": here.round,
        "found": found,
        "spec": spec,
        "query": spec.query(),
        "page_query": spec.query(**{"in": source}),
        "code": line,
        "row": row,
        "coders": found.coders,
        "sums": sums,
        "sentence": unit_sentence(found),
        "names": measure_words(found.n_coders),
        "places": places,
        "source": source,
        "page": shown,
        "spots": spots(found, list(shown.object_list)),
    }
    return render(request, "cases/agreement_code.html", context)


@require_GET
def report(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    """The methods paragraph, and everything to take away."""
    access = request.access
    here, spec = _only(request, round_id)
    found = build(access, here, spec)
    if isinstance(found, Waiting):
        return _to_page(request, here, spec)
    formats = [
        ("docx", _("Word (DOCX): paragraph and tables")),
        ("xlsx", _("Excel (XLSX): all tables, with a, b, c, d")),
        ("codes", _("CSV: codes")),
        ("pairs", _("CSV: codes and pairs of coders, with a, b, c, d")),
        ("coders", _("CSV: coders")),
        ("sources", _("CSV: sources")),
        ("confusion", _("CSV: confused codes")),
    ]
    if found.unit != "overlap":
        formats.append(("units", _("CSV: every unit and coder (raw, for R)")))
    context = {
        "round": here.round,
        "found": found,
        "spec": spec,
        "query": spec.query(),
        "paragraph": " ".join(methods(found)),
        "formats": formats,
        "notes": stamp(found),
        "sha256": agreement_exports.sha256(found) if found.rows is not None else "",
    }
    return render(request, "cases/agreement_report.html", context)


@require_GET
def export(request: HttpRequest, project_id: int, round_id: int, fmt: str) -> HttpResponse:
    access = request.access
    access.require("export")
    here, spec = _only(request, round_id)
    if fmt not in agreement_exports.FORMATS:
        raise Http404
    found = build(access, here, spec)
    if isinstance(found, Waiting):
        return _to_page(request, here, spec)
    try:
        response = _file(found, fmt)
    except ValidationError as problem:
        return render(
            request,
            "cases/agreement_report.html",
            {"round": here.round, "spec": spec, "query": spec.query(), "problem": problem.message},
            status=400,
        )
    name = agreement_exports.name_of(found, fmt)
    record_agreement_export(
        access=access,
        held=here.round,
        name=name,
        query=spec.query(),
        sha256=agreement_exports.sha256(found),
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _file(found: Agreement, fmt: str) -> HttpResponse | StreamingHttpResponse:
    if fmt == "units":
        lines = agreement_exports.unit_lines(found)
        return StreamingHttpResponse(lines, content_type=agreement_exports.CSV)
    file = agreement_exports.export(found, fmt)
    return HttpResponse(file.content, content_type=file.content_type)
