"""Pages of the codebook: the tree, a code and its changes, versions, proposals, the queue."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from coding import passages, queries
from coding.codebook_forms import (
    CodeForm,
    DecisionForm,
    MergeForm,
    MoveForm,
    ProposalForm,
    ReasonForm,
    RestoreForm,
    SplitForm,
    VersionForm,
)
from coding.core import codebook as core
from coding.services import codebook
from projects.history import lines

PAGE = 20
HISTORY = 30
# Shows a form, and takes it when it is sent.
PAGE_AND_FORM = require_http_methods(["GET", "HEAD", "POST"])


# --- the tree and a code -------------------------------------------------------------------------


@require_GET
def code_list(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    counts = queries.coding_counts(access)
    waiting = queries.review_counts(access) if access.may["code"] else {}
    nodes = queries.codebook(access, merged=True)
    rows = [
        {
            "node": node,
            "own": counts.get(node.code.pk, 0),
            "below": sum(counts.get(pk, 0) for pk in node.codes),
            "waiting": waiting.get(node.code.pk, 0),
        }
        for node in nodes
        if node.code.merged_into_id is None
    ]
    merged = [node.code for node in nodes if node.code.merged_into_id is not None]
    context = {"rows": rows, "merged": merged, "proposals": queries.open_proposals(access)}
    return render(request, "coding/codes.html", context)


@require_GET
def code(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """What a code means, its examples and passages, and its history."""
    access = request.access
    row = queries.code(access, code_id)
    page = Paginator(queries.codings_of_code(access, row), PAGE).get_page(request.GET.get("page"))
    examples = [example.coding for example in queries.examples(access, [row.pk])]
    by_coder, by_source = queries.counts_of_code(access, row)
    shown = passages.passages(access, [*examples, *page])
    nodes = queries.codebook(access, merged=True)
    node = next((node for node in nodes if node.code.pk == row.pk), None)
    if node is None:
        raise Http404
    context = {
        "code": row,
        "node": node,
        "examples": shown[: len(examples)],
        "example_ids": {coding.pk for coding in examples},
        "page": page,
        "passages": shown[len(examples) :],
        "by_coder": by_coder,
        "by_source": by_source,
        "waiting": queries.to_review(access, row).count() if access.may["code"] else 0,
        "history": lines(access, queries.code_events(access, row)[:HISTORY]),
    }
    return render(request, "coding/code.html", context)


@PAGE_AND_FORM
def code_edit(request: HttpRequest, project_id: int, code_id: int | None = None) -> HttpResponse:
    """Make a code, or change one."""
    access = request.access
    access.require("edit_codebook" if code_id else "create_codes")
    row = queries.code(access, code_id) if code_id else None
    form = CodeForm(request.POST or None, nodes=queries.codebook(access), code=row)

    def write() -> str:
        data = form.cleaned_data
        saved = (
            codebook.create_code(access=access, **data)
            if row is None
            else codebook.change_code(access=access, code=row, **data)
        )
        messages.success(request, _("“%(code)s” is saved.") % {"code": saved.name})
        return reverse("coding:code", args=[project_id, saved.pk])

    done = _written(request, form, write)
    waiting = queries.coding_counts(access).get(row.pk, 0) if row else 0
    context = {"form": form, "code": row, "passages": waiting}
    return done or render(request, "coding/code_form.html", context)


@PAGE_AND_FORM
def code_move(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Another place in the tree; the scripts of the tree post here as the form does."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    nodes = queries.codebook(access)
    initial = {"parent": row.parent_id}
    form = MoveForm(request.POST or None, nodes=nodes, code=row, initial=initial)

    def write() -> str:
        before, parent = form.cleaned_data["before"], form.cleaned_data["parent"]
        if before is not None:
            # In front of a code means beside it, wherever that lies.
            parent = before.parent
        moved = codebook.move_code(access=access, code=row, parent=parent, before=before)
        where = moved.parent.name if moved.parent else _("the top level")
        words = {"code": moved.name, "where": where}
        messages.success(request, _("“%(code)s” is at its new place below %(where)s.") % words)
        return reverse("coding:codes", args=[project_id])

    node = next((node for node in nodes if node.code.pk == row.pk), None)
    below = len(node.codes) - 1 if node else 0
    context = {"form": form, "code": row, "below": below}
    return _written(request, form, write) or render(request, "coding/code_move.html", context)


@PAGE_AND_FORM
def code_retire(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Retire a code, or bring a retired one back."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    back = row.retired_at is not None
    form = ReasonForm(request.POST if request.method == "POST" else None)

    def write() -> str:
        act = codebook.bring_back_code if back else codebook.retire_code
        act(access=access, code=row, reason=form.cleaned_data["reason"])
        said = _("“%(code)s” is in use again.") if back else _("“%(code)s” is retired.")
        messages.success(request, said % {"code": row.name})
        return reverse("coding:code", args=[project_id, row.pk])

    count = queries.coding_counts(access).get(row.pk, 0)
    context = {"form": form, "code": row, "back": back, "passages": count}
    return _written(request, form, write) or render(request, "coding/code_retire.html", context)


@require_POST
def code_examples(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Make a passage an example of the code, or take it from the examples."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    coding = queries.coding(access, _number(request.POST.get("coding")))
    try:
        if request.POST.get("remove"):
            codebook.remove_example(access=access, code=row, coding=coding)
        else:
            codebook.add_example(access=access, code=row, coding=coding)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("coding:code", project_id=project_id, code_id=row.pk)


# --- merging and splitting -----------------------------------------------------------------------


@PAGE_AND_FORM
def code_merge(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Choose what to merge into, see what that would do, do it."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
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

    if done := _written(request, form, write):
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
        if kept:
            said += " " + ngettext(
                "%(n)s was left as it is, because it has changed since.",
                "%(n)s were left as they are, because they have changed since.",
                kept,
            ) % {"n": kept}
        messages.success(request, said)
        return redirect("coding:code", project_id=project_id, code_id=row.pk)
    return render(request, "coding/code_unmerge.html", {"code": row})


@PAGE_AND_FORM
def code_split(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Say into which codes; the walk through the passages is the queue."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    form = SplitForm(request.POST or None, nodes=queries.codebook(access), code=row)

    def write() -> str:
        codebook.begin_split(access=access, code=row, **form.cleaned_data)
        return reverse("coding:code_review", args=[project_id, row.pk])

    count = queries.coding_counts(access).get(row.pk, 0)
    context = {"form": form, "code": row, "passages": count}
    return _written(request, form, write) or render(request, "coding/code_split.html", context)


# --- the queue -----------------------------------------------------------------------------------


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
    skip = min(_number(request.GET.get("skip") or "0"), max(count - 1, 0))
    shown = passages.passages(access, waiting[skip : skip + 1])
    nodes = queries.codebook(access)
    parts = begun.after.get("into_ids", []) if begun else []
    # Coders see their own passages only, so for them there is no whole to be part of.
    total = max(begun.after["to_review"], count) if begun else count
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
    skip = _number(post.get("skip") or "0")
    query = f"skip={skip}" if skip else ""
    try:
        if post.get("take_back"):
            messages.info(
                request,
                codebook.take_back(access=access, batch=_batch(post["take_back"])),
            )
        else:
            action = post.get("action", "")
            chosen = [_number(pk) for pk in post.getlist("codes") if pk]
            if action.startswith("part:"):
                chosen, action = [_number(action[5:])], "give"
            if action == "give" and not chosen:
                raise ValidationError(_("Choose the code that fits."))
            if action not in ("keep", "give", "remove"):
                raise ValidationError(_("Say what becomes of the passage."))
            done = codebook.decide(
                access=access,
                coding=queries.coding(access, _number(post.get("coding"))),
                code=row,
                keep=action == "keep" or (action == "give" and bool(post.get("both"))),
                codes=queries.codes(access, chosen) if action == "give" else [],
                batch=_batch(post["key"]) if post.get("key") else None,
            )
            messages.success(request, done.message)
            query = f"{query}&done={done.batch}".lstrip("&")
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    here = reverse("coding:code_review", args=[access.project.pk, row.pk])
    return redirect(f"{here}?{query}" if query else here)


# --- versions ------------------------------------------------------------------------------------


@PAGE_AND_FORM
def codebook_versions(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    if request.method == "POST":
        access.require("edit_codebook")
    form = VersionForm(request.POST if request.method == "POST" else None)

    def write() -> str:
        row = codebook.freeze(access=access, **form.cleaned_data)
        words = {"n": row.number, "name": row.name}
        messages.success(request, _("Version %(n)s, “%(name)s”, is kept.") % words)
        return reverse("coding:codebook_versions", args=[project_id])

    context = {"versions": queries.codebook_versions(access), "form": form}
    return _written(request, form, write) or render(
        request, "coding/codebook_versions.html", context
    )


@require_GET
def codebook_version(request: HttpRequest, project_id: int, version_id: int) -> HttpResponse:
    """One version; with ``?with=`` what has changed from it to another one, or to now."""
    access = request.access
    row = queries.codebook_version(access, version_id)
    others = [other for other in queries.codebook_versions(access) if other.pk != row.pk]
    wanted = request.GET.get("with", "")
    context: dict[str, Any] = {"version": row, "others": others, "wanted": wanted}
    if wanted:
        if wanted == "now":
            other, name = codebook.content(access), _("the codebook now")
        else:
            found = queries.codebook_version(access, _number(wanted))
            other = found.content
            name = _("version %(n)s, “%(name)s”") % {"n": found.number, "name": found.name}
        context |= {"differences": _told(core.compare(row.content, other)), "other": name}
    context["tree"] = _tree(row.content)
    return render(request, "coding/codebook_version.html", context)


@require_GET
def version_export(request: HttpRequest, project_id: int, version_id: int) -> HttpResponse:
    """A version as a file: JSON, or with ``?as=csv`` a table."""
    access = request.access
    access.require("export")
    row = queries.codebook_version(access, version_id)
    if request.GET.get("as") == "csv":
        suffix, kind = "csv", "text/csv; charset=utf-8"
        content = "\ufeff" + core.as_csv(row.content)
    else:
        suffix, kind = "json", "application/json"
        head = {
            "project": access.project.title,
            "version": row.number,
            "name": row.name,
            "why": row.reason,
            "made_at": row.made_at.isoformat(),
            "made_by": row.made_by.label,
            "sha256": row.sha256,
            "codes": row.content,
        }
        content = json.dumps(head, ensure_ascii=False, indent=2)
    response = HttpResponse(content, content_type=kind)
    name = f"{slugify(access.project.title)[:40] or 'project'}-codebook-{row.number}.{suffix}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "no-store"
    return response


@PAGE_AND_FORM
def version_restore(request: HttpRequest, project_id: int, version_id: int) -> HttpResponse:
    access = request.access
    access.require("edit_codebook")
    row = queries.codebook_version(access, version_id)
    form = RestoreForm(request.POST if request.method == "POST" else None)

    def write() -> str:
        new = codebook.restore(access=access, version=row, **form.cleaned_data)
        messages.success(request, _("Restored, as version %(n)s.") % {"n": new.number})
        return reverse("coding:codes", args=[project_id])

    if done := _written(request, form, write):
        return done
    differences = _told(codebook.plan_restore(access=access, version=row))
    context = {"version": row, "form": form, "differences": differences}
    return render(request, "coding/version_restore.html", context)


# --- proposals -----------------------------------------------------------------------------------


@require_GET
def proposals(request: HttpRequest, project_id: int) -> HttpResponse:
    page = Paginator(queries.proposals(request.access), PAGE).get_page(request.GET.get("page"))
    return render(request, "coding/proposals.html", {"page": page})


@PAGE_AND_FORM
def proposal_new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Ask for a new code; with ``?code=`` for a change of that one."""
    access = request.access
    access.require("code")
    wanted = request.GET.get("code")
    row = queries.code(access, _number(wanted)) if wanted else None
    initial = {name: getattr(row, name) for name in codebook.PROPOSED} if row else {}
    form = ProposalForm(request.POST or None, initial=initial)

    def write() -> str:
        codebook.propose(access=access, code=row, **form.cleaned_data)
        messages.success(request, _("Proposed. An owner or lead decides."))
        return reverse("coding:proposals", args=[project_id])

    context = {"form": form, "code": row}
    return _written(request, form, write) or render(request, "coding/proposal_form.html", context)


@PAGE_AND_FORM
def proposal(request: HttpRequest, project_id: int, proposal_id: int) -> HttpResponse:
    """What is proposed beside what is; a lead accepts, as it is or edited, or declines."""
    access = request.access
    row = queries.proposal(access, proposal_id)
    if request.method == "POST":
        access.require("edit_codebook")
    initial = {name: getattr(row.code, name) for name in codebook.PROPOSED} if row.code else {}
    form = DecisionForm(
        request.POST if request.method == "POST" else None, initial=initial | row.content
    )

    def write() -> str:
        answer = form.cleaned_data["answer"]
        if request.POST.get("decline"):
            codebook.decline(access=access, proposal=row, answer=answer)
            messages.success(request, _("Declined; your word back is with the proposal."))
        else:
            codebook.accept(access=access, proposal=row, edited=form.cleaned_data, answer=answer)
            messages.success(request, _("Accepted; the codebook is changed."))
        return reverse("coding:proposals", args=[project_id])

    context = {
        "proposal": row,
        "form": form,
        "fields": [
            (form.fields[name].label, getattr(row.code, name) if row.code else "", text)
            for name, text in row.content.items()
            if name in form.fields and (row.code or text)
        ],
    }
    return _written(request, form, write) or render(request, "coding/proposal.html", context)


# --- shared --------------------------------------------------------------------------------------


def _written(request: HttpRequest, form: Any, write: Callable[[], str]) -> HttpResponse | None:
    """Where to go after a form was posted and written; None where it is to be shown (again)."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return redirect(write())
    except ValidationError as problem:
        if hasattr(problem, "error_dict") and set(problem.error_dict) - set(form.fields):
            problem = ValidationError(problem.messages)
        form.add_error(None, problem)
        return None


def _number(value: str | None) -> int:
    if not value or not value.isdecimal() or len(value) > 15:
        raise Http404
    return int(value)


def _batch(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Http404 from None


def _told(differences: list[core.Difference]) -> list[dict[str, Any]]:
    """What differs, as it is read: fields by their name, yes and no, colours by their letter."""
    words = {name: field.label for name, field in CodeForm.base_fields.items()}
    words["retired"] = _("Retired")
    kinds = dict(CodeForm.base_fields["kind"].choices)  # type: ignore[attr-defined]

    def shown(name: str, value: Any) -> str:
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if name == "colour":
            return chr(65 + (value or 0))
        return str(kinds.get(value, value)) if name == "kind" else str(value or "—")

    return [
        {
            "kind": difference.kind,
            "name": difference.name,
            "moved": difference.moved,
            "fields": [
                (words.get(name, name), shown(name, before), shown(name, after))
                for name, before, after in difference.fields
            ],
        }
        for difference in differences
    ]


def _tree(content: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """The codes of a version with their depth, in tree order."""
    depths: dict[str, int] = {}
    rows = []
    for entry in content:
        depth = depths.get(entry["parent"], -1) + 1 if entry["parent"] else 0
        depths[entry["guid"]] = depth
        rows.append((min(depth, 9), entry))
    return rows
