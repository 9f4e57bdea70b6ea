"""Transcripts as jobs: check (nothing is written), read some again in another way, import.

Every file is one step of its job. A job that is killed goes on with the next file, and one that is
cancelled keeps what it has done.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import batches
from cases.core.archives import ArchiveProblem
from cases.core.transcript_batch import (
    BatchProblem,
    Bundle,
    FileSettings,
    Status,
    findings,
    refusal,
)
from cases.services.transcripts import REFUSED, Outcome, ReadFile, import_transcript
from coding.core.transcripts import (
    Guess,
    SafeReader,
    Transcript,
    TranscriptProblem,
    compose,
)
from projects.access import Access
from projects.jobs import JobFailed, JobRun, job
from projects.models import Job, JobStep
from projects.services import uploads


class Reading:
    """Files out of the upload of a check, read one after the other in a child process."""

    def __init__(self, run: JobRun, check: Job, bundle: Bundle, reader: SafeReader) -> None:
        self._place = uploads.working_file(check, run.job)
        self.bundle = bundle
        self._reader = reader

    def read(self, params: dict[str, Any], how: FileSettings, *, guess: bool) -> Transcript:
        """TranscriptProblem where it cannot be read.

        ``data`` keeps the file's bytes until the next one, ``guesses`` what it may be.
        """
        self.guesses: list[Guess] = []
        self.data = b""
        name = params["name"]
        if params.get("problem"):
            raise TranscriptProblem("zip", params["problem"])
        try:
            self.data = self.bundle.read(params["file"], params["member"])
        except ArchiveProblem as problem:
            raise TranscriptProblem("zip", f"{name}: {problem.message}") from problem
        # Nobody else on this machine may read it while it lies there.
        self._place.touch(0o600)
        self._place.write_bytes(self.data)
        try:
            if guess:
                self.guesses = self._reader.recognise(self._place, name)
            return self._reader.read(self._place, name, how.choices)
        finally:
            self._place.unlink(missing_ok=True)


@contextmanager
def _reading(run: JobRun, check: Job) -> Iterator[Reading]:
    if not check.upload:
        raise JobFailed(_("The uploaded files have been deleted meanwhile; upload them again."))
    with batches.opened(check) as bundle, SafeReader(batches.reading_limits()) as reader:
        yield Reading(run, check, bundle, reader)


@job(batches.CHECK, queue="interactive", right="import_data")
def transcripts_check(run: JobRun) -> dict[str, Any]:
    """The dry run: what each file is, how it would look, and what is wrong with it."""
    access = run.access()
    run.progress(0, phase=_("looking into the upload"))
    with _reading(run, run.job) as reading:
        try:
            plan, notes = batches.plan_files(access, run.job, reading.bundle)
        except BatchProblem as problem:
            raise JobFailed(str(problem)) from problem
        run.progress(0, len(plan), _("reading files"))
        for step in run.steps(plan):
            result = _findings(reading, step.params)
            with transaction.atomic():
                step.finish_with(result)
    page = {"project_id": access.project.pk, "check_id": run.job_id}
    return {"notes": notes, "next": reverse("cases:transcripts_plan", kwargs=page)}


@job(batches.READ_AGAIN, queue="interactive", right="import_data")
def transcripts_read_again(run: JobRun) -> dict[str, Any]:
    """Some files of a check once more, as it was chosen meanwhile."""
    access = run.access()
    check = batches.check(access, run.params["check"])
    with _reading(run, check) as reading:
        for step in run.steps([{"step": step_id} for step_id in run.params["steps"]]):
            row = batches.step(access, check, step.params["step"])
            result = _findings(reading, row.params)
            with transaction.atomic():
                JobStep.objects.filter(pk=row.pk).update(result=result)
                step.finish_with()
    return {"next": run.params["next"]}


def _findings(reading: Reading, params: dict[str, Any]) -> dict[str, Any]:
    how = FileSettings.from_json(params["as"])
    try:
        transcript = reading.read(params, how, guess=True)
    except TranscriptProblem as problem:
        return refusal(problem, reading.data)
    return findings(transcript, reading.data, reading.guesses)


@job(batches.IMPORT, queue="long", right="import_data")
def transcripts_import(run: JobRun) -> dict[str, Any]:
    """Each file in a transaction of its own: a source, or the reason why there is none."""
    check = batches.check(run.access(), run.params["check"])
    # An attempt that was killed after the last file may have deleted the upload.
    if run.job.steps.filter(state=Job.State.DONE).count() < len(run.params["steps"]):
        with _reading(run, check) as reading:
            run.progress(0, len(run.params["steps"]), _("importing files"))
            for step in run.steps([{"step": step_id} for step_id in run.params["steps"]]):
                # Asked for each file: a right may be taken away while the work goes on.
                access = run.access()
                _import_one(access, reading, check, step, uuid.UUID(run.params["batch"]))
    access = run.access()
    settled = (Status.READY, Status.DECIDE, Status.WAITING)
    if not any(line.status in settled for line in batches.files(access, check)):
        uploads.drop(check)
    page = {"project_id": access.project.pk, "import_id": run.job_id}
    return {"next": reverse("cases:transcripts_done", kwargs=page)}


def _import_one(access: Access, reading: Reading, check: Job, step: Any, batch: uuid.UUID) -> None:
    row = batches.step(access, check, step.params["step"])
    name = row.params["name"]
    how = FileSettings.from_json(row.params["as"])

    def finish(outcome: Outcome) -> None:
        step.finish_with({"name": name, **outcome.as_json()})

    try:
        transcript = reading.read(row.params, how, guess=False)
        composed = compose(transcript)
        if composed.sha256 != row.result.get("text_sha256"):
            raise ValidationError(
                _("It reads otherwise now than when it was checked; check it again.")
            )
        file = ReadFile(
            name=name,
            data=reading.data,
            sha256=hashlib.sha256(reading.data).hexdigest(),
            transcript=transcript,
            composed=composed,
            settings=how,
        )
        import_transcript(
            access=access, file=file, batch=batch, label=check.upload_name, finish=finish
        )
    except (TranscriptProblem, ValidationError) as problem:
        told = problem.message if isinstance(problem, TranscriptProblem) else problem.messages[0]
        with transaction.atomic():
            finish(Outcome(REFUSED, None, told))
