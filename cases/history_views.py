"""Pages of the history: its lines, their export, and undo from a line."""

import hashlib
import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from cases import history as reading
from cases.core.tables import Sheet, csv_bytes, xlsx_bytes
from cases.services import undoing
from cases.services.matrix import record_history_export
from projects.history import lines
from projects.queries import visible_events


@require_GET
def history(request: HttpRequest, project_id: int) -> HttpResponse:
    access = request.access
    filters = reading.read_filters(access, request.GET)
    page = reading.page(access, filters, request.GET)
    standings = undoing.standings(access, page.events)
    links = reading.links(access, page.events)
    shared = reading.shared_batches(access, page.events)
    rows = [
        {
            "line": line,
            "link": links.get(line.event.pk),
            "standing": standings[line.event.pk],
            "more": line.event.batch in shared and not filters.batch,
        }
        for line in lines(access, page.events)
    ]
    context = {
        "rows": rows,
        "page": page,
        "filters": filters,
        "query": filters.query(),
        "members": reading.members(access),
        "kinds": [(key, label) for key, (label, _types) in reading.KINDS.items()],
        "groups": [(key, label) for key, (label, _verbs) in reading.GROUPS.items()],
    }
    return render(request, "cases/history.html", context)


@require_GET
def history_export(request: HttpRequest, project_id: int, fmt: str) -> HttpResponse:
    """The lines under the filters of the address, as a table for an audit trail."""
    access = request.access
    access.require("export")
    if fmt not in ("csv", "xlsx"):
        raise Http404
    filters = reading.read_filters(access, request.GET)
    rows = reading.table(access, filters)
    made_at = timezone.now()
    notes = [
        (_("project"), access.project.title),
        (_("shown"), reading.in_words(access, filters)),
        (_("lines"), str(len(rows))),
        (_("times"), "UTC"),
        (_("made at"), made_at.isoformat(timespec="seconds")),
    ]
    if fmt == "csv":
        content = csv_bytes([reading.HEAD, *rows], notes)
        kind = "text/csv; charset=utf-8"
    else:
        sheets = [
            Sheet(_("history"), [reading.HEAD], rows, widths=(20, 16, 30, 30, 8, 18, 20, 20, 20)),
            Sheet(_("about"), [(_("what"), _("value"))], notes, widths=(16, 60)),
        ]
        content = xlsx_bytes(sheets, access.project.title, made_at)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    slug = slugify(access.project.title) or "project"
    name = f"history-{slug}-{made_at:%Y-%m-%d}.{fmt}"
    digest = hashlib.sha256(content).hexdigest()
    record_history_export(access=access, name=name, query=filters.query(), sha256=digest)
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, project_id: int, event_id: int) -> HttpResponse:
    """What an undo would touch; then the undo. All of it, or nothing with the reason."""
    access = request.access
    access.require("code")
    event = get_object_or_404(visible_events(access), pk=event_id)
    again = event.mode == event.Mode.UNDO
    back = request.POST.get("back") or request.GET.get("back") or ""
    if request.method == "POST":
        try:
            batch = uuid.UUID(request.POST.get("key", "")) if request.POST.get("key") else None
        except ValueError:
            raise Http404 from None
        try:
            undoing.undo_event(access=access, event=event, batch=batch)
        except (ValidationError, PermissionDenied) as problem:
            said = problem.messages if isinstance(problem, ValidationError) else [str(problem)]
            messages.error(request, " ".join(said))
        else:
            messages.success(request, _("Done again.") if again else _("Undone."))
        here = reverse("cases:history", args=[project_id])
        return redirect(f"{here}?object={event.object_guid}" if back == "object" else here)
    context = {
        "line": lines(access, [event])[0],
        "plan": undoing.rehearse(access=access, event=event),
        "again": again,
        "key": uuid.uuid4(),
        "back": back,
    }
    return render(request, "cases/history_undo.html", context)
