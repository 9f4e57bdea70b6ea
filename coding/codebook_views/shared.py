"""What the pages of the codebook share."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from coding import queries
from coding.codebook_forms import CodeForm
from coding.services import codebook
from projects.access import Access
from projects.history import Line, lines

PAGE = 20
HISTORY = 30
# Shows a form, and takes it when it is sent.
PAGE_AND_FORM = require_http_methods(["GET", "HEAD", "POST"])


def written(request: HttpRequest, form: Any, write: Callable[[], str]) -> HttpResponse | None:
    """Where to go after a form was posted and written; None where it is to be shown (again)."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return redirect(write())
    except ValidationError as problem:
        if getattr(problem, "code", "") == "changed_since":
            form.overtaken = True
        if hasattr(problem, "error_dict") and set(problem.error_dict) - set(form.fields):
            problem = ValidationError(problem.messages)
        form.add_error(None, problem)
        return None


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody has changed a code while its form was open: who did what, and each field in which
    the form says something else than the codebook now: (label, now, in the form)."""

    last: Line | None
    fields: list[tuple[str, str, str]]
    stamp: str


def overtaken(access: Access, code: Any, form: Any) -> Overtaken:
    """Read anew: what is there now beside what was typed."""
    now = queries.code(access, code.pk)
    rows = []
    for name, field in form.fields.items():
        if name not in form.cleaned_data or not hasattr(now, name):
            continue
        there, typed = getattr(now, name), form.cleaned_data[name]
        if there != typed:
            rows.append((str(field.label), in_words(name, there), in_words(name, typed)))
    last = lines(access, queries.code_events(access, now)[:1])
    return Overtaken(last[0] if last else None, rows, codebook.stamp(now))


def in_words(name: str, value: Any) -> str:
    """The value of a code's field as it is read: yes and no, kinds by name, colours by letter."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "colour":
        return chr(65 + (value or 0))
    kinds = dict(CodeForm.base_fields["kind"].choices)  # type: ignore[attr-defined]
    return str(kinds.get(value, value)) if name == "kind" else str(value or "—")


def merged(request: HttpRequest, code: Any) -> HttpResponse | None:
    """From a form that is nothing for a merged code to its page, with the reason. What is posted
    nevertheless is refused by the service."""
    if request.method == "POST" or code.merged_into is None:
        return None
    words = {"code": code.name, "into": code.merged_into.name}
    said = _("“%(code)s” was merged into “%(into)s”: undo the merge to change it.")
    messages.info(request, said % words)
    return redirect("coding:code", project_id=code.project_id, code_id=code.pk)


def number(value: str | None) -> int:
    if not value or not value.isdecimal() or len(value) > 15:
        raise Http404
    return int(value)


def batch_of(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        raise Http404 from None
