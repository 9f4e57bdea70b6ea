"""Pages on which names are replaced, and the log of what was replaced."""

import json
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from coding import tasks, version_queries
from coding.core.names import Finder
from coding.services import pseudonyms
from coding.version_forms import NamesForm
from projects import jobs
from projects.tasks import enqueue

# With more than this somebody would wait too long in front of the page.
SOURCES_AT_ONCE = 20
HITS_AT_ONCE = 1_500


@require_http_methods(["GET", "POST"])
def names(request: HttpRequest, project_id: int) -> HttpResponse:
    """A list of names; every place where they stand, to be ticked; then the replacing."""
    access = request.access
    access.require("correct_sources")
    choices = version_queries.source_choices(access)
    form = NamesForm(request.POST or None, sources=choices)
    if request.method != "POST" or not form.is_valid() or request.POST.get("action") == "edit":
        return render(request, "coding/names.html", {"form": form})
    data = form.cleaned_data
    try:
        found = pseudonyms.find(
            access=access,
            replacements=data["replacements"],
            sources=data["sources"] or None,
        )
        if request.POST.get("action") == "apply":
            return _apply(request, found)
    except ValidationError as problem:
        form.add_error(None, problem)
        return render(request, "coding/names.html", {"form": form})
    finder = Finder(found.replacements)
    memos = version_queries.memos_with(access, finder)
    context = {
        "form": form,
        "found": found,
        "names": list(zip(found.replacements, found.counts, strict=True)),
        "lines": version_queries.hit_lines(access, found),
        "not_shown": found.total - len(found.shown()),
        "versions": json.dumps(found.versions),
        "key": uuid.uuid4(),
        "memos": memos[: version_queries.LINKED],
        "memo_count": len(memos),
        "titles": version_queries.titles_with(access, finder),
    }
    return render(request, "coding/names_preview.html", context)


def _apply(request: HttpRequest, found: pseudonyms.Found) -> HttpResponse:
    access = request.access
    ticked = set(request.POST.getlist("hit"))
    left_out = [row for row in found.shown() if ":".join(map(str, row)) not in ticked]
    values = {
        "replacements": found.replacements,
        "versions": _versions(request.POST.get("versions", ""), found),
        "left_out": left_out,
        "comment": request.POST.get("comment", "")[:1_000],
        "batch": _key(request.POST.get("key", "")),
    }
    if len(found.hits) > SOURCES_AT_ONCE or found.total > HITS_AT_ONCE:
        params = values | {"batch": str(values["batch"])}
        params["sealed"] = tasks.sealed(params.pop("replacements"))
        job = jobs.create(access, kind=tasks.PSEUDONYMISE, params=params)
        enqueue(job)
        return redirect("projects:job", project_id=access.project.pk, job_id=job.pk)
    done = pseudonyms.pseudonymise(access=access, **values)
    sentence = ngettext(
        "%(hits)s place in %(sources)s source was replaced.",
        "%(hits)s places in %(sources)s sources were replaced.",
        done.hits,
    ) % {"hits": f"{done.hits:,}", "sources": done.sources}
    messages.success(request, sentence)
    return redirect("coding:names_log", project_id=access.project.pk)


def _versions(value: str, found: pseudonyms.Found) -> dict[int, int]:
    """The versions that the preview showed: what was corrected since is refused."""
    try:
        rows = json.loads(value)
        shown = {int(pk): int(n) for pk, n in rows.items()}
    except (ValueError, TypeError, AttributeError):
        shown = {}
    if shown.keys() != found.versions.keys():
        raise ValidationError(
            _("The sources have changed since the list was made; look at it again."),
            code="changed",
        )
    return shown


def _key(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        return uuid.uuid4()


@require_GET
def names_log(request: HttpRequest, project_id: int) -> HttpResponse:
    """What was replaced by what; the names themselves for those who may see identities."""
    lines: list[Any] = version_queries.names_log(request.access)
    return render(request, "coding/names_log.html", {"lines": lines})
