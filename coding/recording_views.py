"""The recording of a source: listening to it, adding, replacing and removing it."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coding import queries, ranges
from coding.core import audio
from coding.recording_forms import RecordingForm
from coding.services import recordings


@require_safe
def recording(request: HttpRequest, project_id: int, source_id: int) -> HttpResponseBase:
    """The audio, whole or in parts, for those who may read the source."""
    row = queries.recording(queries.source(request.access, source_id))
    if row is None or not row.file.storage.exists(row.file.name):
        raise Http404
    return ranges.stored_file(
        request,
        storage=row.file.storage,
        name=row.file.name,
        content_type=row.content_type,
        tag=row.guid.hex,
    )


@require_http_methods(["GET", "POST"])
def recording_edit(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    """What there is, and a form for another file."""
    access = request.access
    access.require("import_data")
    source = queries.source(access, source_id)
    sent = request.method == "POST"
    form = RecordingForm(request.POST, request.FILES) if sent else RecordingForm()
    if form.is_valid():
        upload = form.cleaned_data["recording"]
        try:
            row = recordings.set_recording(
                access=access, source=source, upload=upload, name=upload.name
            )
        except ValidationError as problem:
            form.add_error("recording", problem)
        else:
            messages.success(request, _("“%(name)s” is kept.") % {"name": row.name})
            return redirect("coding:source", project_id=project_id, source_id=source_id)
    context = {
        "form": form,
        "source": source,
        "recording": queries.recording(source),
        "limit_mb": settings.MAX_AUDIO_MB,
        "kinds": ", ".join(kind.name for kind in audio.KINDS),
    }
    return render(request, "coding/recording.html", context, status=400 if form.is_bound else 200)


@require_POST
def recording_remove(request: HttpRequest, project_id: int, source_id: int) -> HttpResponse:
    access = request.access
    access.require("import_data")
    source = queries.source(access, source_id)
    try:
        recordings.remove_recording(access=access, source=source)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("The recording is removed."))
    return redirect("coding:recording_edit", project_id=project_id, source_id=source_id)
