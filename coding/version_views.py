"""Pages of corrections: correct, preview, versions, compare, restore, passages to decide."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from coding import queries, version_queries
from coding.services import versions
from coding.version_forms import CorrectionForm, PlacementForm, ReasonForm

# Changed places that are shown; the rest is counted.
SHOWN = 200


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    """Change the text, or send a corrected file; then see what it would do; then do it."""
    access = request.access
    access.require("correct_sources")
    source = queries.source(access, source_id)
    if request.method != "POST":
        text = queries.text(source)
        form = CorrectionForm(initial={"text": text, "expected_version": source.version})
        return render(request, "coding/correct.html", {"source": source, "form": form})
    form = CorrectionForm(request.POST, request.FILES)
    reason = ReasonForm(request.POST if request.POST.get("action") == "apply" else None)
    if not form.is_valid() or request.POST.get("action") == "edit":
        return _edit_again(request, source, form)
    data = form.cleaned_data
    if reason.is_bound and reason.is_valid():
        try:
            done = versions.replace_text(
                access=access,
                source=source,
                text=data["text"],
                expected_version=data["expected_version"],
                because=data["because"],
                comment=reason.cleaned_data["comment"],
                batch=reason.cleaned_data["key"],
            )
        except ValidationError as problem:
            form.add_error(None, problem)
            return _edit_again(request, queries.source(access, source_id), form)
        return _done(request, source, done)
    try:
        versions.expect_version(source, data["expected_version"])
        plan = versions.plan_correction(access, source, data["text"])
    except ValidationError as problem:
        form.add_error(None, problem)
        return _edit_again(request, source, form)
    if not reason.is_bound:
        reason = ReasonForm(initial={"key": uuid.uuid4()})
    context = {
        "text": plan.new,
        "expected_version": data["expected_version"],
        "because": data["because"],
        "reason": reason,
    }
    return _preview(request, plan, context)


def _edit_again(request: HttpRequest, source: Any, form: CorrectionForm) -> HttpResponse:
    """The form with what was written. Who was too slow goes on from there against the text as it
    is now, and is told so: otherwise they would take back, unseen, what somebody else corrected."""
    bound = form.data.copy()  # type: ignore[attr-defined]
    if form.cleaned_data.get("text"):
        bound["text"] = form.cleaned_data["text"].replace("\r\n", "\n")
    late = False
    try:
        versions.expect_version(source, form.cleaned_data.get("expected_version", source.version))
    except ValidationError as problem:
        late = True
        if not form.has_error(NON_FIELD_ERRORS, problem.code):
            form.add_error(None, problem)
        form.add_error(
            None,
            _(
                "Your text stands below. What has been corrected since is not in it: the preview "
                "shows what your text would change, also what it would take back."
            ),
        )
    bound["expected_version"] = source.version
    again = CorrectionForm(bound)
    again.is_valid()
    again._errors = form.errors
    status = 409 if late else 200
    return render(request, "coding/correct.html", {"source": source, "form": again}, status=status)


def _preview(request: HttpRequest, plan: versions.Plan, context: dict[str, Any]) -> HttpResponse:
    places = version_queries.Places(plan.old, plan.edits, SHOWN)
    counts = plan.counts
    rows = [
        (_("unchanged"), _("The passage stands where it stood."), counts["unchanged"]),
        (_("moved along"), _("The same words, at another place in the text."), counts["moved"]),
        (
            _("changed inside"),
            _("First and last word stay; words between them are others now."),
            counts["inside"],
        ),
        (
            _("to be reviewed"),
            _("The beginning or the end was changed: somebody has to look."),
            counts["uncertain"],
        ),
        (
            _("to be reviewed: nothing left"),
            _("The words are gone; the coding is put aside until somebody decides."),
            counts["lost"],
        ),
    ]
    context |= {
        "source": plan.source,
        "plan": plan,
        "rows": rows,
        "places": places,
        "turns": plan.turn_changes,
    }
    return render(request, "coding/correct_preview.html", context)


def _done(request: HttpRequest, source: Any, done: Any) -> HttpResponse:
    place = {"project_id": request.access.project.pk, "source_id": source.pk}
    sentence = _("“%(title)s” is at version %(n)s now; every coding was carried along.") % {
        "title": source.title,
        "n": done.version,
    }
    waiting = done.counts["to_review"]
    if waiting:
        sentence += " " + ngettext(
            "%(n)s passage has to be looked at.", "%(n)s passages have to be looked at.", waiting
        ) % {"n": waiting}
    if done.counts["made_one"]:
        sentence += " " + ngettext(
            "%(n)s coding became equal to another of the same person and code and was made one "
            "with it, with its memos.",
            "%(n)s codings became equal to others of the same person and code and were made one "
            "with them, with their memos.",
            done.counts["made_one"],
        ) % {"n": done.counts["made_one"]}
    messages.success(request, sentence)
    return redirect("coding:reviews" if waiting else "coding:versions", **place)


@require_GET
def version_list(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    access = request.access
    source = queries.source(access, source_id)
    context = {
        "source": source,
        "versions": version_queries.versions(access, source),
        "waiting": version_queries.open_reviews(access, source).count(),
    }
    return render(request, "coding/versions.html", context)


@require_GET
def version(request: HttpRequest, project_id: int, source_id: int, number: int) -> HttpResponse:
    """One version as it was, at an address that stays."""
    access = request.access
    source = queries.source(access, source_id)
    text = version_queries.version_text(access, source, number)
    turns = [
        turn
        | {"label": text[turn["start"] : turn["body_start"]].strip().rstrip(":")}
        | {"body": text[turn["body_start"] : turn["end"]]}
        | {"line": text.count("\n", 0, turn["start"]) + 1}
        for turn in version_queries.version_turns(source, number)
    ]
    context = {"source": source, "number": number, "turns": turns, "characters": len(text)}
    return render(request, "coding/version.html", context)


@require_GET
def compare(request: HttpRequest, project_id: int, source_id: int, number: int) -> HttpResponse:
    """A version beside another (``?with=2``), or the present one."""
    access = request.access
    source = queries.source(access, source_id)
    try:
        other = int(request.GET.get("with") or source.version)
    except ValueError:
        raise Http404 from None
    first, second = sorted((number, other))
    old = version_queries.version_text(access, source, first)
    new = version_queries.version_text(access, source, second)
    places = version_queries.Places(old, version_queries.edits_between(old, new), SHOWN)
    context = {
        "source": source,
        "number": number,
        "other": other,
        "first": first,
        "second": second,
        "places": places,
        "versions": version_queries.versions(access, source),
    }
    return render(request, "coding/version_compare.html", context)


@require_http_methods(["GET", "POST"])
def restore(request: HttpRequest, project_id: int, source_id: int, number: int) -> HttpResponse:
    """See what restoring a version would do, then do it: a new version with the old text."""
    access = request.access
    access.require("correct_sources")
    source = queries.source(access, source_id)
    reason = ReasonForm(request.POST or None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and reason.is_valid():
        try:
            done = versions.restore_version(
                access=access,
                source=source,
                number=number,
                expected_version=_number(request.POST.get("expected_version")),
                comment=reason.cleaned_data["comment"],
                batch=reason.cleaned_data["key"],
            )
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("coding:versions", project_id=project_id, source_id=source_id)
        return _done(request, source, done)
    try:
        plan = versions.plan_restore(access, source, number)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("coding:versions", project_id=project_id, source_id=source_id)
    context = {"reason": reason, "expected_version": source.version, "restores": number}
    return _preview(request, plan, context)


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else -1


# --- passages to decide --------------------------------------------------------------------------


@require_GET
def reviews(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    """Passages that a correction could not place for certain, one by one (``?at=3``)."""
    access = request.access
    source = queries.source(access, source_id)
    waiting = list(version_queries.open_reviews(access, source))
    if not waiting:
        return render(request, "coding/reviews.html", {"source": source, "waiting": []})
    place = min(max(_number(request.GET.get("at")), 1), len(waiting))
    row = waiting[place - 1]
    text = queries.text(source)
    lost = row.coding.removed_at is not None
    at = row.coding.start
    context = {
        "source": source,
        "waiting": waiting,
        "review": row,
        "place": place,
        "decided": version_queries.decided(access, source),
        "old": version_queries.old_excerpt(access, source, row),
        "new": version_queries.excerpt(text, at, at if lost else row.coding.end),
        "lost": lost,
        "turn": version_queries.turn_at(source, at),
        "may_decide": access.may["code"]
        and (row.coding.coder_id == access.membership.pk or access.may["remove_others_codings"]),
    }
    return render(request, "coding/reviews.html", context)


@require_POST
def decide(request: HttpRequest, project_id: int, source_id: int, review_id: int) -> HttpResponse:
    access = request.access
    source = queries.source(access, source_id)
    row = version_queries.review(access, source, review_id)
    form = PlacementForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what becomes of the passage."))
    else:
        try:
            _decide(request, source, row, form.cleaned_data)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
    at = max(_number(request.POST.get("at")), 1)
    response = redirect("coding:reviews", project_id=project_id, source_id=source_id)
    response["Location"] += f"?at={at}"
    return response


def _decide(request: HttpRequest, source: Any, row: Any, data: dict[str, Any]) -> None:
    access = request.access
    if data["action"] == "confirm":
        versions.confirm_placement(access=access, review=row)
    elif data["action"] == "remove":
        versions.remove_placement(access=access, review=row)
    else:
        start, end, quote = data["start"], data["end"], data["quote"].replace("\r\n", "\n")
        if start is None or end is None:
            start, end = version_queries.find_quote(source, quote.strip(), row.coding.start)
            quote = quote.strip()
        versions.move_placement(access=access, review=row, start=start, end=end, quote=quote)
