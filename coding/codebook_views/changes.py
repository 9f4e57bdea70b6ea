"""Merging, splitting, and passages looked at one by one."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding import passages, queries
from coding.codebook_forms import (
    MergeForm,
    SplitForm,
)
from coding.codebook_views.shared import PAGE_AND_FORM, batch_of, merged, number, written
from coding.services import codebook
from projects.history import lines


@PAGE_AND_FORM
def code_merge(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Choose what to merge into, see what that would do, do it."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    if elsewhere := merged(request, row):
        return elsewhere
    data = request.POST or (request.GET if request.GET.get("into") else None)
    form = MergeForm(data, nodes=queries.codebook(access), code=row)
    plan = into = None

    def write() -> str:
        target = form.cleaned_data["into"]
        codebook.merge_codes(
            access=access, code=row, into=target, reason=form.cleaned_data["reason"]
        )
        words = {"code": row.name, "into": target.name}
        messages.success(request, _("“%(code)s” is merged into “%(into)s”.") % words)
        return reverse("coding:code", args=[project_id, target.pk])

    if done := written(request, form, write):
        return done
    form.is_valid()
    if form.is_bound and "into" in form.cleaned_data:
        into = form.cleaned_data["into"]
        plan = codebook.plan_merge(access=access, code=row, into=into)
    context = {"form": form, "code": row, "plan": plan, "into": into}
    return render(request, "coding/code_merge.html", context)


@PAGE_AND_FORM
def code_unmerge(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    if request.method == "POST":
        try:
            came, kept = codebook.undo_merge(access=access, code=row)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("coding:code", project_id=project_id, code_id=row.pk)
        said = ngettext("%(n)s passage is back.", "%(n)s passages are back.", came) % {"n": came}
        if queries.blind_sources(access).exists():
            # The passages of colleagues are among them.
            said = _("The passages are back.")
        elif kept:
            said += " " + ngettext(
                "%(n)s was left as it is, because it has changed since.",
                "%(n)s were left as they are, because they have changed since.",
                kept,
            ) % {"n": kept}
        messages.success(request, said)
        return redirect("coding:code", project_id=project_id, code_id=row.pk)
    if row.merged_into is None:
        messages.info(
            request, _("“%(code)s” is not merged into another code.") % {"code": row.name}
        )
        return redirect("coding:code", project_id=project_id, code_id=row.pk)
    return render(request, "coding/code_unmerge.html", {"code": row})


@PAGE_AND_FORM
def code_remerge(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Do again a merge that was undone."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    if request.method == "POST":
        try:
            codebook.redo_merge(access=access, code=row)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("coding:code", project_id=project_id, code_id=row.pk)
        words = {"code": row.name, "into": queries.code(access, row.pk).merged_into}
        messages.success(request, _("“%(code)s” is merged into “%(into)s” again.") % words)
        return redirect("coding:code", project_id=project_id, code_id=row.pk)
    if elsewhere := merged(request, row):
        return elsewhere
    last = codebook.last_merge(access, row)
    if last is None or last.undone is None:
        messages.info(request, _("No merge of “%(code)s” has been undone.") % {"code": row.name})
        return redirect("coding:code", project_id=project_id, code_id=row.pk)
    plan = codebook.plan_merge(access=access, code=row, into=last.into)
    return render(
        request, "coding/code_remerge.html", {"code": row, "into": last.into, "plan": plan}
    )


@PAGE_AND_FORM
def code_split(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Say into which codes; the walk through the passages is the queue."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    if elsewhere := merged(request, row):
        return elsewhere
    form = SplitForm(request.POST or None, nodes=queries.codebook(access), code=row)

    def write() -> str:
        codebook.begin_split(access=access, code=row, **form.cleaned_data)
        return reverse("coding:code_review", args=[project_id, row.pk])

    count = queries.coding_counts(access).get(row.pk, 0)
    context = {"form": form, "code": row, "passages": count}
    return written(request, form, write) or render(request, "coding/code_split.html", context)


@PAGE_AND_FORM
def code_review(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """One passage after the other: is the code right under what it means now?"""
    access = request.access
    access.require("code")
    row = queries.code(access, code_id)
    if request.method == "POST":
        return _decide(request, row)
    begun = queries.review_begun(access, row)
    waiting = queries.to_review(access, row).select_related("source", "coder", "code")
    count = waiting.count()
    skip = min(number(request.GET.get("skip") or "0"), max(count - 1, 0))
    shown = passages.passages(access, waiting[skip : skip + 1])
    nodes = queries.codebook(access)
    parts = begun.after.get("into_ids", []) if begun else []
    # Coders see their own passages only, so for them there is no whole to be part of.
    whole = begun is not None and not begun.uncounted
    total = max(begun.after["to_review"], count) if whole else count
    context = {
        "code": row,
        "passage": shown[0] if shown else None,
        "waiting": count,
        "skip": skip,
        "next": skip + 1 if skip + 1 < count else 0,
        "total": total if access.may["remove_others_codings"] else 0,
        "looked": total - count,
        "begun": lines(access, [begun])[0] if begun else None,
        "parts": [node for node in nodes if node.code.pk in parts and not node.code.retired_at],
        "nodes": [
            node
            for node in nodes
            if node.code.pk != row.pk and not node.code.heading_only and not node.code.retired_at
        ],
        # Sent twice, a decision acts once.
        "key": uuid.uuid4(),
        "done": request.GET.get("done", ""),
    }
    return render(request, "coding/code_review.html", context)


def _decide(request: HttpRequest, row: Any) -> HttpResponse:
    access, post = request.access, request.POST
    skip = number(post.get("skip") or "0")
    query = f"skip={skip}" if skip else ""
    try:
        if post.get("take_back"):
            messages.info(
                request,
                codebook.take_back(access=access, batch=batch_of(post["take_back"])),
            )
        else:
            action = post.get("action", "")
            chosen = [number(pk) for pk in post.getlist("codes") if pk]
            if action.startswith("part:"):
                chosen, action = [number(action[5:])], "give"
            if action == "give" and not chosen:
                raise ValidationError(_("Choose the code that fits."))
            if action not in ("keep", "give", "remove"):
                raise ValidationError(_("Say what becomes of the passage."))
            done = codebook.decide(
                access=access,
                coding=queries.coding(access, number(post.get("coding"))),
                code=row,
                keep=action == "keep" or (action == "give" and bool(post.get("both"))),
                codes=queries.codes(access, chosen) if action == "give" else [],
                batch=batch_of(post["key"]) if post.get("key") else None,
            )
            messages.success(request, done.message)
            query = f"{query}&done={done.batch}".lstrip("&")
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    here = reverse("coding:code_review", args=[access.project.pk, row.pk])
    return redirect(f"{here}?{query}" if query else here)
