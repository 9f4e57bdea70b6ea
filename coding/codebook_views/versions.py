"""Versions of the codebook: frozen, compared, exported, restored."""

import json
from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from coding import queries
from coding.codebook_forms import (
    CodeForm,
    RestoreForm,
    VersionForm,
)
from coding.codebook_views.shared import PAGE_AND_FORM, in_words, number, written
from coding.core import codebook as core
from coding.services import codebook


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
    return written(request, form, write) or render(
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
            found = queries.codebook_version(access, number(wanted))
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

    if done := written(request, form, write):
        return done
    plan = codebook.plan_restore(access=access, version=row)
    kinds = Counter(difference.kind for difference in plan)
    context = {
        "version": row,
        "form": form,
        "differences": _told(plan),
        "added": kinds["added"],
        "changed": kinds["changed"],
        "retired": kinds["removed"],
        "again": codebook.to_look_at_again(access, plan),
        "parted": codebook.parted(access=access, version=row),
    }
    return render(request, "coding/version_restore.html", context)


def _told(differences: list[core.Difference]) -> list[dict[str, Any]]:
    """What differs, as it is read: fields by their name, yes and no, colours by their letter."""
    words = {name: field.label for name, field in CodeForm.base_fields.items()}
    words["retired"] = _("Retired")
    return [
        {
            "kind": difference.kind,
            "name": difference.name,
            "moved": difference.moved,
            "fields": [
                (words.get(name, name), in_words(name, before), in_words(name, after))
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
