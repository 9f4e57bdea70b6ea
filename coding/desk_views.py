"""Going through the places of an opened round: comparing, deciding, talking, learning from it."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from coding import desk, queries, tasks, version_queries
from coding.codebook_views.shared import PAGE_AND_FORM, batch_of, number
from coding.services import adjudication, notes
from coding.subjects import Ref
from projects import jobs
from projects.tasks import enqueue

OWN_PAGE = 50


@PAGE_AND_FORM
def review(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    """The sources of a round with their places, by kind; posting prepares the comparison, or takes
    back what was accepted at once."""
    access = request.access
    held = queries.opened_round(access, round_id)
    if request.method == "POST":
        access.require("adjudicate")
        if not request.POST.get("take_back"):
            job = jobs.create(access, kind=tasks.COMPARISONS, params={"round": held.pk})
            enqueue(job)
            return redirect("projects:job", project_id=project_id, job_id=job.pk)
        _take_back(request, held)
        return redirect("coding:round_review", project_id=project_id, round_id=round_id)
    sieve = desk.read_sieve(access, held, request.GET)
    lines = desk.source_lines(access, held, sieve)
    places = sum(line.places for line in lines)
    waiting = sum(line.open for line in lines)
    context = _context(request, held, sieve) | {
        "lines": lines,
        "places": places,
        "waiting": waiting,
        "looked": places - waiting,
        "prepared": queries.prepared(access, held),
        "done": request.GET.get("done", ""),
    }
    return render(request, "coding/round_review.html", context)


@require_GET
def one_source(
    request: HttpRequest, project_id: int, round_id: int, source_id: int
) -> HttpResponse:
    """One text with a lane for each coder, its places beside it, one of them in hand."""
    access = request.access
    held = queries.opened_round(access, round_id)
    source = queries.source(access, source_id)
    sieve = desk.read_sieve(access, held, request.GET)
    at = number(request.GET["at"]) if request.GET.get("at") else None
    context = _context(request, held, sieve) | {
        "source": source,
        "desk": desk.desk(access, held, source, sieve, at),
        "may_decide": access.may["adjudicate"] and held.state == held.State.OPENED,
        "done": request.GET.get("done", ""),
        # Sent twice, a decision acts once.
        "key": uuid.uuid4(),
    }
    return render(request, "coding/round_source.html", context)


def _context(request: HttpRequest, held: Any, sieve: desk.Sieve) -> dict[str, Any]:
    access = request.access
    names = queries.names_of(access)
    coders = sorted(set(held.assignments.values_list("coder", flat=True)), key=lambda pk: names[pk])
    pairs = [
        (
            f"{one}-{other}",
            _("%(one)s and %(other)s") % {"one": names[one], "other": names[other]},
        )
        for n, one in enumerate(coders)
        for other in coders[n + 1 :]
    ]
    return {
        "round": held,
        "sieve": sieve,
        "query": sieve.query(),
        "kinds": desk.KINDS,
        "nodes": queries.codebook(access, merged=True),
        "pairs": [] if queries.nameless(held) else pairs,
        "nameless": queries.nameless(held),
    }


@PAGE_AND_FORM
def comparison(
    request: HttpRequest, project_id: int, round_id: int, source_id: int, comparison_id: int
) -> HttpResponse:
    """Decide about a place, or take that back, and go on to the next; GET leads to the place."""
    access = request.access
    held = queries.opened_round(access, round_id)
    source = queries.source(access, source_id)
    row = queries.comparison(access, held, source, comparison_id)
    if request.method != "POST":
        return _to_place(request, row, desk.Sieve(), at=row.pk)
    access.require("adjudicate")
    sieve = desk.read_sieve(access, held, request.POST)
    if request.POST.get("take_back"):
        _take_back(request, held)
        return _to_place(request, row, sieve, at=row.pk)
    try:
        done = _decide(request, source, row)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return _to_place(request, row, sieve, at=row.pk)
    following = desk.next_open(access, held, source, sieve, row.pk)
    said = done.message
    if following is None:
        said += " " + _("Nothing more waits in this source.")
    messages.success(request, said)
    return _to_place(request, row, sieve, at=following or row.pk, done=done.batch)


def _decide(request: HttpRequest, source: Any, row: Any) -> adjudication.Decided:
    post = request.POST
    decision, coder, hand = post.get("decision", ""), None, None
    quote = post.get("quote", "").replace("\r\n", "\n")
    if decision.startswith("take:"):
        lane = next(
            (lane for lane in queries.lanes(row.round, source) if lane.letter == decision[5:]), None
        )
        decision, coder = "taken", lane.coder if lane else None
    elif decision == "edited":
        if post.get("start") and post.get("end"):
            hand = (number(post["start"]), number(post["end"]))
        else:
            quote = quote.strip()
            hand = version_queries.find_quote(source, quote, row.start)
    elif decision == "reopen":
        decision = ""
    elif not decision:
        raise ValidationError(_("Say what is agreed on here."))
    return adjudication.decide(
        access=request.access,
        compared=row,
        decision=decision,
        coder=coder,
        hand=hand,
        quote=quote,
        why=post.get("why", ""),
        batch=batch_of(post["key"]) if post.get("key") else None,
    )


def _take_back(request: HttpRequest, held: Any) -> None:
    try:
        done = adjudication.take_back(
            access=request.access, held=held, batch=batch_of(request.POST["take_back"])
        )
        messages.info(request, done.message)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))


def _to_place(request: HttpRequest, row: Any, sieve: desk.Sieve, **more: Any) -> HttpResponse:
    where = [request.access.project.pk, row.round_id, row.source_id]
    return redirect(f"{reverse('coding:round_source', args=where)}?{sieve.query(**more)}")


@PAGE_AND_FORM
def say(
    request: HttpRequest, project_id: int, round_id: int, source_id: int, comparison_id: int
) -> HttpResponse:
    """Add to the thread of a place: a memo about it."""
    access = request.access
    access.require("code")
    held = queries.opened_round(access, round_id)
    source = queries.source(access, source_id)
    row = queries.comparison(access, held, source, comparison_id)
    sieve = desk.read_sieve(access, held, request.POST)
    if request.method != "POST":
        return _to_place(request, row, sieve, at=row.pk)
    try:
        notes.create(
            access=access,
            about=Ref("comparison", row.guid),
            text=request.POST.get("text", ""),
            batch=batch_of(request.POST["key"]) if request.POST.get("key") else None,
        )
        messages.success(request, _("Your comment is saved."))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return _to_place(request, row, sieve, at=row.pk)


@PAGE_AND_FORM
def accept(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    """How many agreed places wait, and what accepting them does; then accept them."""
    access = request.access
    access.require("adjudicate")
    held = queries.opened_round(access, round_id)
    asked = request.POST.get("source") or request.GET.get("source")
    source = queries.source(access, number(asked)) if asked else None
    if request.method == "POST":
        try:
            done = adjudication.accept_agreed(
                access=access,
                held=held,
                source=source,
                batch=batch_of(request.POST["key"]) if request.POST.get("key") else None,
            )
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("coding:round_review", project_id=project_id, round_id=round_id)
        messages.success(request, done.message)
        here = reverse("coding:round_review", args=[project_id, round_id])
        return redirect(f"{here}?done={done.batch}")
    context = {
        "round": held,
        "source": source,
        "plan": adjudication.plan_agreed(access=access, held=held, source=source),
        "closed": held.state != held.State.OPENED,
        "key": uuid.uuid4(),
    }
    return render(request, "coding/round_accept.html", context)


@require_GET
def mine(request: HttpRequest, project_id: int, round_id: int) -> HttpResponse:
    """One's own passages beside what was agreed on, with the reasons."""
    access = request.access
    held = queries.opened_round(access, round_id)
    outcome = request.GET.get("outcome", "")
    if outcome and outcome not in desk.OUTCOMES:
        raise Http404
    own = desk.own(access, held)
    asked = [line for line in own.lines if not outcome or line.outcome == outcome]
    page = Paginator(asked, OWN_PAGE).get_page(request.GET.get("page"))
    context = {
        "round": held,
        "own": own,
        "outcome": outcome,
        "outcomes": desk.outcome_words(),
        "page": page,
        "lines": desk.with_words(access, list(page)),
        "query": f"outcome={outcome}" if outcome else "",
    }
    return render(request, "coding/round_own.html", context)
