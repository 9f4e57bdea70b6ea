"""Transcripts become sources: the upload is packed, files are set up, and written one by one."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.core.transcript_batch import (
    FileSettings,
    Take,
    composed_words,
    free_key,
    pack,
    suggest_key,
)
from cases.models import Case, CaseSource
from coding.core.speakers import default_role
from coding.core.transcripts import Choices, Composed, Transcript
from coding.core.turns import TEXT
from coding.models import Source
from coding.services.new_sources import NewSource, NewTurn, write_source
from coding.services.speakers import assign_speakers
from projects.access import Access
from projects.models import Event, Job, JobStep, Project
from projects.services import uploads
from projects.services.events import new_event, record_many

CREATED, DUPLICATE, REFUSED = "created", "duplicate", "refused"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read again for its import."""

    name: str
    data: bytes
    sha256: str
    transcript: Transcript
    composed: Composed
    settings: FileSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. ``undecided`` counts its speakers whom nobody has matched yet."""

    outcome: str
    source: int | None = None
    message: str = ""
    undecided: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "source": self.source,
            "message": self.message,
            "undecided": self.undecided,
        }


@contextmanager
def packed(
    files: "Sequence[UploadedFile[bytes]]",
) -> "Iterator[tuple[TemporaryUploadedFile, list[dict[str, Any]]]]":
    """The uploaded files as one file on disk, and its index. Nothing is read of what is in them."""
    bundle = TemporaryUploadedFile("transcripts.bundle", "application/octet-stream", 0, None)
    stream = cast(BinaryIO, bundle.file)
    index = pack(((file.name or "", file.chunks()) for file in files), stream)
    stream.flush()
    bundle.size = sum(entry["size"] for entry in index)
    try:
        yield bundle, index
    finally:
        # Stored by then: it was moved, not copied.
        bundle.close()


@transaction.atomic
def set_up_file(*, access: Access, check: Job, step: JobStep, settings: FileSettings) -> None:
    """Keep what was chosen for one file. No line of history: nothing of the project has changed."""
    access.require("import_data")
    _keep(_locked(check, [step.pk]), lambda now: settings)


@transaction.atomic
def set_choices(*, access: Access, check: Job, steps: Iterable[int], choices: Choices) -> list[int]:
    """Have these files read in this way; the ids of those whose way of reading changes by it."""
    access.require("import_data")
    rows = [
        row
        for row in _locked(check, steps)
        if FileSettings.from_json(row.params["as"]).choices != choices
    ]
    _keep(rows, lambda now: replace(now, choices=choices))
    return [row.pk for row in rows]


@transaction.atomic
def decide(*, access: Access, check: Job, steps: Iterable[int], take: Take) -> int:
    """Take these files, or leave them out, or leave that open again."""
    access.require("import_data")
    rows = _locked(check, steps)
    _keep(rows, lambda now: replace(now, take=take))
    return len(rows)


def discard(*, access: Access, check: Job) -> None:
    """Delete the uploaded files, with what is shown of them; what was imported stays."""
    access.require("import_data")
    uploads.drop(check)


def _locked(check: Job, steps: Iterable[int]) -> list[JobStep]:
    return list(JobStep.objects.select_for_update().filter(job=check, pk__in=list(steps)))


def _keep(rows: Sequence[JobStep], change: Callable[[FileSettings], FileSettings]) -> None:
    for row in rows:
        chosen = change(FileSettings.from_json(row.params["as"]))
        row.params = row.params | {"as": chosen.as_json()}
    JobStep.objects.bulk_update(rows, ["params"], batch_size=100)


# --- writing -------------------------------------------------------------------------------------


def import_transcript(
    *,
    access: Access,
    file: ReadFile,
    batch: uuid.UUID,
    label: str,
    finish: Callable[[Outcome], None],
) -> Outcome:
    """Make one source of ``file``, or say why not; ``finish`` is called in the same transaction.

    All files of one import share ``batch``; ``label`` is what the import is called in the history.
    Two imports of one project wait for each other here, so that of two that bring the same file
    one makes the source and the other finds it.
    """
    access.require("import_data")
    try:
        with transaction.atomic():
            Project.objects.select_for_update().get(pk=access.project.pk)
            outcome = _found(access, file) or _write(access, file, batch, label)
            finish(outcome)
    except IntegrityError as error:
        raise ValidationError(
            _("“%(name)s” was not stored: the project has changed in the same moment.")
            % {"name": file.name},
            code="changed",
        ) from error
    return outcome


def _found(access: Access, file: ReadFile) -> Outcome | None:
    """Why there is no source to make."""
    sources = Source.objects.filter(project=access.project)
    for fields, sentence in (
        ({"original_sha256": file.sha256}, _("It is the same file as that of “%(title)s”.")),
        (
            {"text_sha256": file.composed.sha256},
            _("Its text is the same as that of “%(title)s”. Times that differ are not taken over."),
        ),
    ):
        there = sources.filter(**fields).order_by("pk").first()
        if there is not None:
            if there.removed_at is not None:
                sentence = _("“%(title)s” is the same and in the trash: restore it from there.")
                return Outcome(DUPLICATE, None, sentence % {"title": there.title})
            return Outcome(DUPLICATE, there.pk, sentence % {"title": there.title})
    taken = sources.filter(key__iexact=file.settings.key).first()
    if taken is not None:
        sentence = _("The source id “%(key)s” belongs to “%(title)s” meanwhile.")
        if taken.removed_at is not None:
            sentence = _("The source id “%(key)s” belongs to “%(title)s”, which is in the trash.")
        return Outcome(REFUSED, None, sentence % {"key": taken.key, "title": taken.title})
    new = file.settings.new_case.strip().casefold()
    for name in access.project.cases.filter(removed_at__isnull=False).values_list(
        "name", flat=True
    ):
        if name.casefold() == new:
            sentence = _("The case “%(case)s” is in the trash: restore it from there first.")
            return Outcome(REFUSED, None, sentence % {"case": name})
    return None


def _write(access: Access, file: ReadFile, batch: uuid.UUID, label: str) -> Outcome:
    how, project = file.settings, access.project
    events: list[Event] = []
    if not project.events.filter(batch=batch, verb="transcripts.imported").exists():
        # With the first source, so that an import which is stopped has its line as well.
        events.append(
            new_event(
                project, access.user, "transcripts.imported", project, label=label, batch=batch
            )
        )
    source, event = write_source(
        access=access,
        new=NewSource(
            key=how.key,
            title=how.title,
            kind=how.kind,
            date=how.date,
            participant=project.participants.filter(pk=how.participant).first()
            if how.participant
            else None,
            format=file.transcript.format,
            text=file.composed.text,
            text_sha256=file.composed.sha256,
            words=composed_words(file.composed),
            turns=[
                NewTurn(
                    turn.start,
                    turn.body_start,
                    turn.end,
                    turn.speaker,
                    default_role(turn.speaker) if turn.speaker else TEXT,
                    None,
                    turn.time_start,
                    turn.time_end,
                )
                for turn in file.composed.turns
            ],
            original=file.data,
            original_name=file.name,
            original_sha256=file.sha256,
            encoding=file.transcript.encoding,
        ),
        batch=batch,
    )
    for case in _cases(access, how, batch, events):
        CaseSource.objects.create(case=case, source=source)
    events.append(event)
    record_many(events)
    undecided = assign_speakers(access=access, source=source)
    return Outcome(CREATED, source.pk, undecided=undecided)


def _cases(access: Access, how: FileSettings, batch: uuid.UUID, events: list[Event]) -> list[Case]:
    """The chosen cases, and the new one, which an earlier file may have made."""
    there = list(access.project.cases.present().order_by("position", "pk"))
    found = [case for case in there if case.pk in how.cases]
    name = how.new_case.strip()
    if not name:
        return found
    same = next((c for c in there if c.name.casefold() == name.casefold()), None)
    if same is None:
        same = Case.objects.create(
            project=access.project,
            key=free_key(
                suggest_key(name), set(access.project.cases.values_list("key", flat=True))
            ),
            name=name,
            position=len(there),
        )
        after = {"guid": str(same.guid), "key": same.key, "name": same.name, "values": {}}
        events.append(
            new_event(
                access.project,
                access.user,
                "case.imported",
                access.project,
                label=same.name,
                batch=batch,
                after={"cases": [after]},
            )
        )
    return found if same in found else [*found, same]
