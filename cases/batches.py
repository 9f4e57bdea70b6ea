"""An upload of transcripts as its pages, services and jobs see it.

The upload is the file of a check; each of its files is a step of that job. What somebody has
chosen for a file stands in the step's parameters, what reading it gave in the step's result.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from cases.core.transcript_batch import (
    SAID,
    BatchLimits,
    Bundle,
    FileFacts,
    FileSettings,
    Known,
    Standing,
    Status,
    date_in,
    shown_name,
    standings,
    suggest_key,
    suggest_title,
)
from coding import people
from coding.core.transcripts import Choices, Limits
from coding.models import Participant, Source
from projects import queries as project_queries
from projects.access import Access
from projects.models import Job, JobStep

CHECK = "transcripts_check"
READ_AGAIN = "transcripts_read_again"
IMPORT = "transcripts_import"

UNREADABLE = "This file could not be read as a transcript."


def limits() -> BatchLimits:
    return BatchLimits(
        files=settings.MAX_TRANSCRIPTS,
        file_size=settings.MAX_TRANSCRIPT_MB * 1_000_000,
        total_size=max(200, 4 * settings.MAX_UPLOAD_MB) * 1_000_000,
    )


def reading_limits() -> Limits:
    return Limits(file_bytes=settings.MAX_TRANSCRIPT_MB * 1_000_000)


@contextmanager
def opened(check: Job) -> Iterator[Bundle]:
    """The files of an upload, one by one."""
    with (
        check.upload.open("rb") as stream,
        Bundle(cast(BinaryIO, stream), check.params["files"], limits()) as bundle,
    ):
        yield bundle


@dataclass(slots=True)
class FileLine:
    """One file: its row, what was chosen and found, and how it stands now."""

    number: int
    step: JobStep
    settings: FileSettings
    standing: Standing
    source: Known | None

    @property
    def id(self) -> int:
        return self.step.pk

    @property
    def name(self) -> str:
        return str(self.step.params["name"])

    @property
    def found(self) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], self.step.result)

    @property
    def said(self) -> Mapping[str, Any]:
        """Words out of the file; empty once the upload is deleted."""
        return self.step.result.get(SAID, {})  # type: ignore[no-any-return]

    @property
    def status(self) -> Status:
        return self.standing.status

    @property
    def must_change(self) -> bool:
        return self.standing.must_change

    @property
    def can_be_read(self) -> bool:
        return not self.step.params.get("problem") and self.status != Status.IMPORTED


def check(access: Access, check_id: int) -> Job:
    job = project_queries.job(access, check_id)
    if job.kind != CHECK:
        raise Http404
    return job


def step(access: Access, check: Job, step_id: int) -> JobStep:
    return get_object_or_404(JobStep, pk=step_id, job=check, job__project=access.project)


def imports(access: Access, check: Job) -> list[Job]:
    """The imports made from this check, newest first."""
    return list(access.project.jobs.filter(kind=IMPORT, params__check=check.pk).order_by("-pk"))


def files(access: Access, check: Job) -> list[FileLine]:
    """Every file of the upload with its standing; four queries, however many files."""
    rows = list(check.steps.order_by("ordinal"))
    made = _made(access, check)
    chosen = [FileSettings.from_json(row.params["as"]) for row in rows]
    known = known_sources(access)
    facts = [_facts(row, how, made) for row, how in zip(rows, chosen, strict=True)]
    by_id = {source.id: source for source in known}
    return [
        FileLine(number, row, how, standing, by_id.get(standing.source or 0))
        for number, (row, how, standing) in enumerate(
            zip(rows, chosen, standings(facts, known), strict=True), start=1
        )
    ]


def counts(lines: Sequence[FileLine]) -> dict[Status, int]:
    found = dict.fromkeys(Status, 0)
    for line in lines:
        found[line.status] += 1
    return found


def known_sources(access: Access) -> list[Known]:
    rows = Source.objects.filter(project=access.project).values_list(
        "pk",
        "key",
        "title",
        "content__original_name",
        "text_sha256",
        "original_sha256",
        "removed_at",
    )
    return [
        Known(
            pk,
            key,
            title,
            shown_name(name or "", 0) if name else "",
            text,
            original,
            gone is not None,
        )
        for pk, key, title, name, text, original, gone in rows
    ]


def participants(access: Access) -> list[Participant]:
    return list(access.project.participants.order_by("key"))


def kinds() -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Source.Kind.choices]


def plan_files(
    access: Access, check: Job, bundle: Bundle
) -> tuple[list[dict[str, Any]], list[str]]:
    """The steps of a check, one per file, and the notes about what was left out.

    BatchProblem where the upload is refused as a whole.
    """
    contents = bundle.contents()
    taken = set(access.project.sources.values_list("key", flat=True))
    given = FileSettings.from_json(check.params["given"])
    plan = []
    for entry in contents.entries:
        key = suggest_key(entry.name, taken)
        taken.add(key)
        how = given.as_json() | {
            "key": key,
            "title": suggest_title(entry.name),
            "date": when.isoformat() if (when := date_in(entry.name)) else None,
        }
        plan.append(
            {
                "file": entry.file,
                "member": entry.member,
                "name": entry.name,
                "size": entry.size,
                "problem": entry.problem,
                "as": how,
            }
        )
    return plan, contents.notes


def given(
    *, kind: str, cases: Collection[int], new_case: str, merge: bool, keep_times: bool
) -> dict[str, Any]:
    """What is chosen at the upload for all files together, as it is kept with the check."""
    return FileSettings(
        key="",
        title="",
        kind=kind,
        cases=tuple(cases),
        new_case=new_case,
        choices=Choices(merge=merge, keep_times=keep_times),
    ).as_json()


def _facts(row: JobStep, how: FileSettings, made: Mapping[int, int]) -> FileFacts:
    found = row.result
    problem = row.params.get("problem") or ""
    if not problem and "problem" in found:
        problem = found.get(SAID, {}).get("problem") or _(UNREADABLE)
    return FileFacts(
        name=row.params["name"],
        key=how.key,
        kind=how.kind,
        take=how.take,
        text_sha256=found.get("text_sha256", ""),
        original_sha256=found.get("original_sha256", ""),
        speakers=found.get("speakers", 0),
        sure=bool(how.choices.format) or found.get("sure", True),
        problem=problem,
        imported=made.get(row.pk),
    )


def _made(access: Access, check: Job) -> dict[int, int]:
    """The sources that imports of this check have made: step of the check → source."""
    rows = JobStep.objects.filter(
        job__project=access.project,
        job__kind=IMPORT,
        job__params__check=check.pk,
        result__outcome="created",
    )
    return {row.params["step"]: row.result["source"] for row in rows}


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """What became of one file of an import; ``outcome`` is "" where it was not reached."""

    name: str
    outcome: str
    message: str
    source: Source | None
    unmatched: frozenset[str]


def outcomes(access: Access, job: Job) -> list[OutcomeLine]:
    steps = list(job.steps.order_by("ordinal"))
    sources = access.project.sources.present().in_bulk(
        [row.result["source"] for row in steps if row.result.get("source")]
    )
    made = {row.result["source"] for row in steps if row.result.get("outcome") == "created"}
    open_labels = unmatched(access, made)
    names = dict(
        JobStep.objects.filter(
            job__project=access.project, pk__in=[row.params["step"] for row in steps]
        ).values_list("pk", "params__name")
    )
    return [
        OutcomeLine(
            name=names.get(row.params["step"], ""),
            outcome=row.result.get("outcome", ""),
            message=row.result.get("message", ""),
            source=sources.get(row.result.get("source") or 0),
            unmatched=frozenset(open_labels.get(row.result.get("source") or 0, ())),
        )
        for row in steps
    ]


def unmatched(access: Access, sources: Collection[int]) -> dict[int, set[str]]:
    """The speakers of these sources of whom nobody has said by now who they are."""
    found: dict[int, set[str]] = {}
    for label in people.labels(access) if sources else ():
        if label.decided is None:
            for part in label.sources:
                if part.source in sources and part.unknown and part.decided is None:
                    found.setdefault(part.source, set()).add(label.label)
    return found
