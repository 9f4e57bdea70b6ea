"""Pages of auto-coding: every passage that would be coded, with a box to tick; then one batch.

What is listed comes from a search, made anew at each step, or from a job that has looked for a
regular expression.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cases import expressions, queries, search
from cases.expressions import ExpressionProblem
from cases.quotes import Quote, quotes
from cases.search import Choices, Row, SearchProblem
from cases.search_views import PAGE, to_search
from coding import queries as coding_queries
from coding.core.search_text import parse_query
from coding.services import autocode
from projects import jobs
from projects.tasks import enqueue


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be coded: ``rows`` in order, ``more`` when there are more of them than can be.

    ``tabs`` are other units to choose, ``texts`` the texts that were searched (where they may have
    changed since), ``quote`` gives rows their words.
    """

    rows: list[Row]
    more: bool
    query: str
    unit: str
    answer: list[str]
    quote: Callable[[Sequence[Row]], list[Quote]]
    known: Choices
    tabs: list[tuple[str, str]] = field(default_factory=list)
    expression: str = ""
    texts: Mapping[int, str] | None = None


@require_http_methods(["GET", "POST"])
def auto_code(request: HttpRequest, project_id: int) -> HttpResponse:
    """Auto-coding of what a search finds."""
    access = request.access
    access.require("code")
    known = search.choices(access)
    spec = search.read_spec(request.GET, known)
    if spec.is_empty:
        messages.error(request, _("Search for something first: auto-coding codes what is found."))
        return to_search(project_id, "")
    if spec.expression:
        return to_search(project_id, spec.query())
    units = search.units(spec)
    unit = request.GET.get("unit") or units[0]
    if unit not in units:
        raise Http404
    try:
        found = search.run(access, spec, known)
    except SearchProblem as problem:
        messages.error(request, str(problem))
        return to_search(project_id, spec.query())
    rows, more = search.coverage(found, unit, autocode.LIMIT)
    labels = {
        search.TURN: _("the whole turn"),
        search.SENTENCE: _("the sentence"),
        search.PASSAGE: _("the passage"),
    }
    offer = Offer(
        rows=rows,
        more=more,
        query=spec.query(),
        unit=unit,
        answer=search.in_words(found, known),
        quote=lambda part: quotes(access, part, found.query, context=unit != search.TURN),
        known=known,
        tabs=[(value, labels[value]) for value in units],
    )
    return _preview(request, offer)


@require_POST
def expression(request: HttpRequest, project_id: int) -> HttpResponse:
    """Have the expression in the address looked for; the job leads to the preview."""
    access = request.access
    access.require("code")
    spec = search.read_spec(request.GET, search.choices(access))
    unit = request.POST.get("unit", "")
    if not spec.expression or unit not in expressions.UNITS:
        raise Http404
    try:
        expressions.check(spec)
    except ExpressionProblem as problem:
        messages.error(request, str(problem))
        return to_search(project_id, spec.query())
    params = {"query": spec.query(), "unit": unit}
    job = jobs.create(access, kind=expressions.KIND, params=params)
    enqueue(job)
    return redirect("projects:job", project_id=project_id, job_id=job.pk)


@require_http_methods(["GET", "POST"])
def expression_found(request: HttpRequest, project_id: int, expression_id: int) -> HttpResponse:
    """Auto-coding of what one's own search for an expression has found."""
    access = request.access
    access.require("code")
    job = expressions.own_job(access, expression_id)
    looked = expressions.Looked.from_json(job.result)
    query, unit = job.params["query"], job.params["unit"]
    try:
        spec, known = expressions.read(access, query)
    except ExpressionProblem as problem:
        messages.error(request, str(problem))
        return to_search(project_id, "")
    changed = expressions.changed_since(access, looked)
    if changed:
        # What was found are places in another text: they are shown to nobody.
        messages.error(request, changed)
        return to_search(project_id, query)
    marks = dict(looked.places)
    offer = Offer(
        rows=list(marks),
        more=looked.more,
        query=query,
        unit=unit,
        answer=expressions.in_words(looked, unit),
        quote=lambda part: quotes(
            access, part, parse_query(""), context=unit != search.TURN, known=marks
        ),
        known=known,
        expression=spec.words,
        texts=looked.texts,
    )
    return _preview(request, offer)


def _preview(request: HttpRequest, offer: Offer) -> HttpResponse:
    """The list with its boxes; posting it codes what is ticked.

    The boxes of other pages travel with the form as a list of those that are not ticked. When the
    list is no longer the one that was shown, it is shown again.
    """
    access = request.access
    rows = offer.rows
    seen = hashlib.sha256(repr(rows).encode()).hexdigest()[:32]
    posted = request.POST if request.method == "POST" else {}
    off, number, status = set(), 1, 200
    problem = ""
    chosen = [pk for pk in map(_id, request.POST.getlist("code")) if pk is not None]
    batch = _uuid(posted.get("batch", ""))
    if posted and posted.get("seen") != seen:
        if batch and autocode.batch_events(access, batch):
            # Sent twice: what it has coded may itself have changed the list.
            return redirect("cases:auto_coded", project_id=access.project.pk, batch=batch)
        problem = _("The list has changed since it was shown. Look through it again.")
        status = 409
    elif posted:
        number = _id(posted.get("shown", "")) or 1
        off = _unticked(request, len(rows), number)
        step = posted.get("step", "")
        if step.startswith("page-"):
            number = _id(step[5:]) or 1
        else:
            batch = batch or uuid.uuid4()
            try:
                autocode.auto_code(
                    access=access,
                    passages=[row for n, row in enumerate(rows) if n not in off],
                    codes=coding_queries.codes(access, chosen),
                    query=offer.query,
                    unit=offer.unit,
                    batch=batch,
                    expression=offer.expression,
                    texts=offer.texts,
                )
            except ValidationError as error:
                problem, status = " ".join(error.messages), 400
            else:
                return redirect("cases:auto_coded", project_id=access.project.pk, batch=batch)
    page = Paginator(rows, PAGE).get_page(number)
    first = (page.number - 1) * PAGE
    shown = offer.quote(list(page.object_list))
    context: dict[str, Any] = {
        "offer": offer,
        "total": len(rows),
        "limit": autocode.LIMIT if offer.more else 0,
        "ticked": len(rows) - len(off),
        "page": page,
        "lines": [(first + n, first + n not in off, quote) for n, quote in enumerate(shown)],
        "off": ",".join(map(str, sorted(off))),
        "seen": seen,
        "batch": batch or uuid.uuid4(),
        "codes": [
            node
            for node in offer.known.codes
            if not (node.code.heading_only or node.code.retired_at)
        ],
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
        undone = kept = 0
        try:
            undone, kept = autocode.undo_batch(access=access, batch=batch)
        except ValidationError as problem:
            # A colleague's round needs the coding as it was left; none of it was taken back.
            messages.error(request, " ".join(problem.messages))
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
        "codings": sum(line["codings"] for line in lines),
        "present": sum(line["present"] for line in lines),
        "query": lines[0]["query"],
    }
    return render(request, "cases/auto_coded.html", context)
