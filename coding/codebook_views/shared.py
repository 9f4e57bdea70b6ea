"""What the pages of the codebook share."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

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
        if hasattr(problem, "error_dict") and set(problem.error_dict) - set(form.fields):
            problem = ValidationError(problem.messages)
        form.add_error(None, problem)
        return None


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
