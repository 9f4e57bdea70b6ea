"""The tree of codes, one code, and what it says."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from coding import passages, queries
from coding.codebook_forms import (
    CodeForm,
    MoveForm,
    ReasonForm,
)
from coding.codebook_views.shared import (
    HISTORY,
    PAGE,
    PAGE_AND_FORM,
    merged,
    number,
    overtaken,
    written,
)
from coding.services import codebook
from projects.history import lines


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
    gone = [node.code for node in nodes if node.code.merged_into_id is not None]
    context = {
        "rows": rows,
        "merged": gone,
        "proposals": queries.open_proposals(access),
        "elicited": any(row["node"].code.elicited for row in rows),
    }
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
    last = codebook.last_merge(access, row) if access.may["edit_codebook"] else None
    waiting = queries.to_review(access, row).count() if access.may["code"] else 0
    begun = queries.review_begun(access, row) if waiting else None
    context = {
        "code": row,
        "node": node,
        # A merge that was undone, and can be done again.
        "again": last if last and last.undone and not row.retired_at else None,
        "examples": shown[: len(examples)],
        "example_ids": {coding.pk for coding in examples},
        "page": page,
        "passages": shown[len(examples) :],
        "by_coder": by_coder,
        "by_source": by_source,
        "waiting": waiting,
        "splitting": begun is not None and "into_ids" in begun.after,
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
    # What the code said when this form was opened.
    seen = request.POST.get("seen", "") or (codebook.stamp(row) if row else "")

    def write() -> str:
        data = form.cleaned_data
        saved = (
            codebook.create_code(access=access, **data)
            if row is None
            else codebook.change_code(access=access, code=row, seen=seen, **data)
        )
        messages.success(request, _("“%(code)s” is saved.") % {"code": saved.name})
        return reverse("coding:code", args=[project_id, saved.pk])

    done = written(request, form, write)
    waiting = queries.coding_counts(access).get(row.pk, 0) if row else 0
    context = {"form": form, "code": row, "passages": waiting, "seen": seen}
    if done or not row or not getattr(form, "overtaken", False):
        return done or render(request, "coding/code_form.html", context)
    # Both are shown, and whoever saves again has seen what the other wrote.
    other = overtaken(access, row, form)
    context |= {"overtaken": other, "seen": other.stamp}
    return render(request, "coding/code_form.html", context, status=409)


@PAGE_AND_FORM
def code_move(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Another place in the tree; the scripts of the tree post here as the form does."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    if elsewhere := merged(request, row):
        return elsewhere
    nodes = queries.codebook(access)
    initial = {"parent": row.parent_id}
    form = MoveForm(request.POST or None, nodes=nodes, code=row, initial=initial)

    def write() -> str:
        before, parent = form.cleaned_data["before"], form.cleaned_data["parent"]
        if before is not None:
            # In front of a code means beside it, wherever that lies.
            parent = before.parent
        moved = codebook.move_code(access=access, code=row, parent=parent, before=before)
        said = _("“%(code)s” is at its new place at the top level.")
        if moved.parent:
            said = _("“%(code)s” is at its new place below %(where)s.")
        words = {"code": moved.name, "where": moved.parent.name if moved.parent else ""}
        messages.success(request, said % words)
        return reverse("coding:codes", args=[project_id])

    node = next((node for node in nodes if node.code.pk == row.pk), None)
    below = len(node.codes) - 1 if node else 0
    context = {"form": form, "code": row, "below": below}
    return written(request, form, write) or render(request, "coding/code_move.html", context)


@PAGE_AND_FORM
def code_retire(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Retire a code, or bring a retired one back."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    if elsewhere := merged(request, row):
        return elsewhere
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
    return written(request, form, write) or render(request, "coding/code_retire.html", context)


@require_POST
def code_examples(request: HttpRequest, project_id: int, code_id: int) -> HttpResponse:
    """Make a passage an example of the code, or take it from the examples."""
    access = request.access
    access.require("edit_codebook")
    row = queries.code(access, code_id)
    coding = queries.coding_of_any_layer(access, number(request.POST.get("coding")))
    try:
        if request.POST.get("remove"):
            codebook.remove_example(access=access, code=row, coding=coding)
        else:
            codebook.add_example(access=access, code=row, coding=coding)
            messages.success(
                request, _("The passage is an example of “%(code)s” now.") % {"code": row.name}
            )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("coding:code", project_id=project_id, code_id=row.pk)
