"""Transcripts come in: the upload, the check, decisions, the import; by job and by page."""

import hashlib
import io
import json
import threading
import uuid
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import batches, tasks
from cases.core.transcript_batch import FileSettings, Status, Take
from cases.models import Case
from cases.services import transcripts as service
from coding.models import Source, Speaker, Turn, TurnWords
from projects import jobs
from projects.access import Access
from projects.jobs import ledger
from projects.models import Event, Job, Membership
from projects.services import uploads
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

VTT = """WEBVTT

1
00:00:01.000 --> 00:00:04.500
Ines: How do coaches share materials?

2
00:00:04.500 --> 00:00:09.000
Maya: We put every lesson on the intranet.

3
00:00:09.250 --> 00:00:12.000
Maya: We built it together.

4
00:00:12.000 --> 00:00:15.000
Ines: And problems?
"""
TYPED = "INT: How do coaches share?\nP1: On the intranet.\nINT: And problems?\nP1: We solve them.\n"


def files(*pairs: tuple[str, str | bytes]) -> list[SimpleUploadedFile]:
    return [
        SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
        for name, content in pairs
    ]


def zipped(content: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


def start(access: Access, *pairs: tuple[str, str | bytes], **given: Any) -> Job:
    chosen = {"kind": "interview", "cases": [], "new_case": "", "merge": True, "keep_times": True}
    with service.packed(files(*pairs)) as (bundle, index):
        params = {"files": index, "given": batches.given(**(chosen | given))}
        return jobs.create(
            access, kind=batches.CHECK, params=params, upload=bundle, upload_name="upload"
        )


def checked(access: Access, *pairs: tuple[str, str | bytes], **given: Any) -> Job:
    job = start(access, *pairs, **given)
    assert jobs.execute(job.pk) == "done", fresh(job).message
    return fresh(job)


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def standing(access: Access, check: Job) -> list[tuple[str, str]]:
    return [(line.name, line.status.value) for line in batches.files(access, check)]


def importing(access: Access, check: Job) -> Job:
    ready = [x.id for x in batches.files(access, check) if x.status == Status.READY]
    params = {"check": check.pk, "batch": str(uuid.uuid4()), "steps": ready}
    return jobs.create(access, kind=batches.IMPORT, params=params, upload_name="upload")


def imported(access: Access, check: Job) -> list[tuple[str, str]]:
    job = importing(access, check)
    assert jobs.execute(job.pk) == "done", fresh(job).message
    return [(row.name, row.outcome) for row in batches.outcomes(access, job)]


def leftovers(check: Job) -> list[Path]:
    place = Path(check.upload.path)
    return sorted(place.parent.glob(f"{place.name}*"))


# --- the check -----------------------------------------------------------------------------------


def test_what_the_check_says_of_a_file(alder: Access) -> None:
    check = checked(alder, ("2019-03-12 coach_1.vtt", VTT))
    (line,) = batches.files(alder, check)
    assert line.status == Status.READY
    assert line.settings == FileSettings(
        key="2019-03-12-coach_1", title="2019-03-12 coach 1", date=date(2019, 3, 12)
    )
    found = dict(line.found)
    said = found.pop("said")
    text = (
        "Ines: How do coaches share materials?\n"
        "Maya: We put every lesson on the intranet. We built it together.\n"
        "Ines: And problems?\n"
    )
    assert found == {
        "format": "vtt",
        "sure": True,
        "turns": 3,
        "words": 18,
        "length": len(text),
        "speakers": 2,
        "timed": 3,
        "encoding": "utf-8",
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "original_sha256": hashlib.sha256(VTT.encode()).hexdigest(),
        "recorded": None,
    }
    assert said["labels"] == [["Ines", 2], ["Maya", 1]]
    assert said["samples"][1] == {
        "speaker": "Maya",
        "words": "We put every lesson on the intranet. We built it together.",
        "start": 4500,
        "end": 12000,
    }
    assert said["why"]
    assert check.result == {
        "notes": [],
        "next": f"/projects/{alder.project.pk}/import/transcripts/{check.pk}/",
    }
    # Nothing of the project has changed, and no file lies beside the upload.
    assert not Source.objects.exists()
    assert not Event.objects.filter(project=alder.project).exists()
    assert leftovers(check) == [Path(check.upload.path)]


def test_a_bad_file_is_one_refused_line_and_its_neighbours_are_fine(alder: Access) -> None:
    check = checked(
        alder,
        ("empty.txt", b""),
        ("good.txt", TYPED),
        ("program.exe", b"MZ\x00\x01\x02" * 50),
        ("inner.zip", b"no zip"),
    )
    lines = batches.files(alder, check)
    assert [(line.name, line.status.value) for line in lines] == [
        ("empty.txt", "refused"),
        ("good.txt", "ready"),
        ("program.exe", "refused"),
        ("inner.zip", "refused"),
    ]
    for line in lines:
        assert all(line.name in reason for reason in line.standing.reasons), line.standing


def test_files_in_a_zip_and_what_computers_add(alder: Access) -> None:
    archive = zipped({"all/a.txt": TYPED, "all/b.vtt": VTT, "__MACOSX/all/._a.txt": b"x"})
    check = checked(alder, ("all.zip", archive))
    assert standing(alder, check) == [("a.txt", "ready"), ("b.vtt", "ready")]
    assert check.result["notes"] == [
        "all.zip: 1 file was left out that a computer puts beside people's own "
        "(__MACOSX, .DS_Store, Thumbs.db)."
    ]


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([("x.zip", b"no zip")], "x.zip: The file is not a ZIP, or it is cut off or damaged."),
        (
            [("x.zip", zipped({}))],
            "x.zip: there is no file in this ZIP that could be a transcript.",
        ),
        (
            [("x.zip", zipped({f"{n}.txt": "x" for n in range(201)}))],
            "There are more than 200 files, the most that are taken at once; that is reached at "
            "“200.txt”. Upload them in several parts.",
        ),
        (
            [("x.zip", zipped({"big.txt": b"0" * 60_000_000}))],
            "x.zip: 'big.txt' in the ZIP has 60,000,000 bytes; a file may have at most 25,000,000.",
        ),
    ],
)
def test_an_upload_that_is_refused_as_a_whole(
    alder: Access, pairs: list[tuple[str, bytes]], sentence: str
) -> None:
    job = start(alder, *pairs)
    assert jobs.execute(job.pk) == "failed"
    assert fresh(job).message == sentence
    assert not job.steps.exists()


def test_duplicates_in_the_upload_and_in_the_project(alder: Access) -> None:
    imported(alder, checked(alder, ("first.txt", TYPED)))
    again = checked(
        alder,
        ("first.txt", TYPED),
        ("marked.txt", b"\xef\xbb\xbf" + TYPED.encode()),
        ("new.vtt", VTT),
        ("copy of new.vtt", VTT),
        ("first.txt", TYPED.replace("solve", "discuss")),
    )
    lines = batches.files(alder, again)
    assert [(line.status.value, line.standing.reasons) for line in lines] == [
        ("duplicate", ("It is the same file as that of the source “first”.",)),
        (
            "duplicate",
            (
                "Its text is the same as that of the source “first”. "
                "Times that differ are not taken over.",
            ),
        ),
        ("ready", ()),
        ("duplicate", ("It is the same file as “new.vtt” in this upload.",)),
        (
            "decide",
            ("The source “first” came from a file of this name, with other content.",),
        ),
    ]
    # Ids are free ones, in the project and among each other.
    assert len({line.settings.key for line in lines} | {"first"}) == 6


def test_the_check_goes_on_with_the_next_file_after_a_kill(
    alder: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start(alder, *[(f"{n}.txt", TYPED.replace("And", f"And {n}")) for n in range(4)])
    read: list[str] = []
    real = tasks.transcripts.Reading.read

    def dying(self: Any, params: dict[str, Any], how: FileSettings, **more: Any) -> Any:
        if len(read) == 2:
            raise KeyboardInterrupt  # as good as a kill: nothing is caught or ended
        read.append(params["name"])
        return real(self, params, how, **more)

    monkeypatch.setattr(tasks.transcripts.Reading, "read", dying)
    with pytest.raises(KeyboardInterrupt):
        jobs.execute(job.pk)
    assert fresh(job).state == Job.State.RUNNING
    assert [step.state for step in job.steps.all()] == ["done", "done", "queued", "queued"]
    monkeypatch.setattr(tasks.transcripts.Reading, "read", real)
    Job.objects.filter(pk=job.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
    assert jobs.execute(job.pk) == "done"
    assert [step.attempts for step in job.steps.all()] == [1, 1, 2, 2]
    assert [status for _name, status in standing(alder, fresh(job))] == ["ready"] * 4


def test_cancelling_keeps_what_is_checked_and_going_on_finishes_it(
    alder: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start(alder, *[(f"{n}.txt", TYPED.replace("And", f"And {n}")) for n in range(3)])
    real = tasks.transcripts.Reading.read

    def cancelling(self: Any, params: dict[str, Any], how: FileSettings, **more: Any) -> Any:
        if params["name"] == "1.txt":
            assert ledger.request_cancel(alder, job) is True
        return real(self, params, how, **more)

    monkeypatch.setattr(tasks.transcripts.Reading, "read", cancelling)
    assert jobs.execute(job.pk) == "cancelled"
    assert standing(alder, job) == [
        ("0.txt", "ready"),
        ("1.txt", "waiting"),
        ("2.txt", "waiting"),
    ]
    monkeypatch.setattr(tasks.transcripts.Reading, "read", real)
    assert ledger.request_retry(alder, job) is True
    assert jobs.execute(job.pk) == "done"
    assert [status for _name, status in standing(alder, job)] == ["ready"] * 3


def test_what_people_said_goes_with_the_upload(alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT), ("empty.txt", b""))
    working = uploads.working_file(check, check)
    working.write_text("left by a worker that was killed")
    kept = leftovers(check)
    assert len(kept) == 2
    uploads.drop(check)
    assert not any(path.exists() for path in kept)
    rows = json.dumps(list(check.steps.values("params", "result")))
    assert "intranet" not in rows
    assert "Maya" not in rows
    lines = batches.files(alder, fresh(check))
    assert [(line.status.value, line.standing.reasons, dict(line.said)) for line in lines] == [
        ("ready", (), {}),
        ("refused", ("This file could not be read as a transcript.",), {}),
    ]
    uploads.drop(fresh(check))


# --- reading again -------------------------------------------------------------------------------


def test_a_file_is_read_again_as_it_was_chosen(alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT), ("b.vtt", VTT.replace("And", "Any")))
    first, second = batches.files(alder, check)
    choices = FileSettings.from_json(
        first.settings.as_json()
        | {"choices": first.settings.choices.as_json() | {"merge": False, "keep_times": False}}
    ).choices
    both = [first.id, second.id]
    assert service.set_choices(access=alder, check=check, steps=both, choices=choices) == both
    assert service.set_choices(access=alder, check=check, steps=both, choices=choices) == []
    again = jobs.create(
        alder,
        kind=batches.READ_AGAIN,
        params={"check": check.pk, "steps": [first.id], "next": "/x/"},
    )
    assert jobs.execute(again.pk) == "done"
    assert fresh(again).result == {"next": "/x/"}
    found = [(x.found["turns"], x.found["timed"]) for x in batches.files(alder, check)]
    assert found == [(4, 0), (3, 3)]


# --- the import ----------------------------------------------------------------------------------


def test_a_source_with_turns_times_words_and_history(alder: Access) -> None:
    person = factories.participant(alder.project, "P1")
    Speaker.objects.create(
        project=alder.project, label="maya", role="participant", participant=person
    )
    Speaker.objects.create(project=alder.project, label="ines", role="interviewer")
    check = checked(alder, ("coach.vtt", VTT), new_case="North")
    (line,) = batches.files(alder, check)
    assert imported(alder, check) == [("coach.vtt", "created")]
    source = Source.objects.get(project=alder.project)
    assert (source.key, source.title, source.kind, source.format, source.version) == (
        "coach",
        "coach",
        "interview",
        "vtt",
        1,
    )
    assert source.text_sha256 == line.found["text_sha256"]
    assert bytes(source.content.original) == VTT.encode()
    assert (source.content.original_name, source.content.encoding) == ("coach.vtt", "utf-8")
    assert source.length == len(source.content.text) == line.found["length"]
    assert (source.words, source.participant_words) == (18, 11)
    assert list(
        source.turns.values_list("speaker", "role", "participant", "time_start", "time_end")
    ) == [
        ("Ines", "interviewer", None, 1000, 4500),
        ("Maya", "participant", person.pk, 4500, 12000),
        ("Ines", "interviewer", None, 12000, 15000),
    ]
    turn = source.turns.get(ordinal=2)
    text = source.content.text
    assert text[turn.start : turn.body_start] == "Maya: "
    assert text[turn.body_start : turn.end].startswith("We put every lesson")
    assert TurnWords.objects.filter(turn__source=source).count() == 3
    assert [case.name for case in source.cases.all()] == ["North"]
    events = list(
        Event.objects.filter(project=alder.project).order_by("pk").values_list("verb", "label")
    )
    assert events == [
        ("transcripts.imported", "upload"),
        ("case.imported", "North"),
        ("source.imported", "coach"),
    ]
    assert len(set(Event.objects.values_list("batch", flat=True))) == 1
    # All is dealt with: the upload is gone.
    assert not fresh(check).upload


def test_undecided_speakers_are_counted(alder: Access) -> None:
    check = checked(alder, ("coach.vtt", VTT))
    job = importing(alder, check)
    assert jobs.execute(job.pk) == "done"
    assert [row.unmatched for row in batches.outcomes(alder, job)] == [{"ines", "maya"}]
    page = f"/projects/{alder.project.pk}/import/transcripts/done/{job.pk}/"
    assert fresh(job).result == {"next": page}


def test_only_what_is_ready_is_imported_and_the_rest_waits(alder: Access) -> None:
    check = checked(
        alder, ("a.vtt", VTT), ("prose.txt", "No speaker here.\nNor here.\n"), ("x.txt", b"")
    )
    assert standing(alder, check) == [
        ("a.vtt", "ready"),
        ("prose.txt", "decide"),
        ("x.txt", "refused"),
    ]
    assert imported(alder, check) == [("a.vtt", "created")]
    check = fresh(check)
    assert check.upload
    assert standing(alder, check)[0] == ("a.vtt", "imported")
    prose = batches.files(alder, check)[1]
    service.decide(access=alder, check=check, steps=[prose.id], take=Take.YES)
    assert imported(alder, check) == [("prose.txt", "created")]
    assert not fresh(check).upload
    assert list(Turn.objects.filter(source__key="prose").values_list("role", flat=True)) == [
        "text",
        "text",
    ]


def test_the_new_case_is_made_once(alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT), ("b.txt", TYPED), new_case="North")
    imported(alder, check)
    assert [(c.name, c.key, c.sources.count()) for c in Case.objects.all()] == [
        ("North", "North", 2)
    ]


def test_the_same_file_by_two_people_is_one_source(cast: Cast) -> None:
    olive, liam = cast.access("olive"), cast.access("liam")
    one, two = checked(olive, ("a.vtt", VTT)), checked(liam, ("b.vtt", VTT))
    first, second = importing(olive, one), importing(liam, two)
    assert jobs.execute(first.pk) == "done"
    assert jobs.execute(second.pk) == "done"
    (row,) = batches.outcomes(liam, second)
    source = Source.objects.get()
    assert (row.outcome, row.source) == ("duplicate", source)
    assert row.message == "It is the same file as that of “a”."


@pytest.mark.django_db(transaction=True)
def test_the_same_file_by_two_people_at_the_same_moment(cast: Cast) -> None:
    olive, liam = cast.access("olive"), cast.access("liam")
    made = [
        importing(olive, checked(olive, ("a.vtt", VTT))),
        importing(liam, checked(liam, ("b.vtt", VTT))),
    ]
    ready = threading.Barrier(2)
    ended: list[str] = []

    def run(job: Job) -> None:
        try:
            ready.wait(10)
            ended.append(jobs.execute(job.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ended == ["done", "done"]
    found = [batches.outcomes(olive, job)[0].outcome for job in made]
    assert sorted(found) == ["created", "duplicate"]
    assert Source.objects.count() == 1


def test_an_id_taken_meanwhile_is_refused_and_nothing_of_the_file_is_stored(
    alder: Access,
) -> None:
    check = checked(alder, ("coach.vtt", VTT))
    job = importing(alder, check)
    factories.source(alder.project, "COACH", "P1: Something else.\nP1: Yes.\n")
    assert jobs.execute(job.pk) == "done"
    (row,) = batches.outcomes(alder, job)
    assert (row.outcome, row.source) == ("refused", None)
    assert row.message == "The source id “COACH” belongs to “Interview COACH” meanwhile."
    assert Source.objects.count() == 1
    assert not Event.objects.filter(project=alder.project).exists()
    # The file waits for another id.
    assert fresh(check).upload
    assert standing(alder, check) == [("coach.vtt", "decide")]


def test_cancelling_stops_between_files_and_going_on_doubles_nothing(
    alder: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [(f"{n}.txt", TYPED.replace("And", f"And {n}")) for n in range(3)]
    check = checked(alder, *pairs)
    job = importing(alder, check)
    real = tasks.transcripts.import_transcript

    def cancelling(**args: Any) -> Any:
        outcome = real(**args)
        assert ledger.request_cancel(alder, job) is True
        return outcome

    monkeypatch.setattr(tasks.transcripts, "import_transcript", cancelling)
    assert jobs.execute(job.pk) == "cancelled"
    assert [row.outcome for row in batches.outcomes(alder, job)] == ["created", "", ""]
    assert Source.objects.count() == 1
    assert fresh(check).upload
    monkeypatch.setattr(tasks.transcripts, "import_transcript", real)
    assert ledger.request_retry(alder, job) is True
    assert jobs.execute(job.pk) == "done"
    assert [row.outcome for row in batches.outcomes(alder, job)] == ["created"] * 3
    assert Source.objects.count() == 3
    assert Event.objects.filter(verb="transcripts.imported").count() == 1


def test_a_right_that_is_taken_away_stops_the_import(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    liam = cast.access("liam")
    check = checked(liam, ("a.vtt", VTT), ("b.txt", TYPED))
    job = importing(liam, check)
    real = tasks.transcripts.import_transcript

    def demoting(**args: Any) -> Any:
        outcome = real(**args)
        Membership.objects.filter(user=cast.liam).update(role="coder")
        return outcome

    monkeypatch.setattr(tasks.transcripts, "import_transcript", demoting)
    assert jobs.execute(job.pk) == "failed"
    assert Source.objects.count() == 1


def test_a_file_that_reads_otherwise_now_is_not_stored(alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT))
    step = check.steps.get()
    step.result["text_sha256"] = "0" * 64
    step.save()
    job = importing(alder, check)
    assert jobs.execute(job.pk) == "done"
    (row,) = batches.outcomes(alder, job)
    assert row.outcome == "refused"
    assert row.message == "It reads otherwise now than when it was checked; check it again."
    assert not Source.objects.exists()


def test_an_import_whose_upload_is_gone_says_so(alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT))
    job = importing(alder, check)
    uploads.drop(check)
    assert jobs.execute(job.pk) == "failed"
    assert fresh(job).message == (
        "The uploaded files have been deleted meanwhile; upload them again."
    )


def test_an_import_killed_after_its_last_file_ends_well(
    alder: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checked(alder, ("a.vtt", VTT))
    job = importing(alder, check)
    real = uploads.drop

    def dying(upload_of: Job) -> None:
        real(upload_of)
        raise KeyboardInterrupt

    monkeypatch.setattr(uploads, "drop", dying)
    with pytest.raises(KeyboardInterrupt):
        jobs.execute(job.pk)
    monkeypatch.setattr(uploads, "drop", real)
    Job.objects.filter(pk=job.pk).update(heartbeat_at="2020-01-01T00:00:00Z")
    assert jobs.execute(job.pk) == "done"
    assert [row.outcome for row in batches.outcomes(alder, job)] == ["created"]
    assert Source.objects.count() == 1


def test_another_projects_check_cannot_be_imported(cast: Cast) -> None:
    check = checked(cast.access("olive"), ("a.vtt", VTT))
    otto = cast.access("otto", cast.brook)
    params = {"check": check.pk, "batch": str(uuid.uuid4()), "steps": [check.steps.get().pk]}
    job = jobs.create(otto, kind=batches.IMPORT, params=params)
    assert jobs.execute(job.pk) == "failed"
    assert not Source.objects.exists()


# --- pages ---------------------------------------------------------------------------------------


@pytest.fixture
def olive(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.olive, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def post_files(client: Client, access: Access, *pairs: tuple[str, str | bytes], **data: Any) -> Any:
    address = f"/projects/{access.project.pk}/import/transcripts/"
    headers = data.pop("headers", {})
    body = {"files": files(*pairs), "kind": "interview", "merge": "on", "keep_times": "on"}
    return client.post(address, body | data, headers=headers)


def address_of(check: Job, *more: object) -> str:
    end = "".join(f"{part}/" for part in more)
    return f"/projects/{check.project_id}/import/transcripts/{check.pk}/{end}"


def test_the_upload_page_takes_files_and_starts_the_check(olive: Client, alder: Access) -> None:
    answer = post_files(olive, alder, ("b.txt", TYPED), ("../../a.vtt", VTT), new_case="North")
    check = Job.objects.get()
    assert answer["Location"] == f"/projects/{alder.project.pk}/jobs/{check.pk}/"
    assert (check.kind, check.upload_name) == ("transcripts_check", "2 files")
    assert [file["name"] for file in check.params["files"]] == ["b.txt", "a.vtt"]
    # Nothing was read by the page: there are no steps before the job has run.
    assert not check.steps.exists()
    with check.upload.open("rb") as stored:
        assert stored.read() == TYPED.encode() + VTT.encode()
    assert jobs.execute(check.pk) == "done"
    lines = batches.files(alder, fresh(check))
    assert [line.settings.new_case for line in lines] == ["North", "North"]


def test_the_upload_answers_the_pages_script_in_json(olive: Client, alder: Access) -> None:
    json_please = {"Accept": "application/json"}
    answer = post_files(olive, alder, ("a.vtt", VTT), headers=json_please)
    assert answer.status_code == 201
    job = Job.objects.get()
    assert answer.json() == {"next": f"/projects/{alder.project.pk}/jobs/{job.pk}/"}
    answer = post_files(olive, alder, headers=json_please)
    assert (answer.status_code, answer.json()) == (
        400,
        {"problems": ["Choose at least one file."]},
    )


def test_what_the_upload_page_refuses(
    olive: Client, alder: Access, settings: Any, cast: Cast
) -> None:
    settings.MAX_TRANSCRIPT_MB, settings.MAX_UPLOAD_MB = 1, 2
    large = b"x" * 1_040_000
    pairs: list[tuple[list[tuple[str, str | bytes]], dict[str, Any], str]] = [
        (
            [(f"{n}.txt", "x") for n in range(201)],
            {},
            "These are 201 files; at most 200 are taken at once. Send them in several parts.",
        ),
        (
            [("ok.txt", "x"), ("large.txt", large)],
            {},
            "“large.txt” has 1.1 MB; the limit is 1.0 MB.",
        ),
        ([("large.zip", large * 3)], {}, "“large.zip” has 3.2 MB; the limit is 2.0 MB."),
        (
            [(f"{n}.txt", large[:900_000]) for n in range(3)],
            {},
            "Together these files have 2.7 MB; the limit is 2.0 MB.",
        ),
        ([("a.txt", "x")], {"kind": "song"}, "song is not one of the available choices"),
        ([("a.txt", "x")], {"case": "999"}, "999 is not one of the available choices"),
    ]
    for given, data, sentence in pairs:
        answer = post_files(olive, alder, *given, **data)
        assert answer.status_code == 400
        page = answer.content.decode()
        assert sentence in page, sentence
    assert not Job.objects.exists()


def test_far_too_many_files_are_told_in_a_sentence(olive: Client, alder: Access) -> None:
    answer = post_files(olive, alder, *[(f"{n}.txt", "x") for n in range(301)])
    assert answer.status_code == 400
    assert "These are more than 200 files." in answer.content.decode()


def test_the_plan_says_how_each_file_stands(olive: Client, alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT), ("prose.txt", "Nobody speaks.\nNobody.\n"))
    lines = batches.files(alder, check)
    page = olive.get(address_of(check)).content.decode()
    assert "Import 1 file" in page
    assert "No speaker was found, although it is to be an interview." in page
    # One decision, there and back.
    answer = olive.post(address_of(check), {"take_yes": lines[1].id})
    assert answer["Location"] == address_of(check) + "#file-2"
    assert standing(alder, check)[1] == ("prose.txt", "ready")
    olive.post(address_of(check), {"take_no": lines[1].id})
    assert standing(alder, check)[1] == ("prose.txt", "left_out")
    olive.post(address_of(check), {"take_open": lines[1].id})
    assert standing(alder, check)[1] == ("prose.txt", "decide")
    olive.post(address_of(check), {"take_yes": "all"})
    assert standing(alder, check)[1] == ("prose.txt", "ready")
    assert olive.post(address_of(check), {"take_yes": "999999"}).status_code == 404
    answer = olive.post(address_of(check), {"import": "1"})
    job = Job.objects.get(kind=batches.IMPORT)
    assert answer["Location"] == f"/projects/{alder.project.pk}/jobs/{job.pk}/"
    assert job.params["steps"] == [line.id for line in lines]
    # Pressed twice, it is one import.
    assert olive.post(address_of(check), {"import": "1"})["Location"] == answer["Location"]
    assert jobs.execute(job.pk) == "done"
    page = olive.get(fresh(job).result["next"]).content.decode()
    assert "2 speakers are not matched to participants yet." in page
    assert page.count(">imported<") == 2
    page = olive.get(address_of(check)).content.decode()
    assert "These files are dealt with" in page
    answer = olive.post(address_of(check), {"import": "1"}, follow=True)
    assert "There is nothing to import here now." in answer.content.decode()


def test_a_changed_file_of_the_same_name_may_be_a_correction(olive: Client, alder: Access) -> None:
    imported(alder, checked(alder, ("coach.vtt", VTT)))
    source = Source.objects.get()
    check = checked(alder, ("coach.vtt", VTT.replace("built", "made")))
    (line,) = batches.files(alder, check)
    assert (line.status, line.settings.key) == (Status.DECIDE, "coach-2")
    correct = f'href="/projects/{alder.project.pk}/sources/{source.pk}/correct/"'
    assert correct in olive.get(address_of(check)).content.decode()
    assert correct in olive.get(address_of(check, "files", line.id)).content.decode()


def test_an_upload_is_deleted_when_somebody_says_so(olive: Client, alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT))
    place = Path(check.upload.path)
    answer = olive.post(address_of(check), {"discard": "1"}, follow=True)
    assert "The upload is deleted." in answer.content.decode()
    assert not place.exists()
    line = batches.files(alder, fresh(check))[0]
    page = olive.get(address_of(check, "files", line.id)).content.decode()
    assert "intranet" not in page
    assert "The upload is deleted, and with it the words shown here." in page
    # What is gone can be neither changed nor imported.
    assert olive.post(address_of(check, "files", line.id), form_of(line)).status_code == 404
    olive.post(address_of(check), {"import": "1"})
    assert not Job.objects.filter(kind=batches.IMPORT).exists()


def form_of(line: batches.FileLine, **changes: Any) -> dict[str, Any]:
    how = line.settings
    body = {
        "title": how.title,
        "key": how.key,
        "kind": how.kind,
        "merge": "on",
        "keep_times": "on",
        "frame_rate": "25",
        "pattern": "",
    }
    return {k: v for k, v in (body | changes).items() if v is not None}


def test_a_file_is_changed_and_read_again(olive: Client, alder: Access) -> None:
    check = checked(
        alder, ("a.txt", "[Ann] Hello there.\n[Ben] Hi.\n[Ann] And then?\n"), ("b.vtt", VTT)
    )
    line = batches.files(alder, check)[0]
    here = address_of(check, "files", line.id)
    page = olive.get(here).content.decode()
    assert "Hello there." in page
    # The title alone needs no reading.
    answer = olive.post(here, form_of(line, title="First talk", date="2019-03-12"))
    assert answer["Location"] == here
    assert not Job.objects.filter(kind=batches.READ_AGAIN).exists()
    line = batches.files(alder, check)[0]
    assert (line.settings.title, line.settings.date) == ("First talk", date(2019, 3, 12))
    answer = olive.post(here, form_of(line, pattern="[NAME]", title="First talk"))
    again = Job.objects.get(kind=batches.READ_AGAIN)
    assert answer["Location"] == f"/projects/{alder.project.pk}/jobs/{again.pk}/"
    assert jobs.execute(again.pk) == "done"
    assert fresh(again).result["next"] == here
    line = batches.files(alder, check)[0]
    assert (line.found["speakers"], line.found["turns"]) == (2, 3)
    page = olive.get(here).content.decode()
    assert '<option value="[NAME]" selected>' in page


def test_settings_for_all_files_of_a_format(olive: Client, alder: Access) -> None:
    check = checked(alder, ("a.vtt", VTT), ("b.vtt", VTT.replace("And", "Any")), ("c.txt", TYPED))
    line = batches.files(alder, check)[0]
    olive.post(address_of(check, "files", line.id), form_of(line, keep_times=None, all="1"))
    again = Job.objects.get(kind=batches.READ_AGAIN)
    assert jobs.execute(again.pk) == "done"
    lines = batches.files(alder, check)
    assert [line.found["timed"] for line in lines] == [0, 0, 0]
    assert [line.settings.choices.keep_times for line in lines] == [False, False, True]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"key": "a\u202eb"}, "The source id has a character that cannot be seen."),
        ({"cases": ["999"]}, "999 is not one of the available choices."),
        ({"participant": "999"}, "999 is not one of the available choices."),
        ({"format": "mp3"}, "mp3 is not one of the available choices."),
        ({"pattern": "own"}, "Describe how a speaker stands, or choose a way above."),
        ({"frame_rate": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_the_page_of_a_file_refuses(
    olive: Client, alder: Access, changes: dict[str, Any], sentence: str
) -> None:
    check = checked(alder, ("a.vtt", VTT))
    line = batches.files(alder, check)[0]
    before = list(check.steps.values_list("params", "result"))
    answer = olive.post(address_of(check, "files", line.id), form_of(line, **changes))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert list(check.steps.values_list("params", "result")) == before


def test_a_slow_or_wrong_pattern_is_told_for_the_file(olive: Client, alder: Access) -> None:
    check = checked(alder, ("a.txt", TYPED))
    line = batches.files(alder, check)[0]
    here = address_of(check, "files", line.id)
    olive.post(here, form_of(line, pattern="own", own_pattern="(?P<speaker>a"))
    assert jobs.execute(Job.objects.get(kind=batches.READ_AGAIN).pk) == "done"
    (line,) = batches.files(alder, check)
    assert line.status == Status.REFUSED
    assert line.standing.reasons[0].startswith("a.txt: the pattern for speakers is no regular")
    # The form is still there, so that it can be put right.
    assert "(?P&lt;speaker&gt;a" in olive.get(here).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_files(olive: Client, alder: Access) -> None:
    def queries(count: int) -> int:
        pairs = [(f"{n}.txt", TYPED.replace("And", f"And {n}")) for n in range(count)]
        check = checked(alder, *pairs)
        olive.get(address_of(check))
        with CaptureQueriesContext(connection) as seen:
            assert olive.get(address_of(check)).status_code == 200
        return len(seen)

    assert queries(2) == queries(12)
