"""The recording of a source: one audio file, kept beside the database and never public."""

import uuid
from hashlib import sha256
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from coding.core import audio
from coding.models import Recording, Source
from projects.access import Access
from projects.services.events import record

ADDED, REMOVED = "recording.added", "recording.removed"


def set_recording(*, access: Access, source: Source, upload: "File[Any]", name: str) -> Recording:
    """Keep ``upload`` as the recording of ``source``, instead of the one it may have."""
    access.require("import_data")
    name = PurePath(name.replace("\\", "/")).name[-255:] or _("recording")
    limit = settings.MAX_AUDIO_MB * 1_000_000
    if upload.size > limit:
        raise ValidationError(
            _("“%(name)s” has %(size)s; the limit for a recording is %(limit)s."),
            code="too_large",
            params={
                "name": name,
                "size": filesizeformat(upload.size),
                "limit": filesizeformat(limit),
            },
        )
    kind, digest = _examined(upload, name)
    row = Recording(source=source, name=name, content_type=kind.content_type, sha256=digest)
    row.size = upload.size
    try:
        # Under a name of our own: what somebody calls a file is no path. Before the transaction:
        # writing a large file must not keep everybody else from writing to the database.
        row.file.save(f"{uuid.uuid4().hex}{kind.suffix}", upload, save=False)
        with transaction.atomic():
            Source.objects.select_for_update().get(pk=source.pk)
            old = Recording.objects.filter(source=source).first()
            if old:
                # Its file follows once this is certain (coding/signals.py).
                old.delete()
            row.save()
            before = {"recording": old.name} if old else None
            after = {"recording": name}
            record(
                access, ADDED, row, label=source.title, source=source, before=before, after=after
            )
    except BaseException:
        if row.file.name:
            row.file.storage.delete(row.file.name)
        raise
    return row


@transaction.atomic
def remove_recording(*, access: Access, source: Source) -> None:
    """Delete the recording; its file goes with it and does not come back."""
    access.require("import_data")
    Source.objects.select_for_update().get(pk=source.pk)
    row = Recording.objects.filter(source=source).first()
    if row is None:
        raise ValidationError(_("This source has no recording."), code="no_recording")
    record(
        access,
        REMOVED,
        row,
        label=source.title,
        source=source,
        before={"recording": row.name},
        after={"recording": ""},
    )
    row.delete()


def _examined(upload: "File[Any]", name: str) -> tuple[audio.AudioKind, str]:
    """What the file is, and its SHA-256; read piece by piece."""
    upload.seek(0)
    kind = audio.kind_of(upload.read(audio.HEAD))
    if kind is None:
        known = ", ".join(kind.name for kind in audio.KINDS)
        raise ValidationError(
            _("“%(name)s” is not a recording that browsers play (%(known)s), by its content."),
            code="not_audio",
            params={"name": name, "known": known},
        )
    upload.seek(0)
    digest = sha256()
    for piece in upload.chunks():
        digest.update(piece)
    upload.seek(0)
    return kind, digest.hexdigest()
