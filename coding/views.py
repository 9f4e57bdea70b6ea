"""Pages of sources."""

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from coding import queries, version_queries
from coding.core import packed, sections
from coding.marked import Shown, marked
from coding.services import changes, presence

MAX_AT = 10**9


@require_GET
def source_list(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    sources = list(queries.sources(access))
    here = presence.by_source(access)
    for row in sources:
        row.present = [] if row.withheld else here.get(row.pk, [])
    originals = version_queries.originals(access, [row for row in sources if not row.withheld])
    return render(request, "coding/sources.html", {"sources": sources, "originals": originals})


@require_GET
def source(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    access = request.access
    row = queries.source(access, source_id)
    turns = queries.turns(row)
    built = sections.build(queries.text(row), turns)
    data = _reader_data(request, row)
    # Nobody has to ask where there is no round.
    share = queries.running_share(access, row) if row.in_round else None
    return render(
        request,
        "coding/source.html",
        {
            "source": row,
            # Escaped where it is made; the template's own escaping costs more than all the rest.
            "transcript": mark_safe(sections.html(built, at=_("at {time}"))),  # noqa: S308
            "timed": any(turn["time_start"] is not None for turn in turns),
            "nav": queries.source_nav(access, row),
            "original": row.pk in version_queries.originals(access, [row]),
            "data": data,
            "share": share,
            "overdue": share and not share.finished_at and queries.is_overdue(share.round),
            "packed": mark_safe(packed.script_json(data)),  # noqa: S308
            # Where nothing has been corrected nothing waits, and nobody has to ask.
            "waiting": version_queries.open_reviews(access, row).count() if row.version > 1 else 0,
        },
    )


@require_GET
def marks(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    """The transcript with every coded passage written out: for paper, for screen readers, and for
    browsers in which the reader cannot show them."""
    access = request.access
    row = queries.source(access, source_id)
    nodes = queries.codebook(access)
    shown = Shown(
        code=_known(request.GET.get("code"), {node.code.pk for node in nodes}),
        coders=_coders(request),
    )
    context = {
        "source": row,
        "marked": marked(access, row, nodes, shown),
        "nodes": nodes,
        "shown": shown,
        "only": next((node for node in nodes if node.code.pk == shown.code), None),
    }
    return render(request, "coding/marks.html", context)


def _coders(request: HttpRequest) -> tuple[int, ...]:
    values = [value for value in request.GET.getlist("coder") if value]
    if not values:
        return ()
    members = {row["id"] for row in queries.coders(request.access)}
    return tuple(sorted({_known(value, members) or 0 for value in values}))


def _known(value: str | None, ids: set[int]) -> int | None:
    """An id of an address. One that the project does not have is an error, never ignored: a filter
    that silently does nothing would print the wrong page."""
    if not value:
        return None
    if not value.isdecimal() or len(value) > 15 or int(value) not in ids:
        raise Http404
    return int(value)


@require_GET
def original(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    """The file a source came from, byte for byte."""
    request.access.require("export")
    row = queries.source(request.access, source_id)
    version_queries.require_original(request.access, row)
    name, content = queries.original(row)
    if not name:
        messages.warning(request, _("The original file was removed after a withdrawal."))
        return redirect("coding:source", project_id=project_id, source_id=row.pk)
    # Always as plain bytes to save: what somebody uploaded is never opened as a page of ours.
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "no-store"
    return response


def _reader_data(request: HttpRequest, row: Any) -> dict[str, Any]:
    access = request.access
    here = {"project_id": access.project.pk, "source_id": row.pk}
    return {
        # Read before everything else: what happens meanwhile comes with the first poll.
        "event": changes.settled_event(access),
        "project": access.project.pk,
        "source": {
            "id": row.pk,
            "title": row.title,
            "kind": row.kind,
            "length": row.length,
            "version": row.version,
        },
        "me": {
            "coder": access.membership.pk,
            "name": access.membership.label,
            "can_code": access.may["code"],
            "can_make_codes": access.may["create_codes"],
            "can_choose_examples": access.may["edit_codebook"],
            "can_remove_others": access.may["remove_others_codings"],
            "finished": queries.finished(access, row),
        },
        "codes": queries.code_rows(access),
        "coders": [{"id": c["id"], "name": c["label"]} for c in queries.coders(access)],
        "codings": packed.columns(queries.coding_rows(access, row)),
        "notes": queries.note_counts(access, row),
        "examples": queries.example_rows(access, row),
        **queries.undo_state(access, row).as_json(),
        "at": _at(request.GET.get("at", "")),
        "urls": {
            "codings": reverse("coding-api:codings", kwargs=here),
            "coding": reverse(
                "coding-api:coding", kwargs={"project_id": access.project.pk, "coding_id": 0}
            ),
            "notes": reverse(
                "coding-api:notes", kwargs={"project_id": access.project.pk, "coding_id": 0}
            ),
            "example": reverse(
                "coding-api:example", kwargs={"project_id": access.project.pk, "coding_id": 0}
            ),
            "note": reverse(
                "coding-api:note", kwargs={"project_id": access.project.pk, "note_id": 0}
            ),
            "undo": reverse("coding-api:undo", kwargs=here),
            "redo": reverse("coding-api:redo", kwargs=here),
            "finished": reverse("coding-api:finished", kwargs=here),
            "changes": reverse("coding-api:changes", kwargs=here),
            "sources": reverse("coding:sources", args=[access.project.pk]),
            "login": reverse("account_login"),
            "codes": reverse("coding-api:codes", kwargs={"project_id": access.project.pk}),
        },
    }


def _at(value: str) -> list[int] | None:
    """``?at=120-164``: the place to open; anything else opens the beginning."""
    match = re.fullmatch(r"(\d{1,9})-(\d{1,9})", value)
    return [int(match[1]), int(match[2])] if match else None
