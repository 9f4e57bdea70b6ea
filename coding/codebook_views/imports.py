"""Taking the import of a codebook back."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding import queries
from coding.codebook_views.shared import PAGE_AND_FORM
from coding.services import codebook


@PAGE_AND_FORM
def import_undo(request: HttpRequest, project_id: int, import_batch: uuid.UUID) -> HttpResponse:
    """First what it would touch, or which codes are in the way; then it is done."""
    access = request.access
    access.require("import_data")
    access.require("edit_codebook")
    queries.codebook_import(access, import_batch)
    if request.method == "POST":
        try:
            done = codebook.undo_import(access=access, batch=import_batch)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("coding:codes", project_id=project_id)
        n = len(done.gone)
        said = ngettext(
            "The import of %(file)s is undone: %(n)s code in the trash, %(back)s as they were.",
            "The import of %(file)s is undone: %(n)s codes in the trash, %(back)s as they were.",
            n,
        )
        messages.success(request, said % {"file": done.file, "n": n, "back": len(done.back)})
        return redirect("coding:codes", project_id=project_id)
    plan = codebook.plan_undo_import(access=access, batch=import_batch)
    if plan.undone:
        messages.info(request, _("This import has been undone already."))
        return redirect("coding:codes", project_id=project_id)
    return render(request, "coding/import_undo.html", {"plan": plan})
