"""A study folder becomes evidence: everything or nothing, by service and by job."""

import csv
import hashlib
import io
import json
import re
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.test import Client

from cases import queries, tasks
from cases.core.archives import open_directory
from cases.core.study_folder import StudyPlan, read_study
from cases.models import Case, CaseSource, Variable, VariableValue
from cases.services import importing
from cases.services.importing import import_study
from coding.models import Code, Coding, Participant, Source, SourceText, Speaker, Turn
from coding.services.speakers import Decision, match_speakers
from projects import jobs
from projects.access import Access
from projects.jobs import ledger
from projects.models import Event, Job, Membership, Project
from projects.services.membership import change_role
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db

Load = Callable[..., dict[str, int]]
ROOMS = ("projects", "coding", "cases")


def row_counts() -> dict[str, int]:
    """How many rows every table of the program has."""
    return {
        model._meta.label: model._base_manager.count()
        for room in ROOMS
        for model in apps.get_app_config(room).get_models(include_auto_created=True)
    }


def plan_of(access: Access, path: Path) -> tuple[StudyPlan, Any]:
    folder = open_directory(path)
    return read_study(folder, queries.existing(access)), folder


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


SMALL = {
    "cases.csv": "case_id,name,size\nnorth,North,3\nsouth,South,4\n",
    "participants.csv": "participant_id,case,role,consent_use\nN1,north,coach,yes\nS1,south,,\n",
    "documents.csv": (
        "doc_id,case,type,participant,date,file,title\n"
        "D1,north;south,interview,N1,2016-03-15,d1.txt,First\n"
    ),
    "documents/d1.txt": "INT: Why?\r\nN1: We share 😀 naïve pages.\r\nS1: We do.\r\n",
    "codebook.csv": "code,parent,name,definition\nshare,gain,Sharing,What is shared\ngain,,,\n",
    "codings.csv": (
        "doc_id,code,coder,start,end,text\nD1,share,ruth,14,29,We share 😀 naïv\n"
        "D1,gain,ruth,23,24,😀\n"
    ),
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small", SMALL)


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


# --- what is made --------------------------------------------------------------------------------


def test_the_reference_study(alder: Access, shared: Path, load: Load) -> None:
    expected = json.loads((shared / "study" / "expected.json").read_text())
    assert load(alder, shared / "study") == {
        "cases": 2,
        "participants": 17,
        "documents": 16,
        "codes": 8,
        "codings": 404,
    }
    project = alder.project
    assert project.sources.count() == expected["totals"]["documents"]
    assert Coding.objects.present().filter(source__project=project).count() == 404
    for case, words in expected["totals"]["words"].items():
        assert sum(project.sources.filter(cases__key=case).values_list("words", flat=True)) == words
        spoken = project.sources.filter(cases__key=case).values_list("participant_words", flat=True)
        wanted = expected["frequencies"][case]["context"]["den_participant_words"]
        assert sum(spoken) == wanted
    with (shared / "study" / "documents.csv").open(newline="") as handle:
        for row in csv.DictReader(handle):
            source = project.sources.select_related("participant", "content").get(key=row["doc_id"])
            raw = (shared / "study" / row["file"]).read_bytes()
            assert bytes(source.content.original) == raw
            assert source.original_sha256 == hashlib.sha256(raw).hexdigest()
            assert source.content.text == raw.decode()
            assert source.length == len(raw.decode())
            assert (source.kind, source.date.isoformat()) == (row["type"], row["date"])
            person = source.participant.key if source.participant else ""
            assert person == row["participant"]
            assert [c.key for c in source.cases.all()] == [row["case"]]
            assert source.turns.count() == len(raw.decode().splitlines())
    with (shared / "study" / "participants.csv").open(newline="") as handle:
        consents = {row["participant_id"]: row for row in csv.DictReader(handle)}
    answers = {"yes": True, "no": False}
    for person in project.participants.all():
        row = consents[person.key]
        assert person.consent_use is answers[row["consent_interview"]]
        assert person.consent_quote is answers[row["consent_quote"]]
        assert person.consent_archive is answers[row["consent_archive"]]
        assert [c.key for c in person.cases.all()] == [row["case"]]
    tree = {c.key: c.parent.key if c.parent else "" for c in project.codes.all()}
    with (shared / "study" / "codebook.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert tree == {row["code"]: row["parent"] for row in rows}
    assert [c.key for c in project.codes.all()] == [row["code"] for row in rows]


def test_every_coding_quotes_its_text(alder: Access, shared: Path, load: Load) -> None:
    load(alder, shared / "study")
    texts = dict(SourceText.objects.values_list("source__key", "text"))
    found = Counter(
        (doc, code, coder, texts[doc][start:end])
        for doc, code, coder, start, end in Coding.objects.values_list(
            "source__key", "code__key", "coder__label", "start", "end"
        )
    )
    with (shared / "study" / "codings.csv").open(newline="", encoding="utf-8") as handle:
        wanted = Counter(
            (r["doc_id"], r["code"], r["coder"], r["text"]) for r in csv.DictReader(handle)
        )
    assert found == wanted
    assert sum(wanted.values()) == 404


def test_a_small_folder_row_by_row(alder: Access, small: Path, load: Load) -> None:
    load(alder, small)
    project = alder.project
    source = Source.objects.get(project=project)
    assert (source.key, source.title, source.kind) == ("D1", "First", "interview")
    text = "INT: Why?\nN1: We share 😀 naïve pages.\nS1: We do.\n"
    assert source.content.text == text
    assert bytes(source.content.original) == SMALL["documents/d1.txt"].encode()
    assert (source.content.original_name, source.content.encoding) == ("documents/d1.txt", "utf-8")
    # Why | We share naïve pages | We do; the interviewer's word is not a participant's.
    assert (source.words, source.participant_words) == (7, 6)
    turns = list(
        source.turns.order_by("ordinal").values_list(
            "ordinal", "start", "body_start", "end", "speaker", "role", "participant__key"
        )
    )
    assert turns == [
        (1, 0, 5, 9, "INT", "interviewer", None),
        (2, 10, 14, 37, "N1", "participant", "N1"),
        (3, 38, 42, 48, "S1", "participant", "S1"),
    ]
    assert set(CaseSource.objects.values_list("case__key", "source__key")) == {
        ("north", "D1"),
        ("south", "D1"),
    }
    (size,) = Variable.objects.filter(project=project)
    assert (size.target, size.key, size.kind) == ("case", "size", "number")
    assert set(VariableValue.objects.values_list("case__key", "value")) == {
        ("north", "3"),
        ("south", "4"),
    }
    assert set(Participant.objects.values_list("key", "consent_use")) == {
        ("N1", True),
        ("S1", None),
    }
    share = Code.objects.get(key="share")
    assert (share.name, share.parent.key, share.definition) == ("Sharing", "gain", "What is shared")
    for coding, words in zip(
        Coding.objects.order_by("start"), ("We share 😀 naïv", "😀"), strict=True
    ):
        assert text[coding.start : coding.end] == words


def test_what_the_folder_says_of_speakers_is_decided_for_their_sources(
    alder: Access, tmp_path: Path, load: Load
) -> None:
    first = {
        "participants.csv": "participant_id,pseudonym\nN1,Rosa\nN2,Devin\n",
        "documents.csv": (
            "doc_id,type,participant,file\nD1,interview,N1,d1.txt\nD2,other,,d2.txt\n"
        ),
        "documents/d1.txt": "INT: So?\nRespondent: Yes.\nN2: No.\nRespondent: Well.\n",
        "documents/d2.txt": "Helper: Ah.\nHelper: Oh.\n",
    }
    load(alder, write(tmp_path / "first", first))
    rows = Speaker.objects.values_list("label", "source__key", "participant__key", "role")
    assert list(rows) == [("respondent", "D1", "N1", "participant")]
    match_speakers(access=alder, decisions=[Decision("Helper", "interviewer")])
    second = {
        "documents.csv": "doc_id,type,participant,file\nD3,interview,N2,d3.txt\n",
        "documents/d3.txt": "Helper: So?\nRosa: Yes.\nHELPER: And then?\nP: No.\nP: Well.\n",
    }
    load(alder, write(tmp_path / "second", second))
    turns = Turn.objects.filter(source__key="D3").order_by("ordinal")
    assert list(turns.values_list("speaker", "role", "participant__key")) == [
        ("Helper", "interviewer", None),
        ("Rosa", "participant", "N1"),
        ("HELPER", "interviewer", None),
        ("P", "participant", None),
        ("P", "participant", None),
    ]
    source = alder.project.sources.get(key="D3")
    assert (source.words, source.participant_words) == (6, 3)


def test_real_interviews_match_to_the_character(
    alder: Access, shared: Path, tmp_path: Path, load: Load
) -> None:
    data = json.loads((shared / "corpora" / "pdpilot" / "pdpilot.json").read_text())
    codes: dict[str, str] = {}
    for path in data["codes"]:
        parts = path.split(" > ")
        for depth in range(1, len(parts) + 1):
            codes[" > ".join(parts[:depth])] = " > ".join(parts[: depth - 1])

    def table(*rows: list[Any]) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue()

    quotes = [data["texts"][s["doc"]][s["start"] : s["end"]] for s in data["segments"]]
    write(
        tmp_path,
        {
            "documents.csv": table(
                ["doc_id", "file"], *([name, f"{name}.txt"] for name in data["texts"])
            ),
            **{f"documents/{name}.txt": text for name, text in data["texts"].items()},
            "codebook.csv": table(["code", "parent"], *codes.items()),
            "codings.csv": table(
                ["doc_id", "code", "coder", "start", "end", "text"],
                *(
                    [s["doc"], s["code"], "team", s["start"], s["end"], quote]
                    for s, quote in zip(data["segments"], quotes, strict=True)
                ),
            ),
        },
    )
    assert load(alder, tmp_path) == {
        "cases": 0,
        "participants": 0,
        "documents": 7,
        # The 79 codes of the study lie under 14 headings, which have no codings of their own.
        "codes": 79 + 14,
        "codings": 261,
    }
    project = alder.project
    assert dict(SourceText.objects.values_list("source__key", "text")) == data["texts"]
    stored = {
        (doc, code, start, end): text[start:end]
        for doc, code, start, end, text in Coding.objects.filter(
            source__project=project
        ).values_list("source__key", "code__key", "start", "end", "source__content__text")
    }
    assert len(stored) == 261
    exact = 0
    for segment in data["segments"]:
        quote = stored[segment["doc"], segment["code"], segment["start"], segment["end"]]
        exact += quote == segment["text"]
        # What was published came through a PDF: its letters are the same, its hyphens may not be.
        assert re.sub(r"\W", "", quote) == re.sub(r"\W", "", segment["text"])
    assert exact == 114
    coded = Code.objects.filter(project=project, codings__isnull=False).distinct()
    assert {code.key for code in coded} == set(data["codes"])


def test_history_has_one_batch_for_one_import(alder: Access, shared: Path, load: Load) -> None:
    before = Event.objects.count()
    counts = load(alder, shared / "study")
    events = list(Event.objects.order_by("-id")[: Event.objects.count() - before])
    assert Counter(event.verb for event in events) == {
        "study.imported": 1,
        "case.imported": 1,
        "participant.imported": 1,
        "code.imported": 1,
        "source.imported": 16,
        "codings.imported": 16,
        "member.joined": 4,
    }
    assert len({event.batch for event in events}) == 1
    assert {event.actor_id for event in events} == {alder.user.pk}
    (whole,) = [event for event in events if event.verb == "study.imported"]
    assert (whole.label, whole.after) == ("study", counts)
    rows = [row for e in events if e.verb == "codings.imported" for row in e.after["codings"]]
    assert {row[0] for row in rows} == set(Coding.objects.values_list("pk", flat=True))
    # History holds offsets and identifiers, not what people said.
    said = "We wrote the shared pages together and everyone edits them."
    assert SourceText.objects.filter(text__contains=said).exists()
    assert not any(said in json.dumps([e.before, e.after, e.label]) for e in events)


# --- all or nothing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step", ["_cases", "_participants", "_codes", "_sources", "_codings", "record_many", "finish"]
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failure_anywhere_leaves_every_table_as_it_was(
    alder: Access, small: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    before = row_counts()
    plan, folder = plan_of(alder, small)
    real = getattr(importing, step, lambda *args: None)

    def fail(*args: Any) -> Any:
        if when == "after":
            real(*args)
        raise RuntimeError("the power went")

    finish = fail if step == "finish" else None
    if step != "finish":
        monkeypatch.setattr(importing, step, fail)
    with pytest.raises(RuntimeError, match="the power went"):
        import_study(access=alder, plan=plan, folder=folder, coders={}, name="small", finish=finish)
    assert row_counts() == before
    monkeypatch.undo()
    import_study(access=alder, plan=plan, folder=folder, coders={}, name="small")
    assert row_counts()["coding.Coding"] == before["coding.Coding"] + 2


def test_a_plan_with_problems_is_refused(alder: Access, small: Path) -> None:
    write(small, {"codings.csv": "doc_id,code,coder,start,end,text\nD1,share,ruth,14,22,We shar\n"})
    before = row_counts()
    plan, folder = plan_of(alder, small)
    assert len(plan.problems) == 1
    with pytest.raises(ValidationError, match="The study folder has problems"):
        import_study(access=alder, plan=plan, folder=folder, coders={}, name="small")
    assert row_counts() == before


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_only_leads_and_owners_import(cast: Cast, small: Path, who: str) -> None:
    before = row_counts()
    access = cast.access(who)
    plan, folder = plan_of(access, small)
    with pytest.raises(PermissionDenied):
        import_study(access=access, plan=plan, folder=folder, coders={}, name="small")
    assert row_counts() == before


RACES: dict[str, Callable[[Project], Any]] = {
    "case": lambda p: Case.objects.create(project=p, key="north", name="N"),
    "participant": lambda p: factories.participant(p, "N1"),
    "code": lambda p: Code.objects.create(project=p, key="share", name="S"),
    "source": lambda p: factories.source(p, "D1", "Quite another text."),
    "text": lambda p: factories.source(p, "D9", SMALL["documents/d1.txt"].replace("\r\n", "\n")),
}


@pytest.mark.parametrize("what", RACES)
def test_what_somebody_else_has_made_meanwhile(alder: Access, small: Path, what: str) -> None:
    plan, folder = plan_of(alder, small)
    assert plan.ok
    RACES[what](alder.project)
    before = row_counts()
    with pytest.raises(ValidationError) as refused:
        import_study(access=alder, plan=plan, folder=folder, coders={}, name="small")
    assert refused.value.messages == [
        "The project has changed since the folder was checked; nothing was imported. "
        "Check the folder again."
    ]
    assert refused.value.code == "changed"
    assert row_counts() == before


# --- importing again -----------------------------------------------------------------------------


def test_the_same_folder_twice_is_refused_by_hash(study: Access, shared: Path) -> None:
    before = row_counts()
    plan, folder = plan_of(study, shared / "study")
    assert len(plan.problems) == 16
    for problem in plan.problems:
        assert (problem.file, problem.column) == ("documents.csv", "file")
        assert "is the same file as the document" in problem.message
    with pytest.raises(ValidationError):
        import_study(access=study, plan=plan, folder=folder, coders={}, name="again")
    assert row_counts() == before


def test_the_same_text_under_another_name_is_refused(
    alder: Access, small: Path, tmp_path: Path, load: Load
) -> None:
    load(alder, small)
    text = SMALL["documents/d1.txt"].replace("\r\n", "\n")
    other = write(
        tmp_path / "other",
        {"documents.csv": "doc_id,file\nD2,copy.txt\n", "documents/copy.txt": text},
    )
    plan, _folder = plan_of(alder, other)
    assert [str(problem) for problem in plan.problems] == [
        "documents.csv, row 2, column file: documents/copy.txt is the same text as the document "
        "“D1” in the project."
    ]


def test_the_same_folder_into_another_project_is_fine(
    study: Access, cast: Cast, shared: Path, load: Load
) -> None:
    brook = cast.access("otto", cast.brook)
    assert load(brook, shared / "study")["codings"] == 404
    assert brook.project.sources.count() == study.project.sources.count() == 16
    assert (
        Coding.objects.filter(source__project=brook.project, coder__project=study.project).count()
        == 0
    )


def test_codings_alone_find_their_documents_and_codes(
    study: Access, shared: Path, tmp_path: Path, load: Load
) -> None:
    words = "We wrote the shared pages together and everyone edits them."
    line = f"k1,N-int1,intranet,{{coder}},72,131,{words}\n"
    head = "coding_id,doc_id,code,coder,start,end,text\n"
    once = write(tmp_path / "once", {"codings.csv": head + line.format(coder="c9")})
    assert load(study, once) == {
        "cases": 0,
        "participants": 0,
        "documents": 0,
        "codes": 0,
        "codings": 1,
    }
    new = Coding.objects.get(coder__label="c9")
    assert (new.source.key, new.code.key, new.start, new.end) == ("N-int1", "intranet", 72, 131)
    # c2 has coded this in the first import: it is there once.
    again = write(tmp_path / "again", {"codings.csv": head + line.format(coder="c2")})
    plan, _folder = plan_of(study, again)
    assert (len(plan.codings), plan.codings_already_there) == (0, 1)
    assert load(study, again)["codings"] == 0
    assert Coding.objects.filter(source__project=study.project).count() == 405


def test_a_removed_coding_can_be_imported_again(
    study: Access, shared: Path, tmp_path: Path, load: Load
) -> None:
    row = Coding.objects.get(
        source__key="N-int1", code__key="intranet", coder__label="c2", start=72
    )
    Coding.objects.filter(pk=row.pk).update(removed_at=row.created_at)
    text = SourceText.objects.get(source=row.source).text[row.start : row.end]
    folder = write(
        tmp_path,
        {
            "codings.csv": "doc_id,code,coder,start,end,text\n"
            f'N-int1,intranet,c2,{row.start},{row.end},"{text}"\n'
        },
    )
    assert load(study, folder)["codings"] == 1


# --- whose codings they are ----------------------------------------------------------------------


def coders_of(project: Project) -> Counter[str]:
    return Counter(
        Coding.objects.filter(source__project=project).values_list("coder__label", flat=True)
    )


def test_coders_without_an_account_are_made_and_found_again(
    alder: Access, small: Path, tmp_path: Path, load: Load
) -> None:
    load(alder, small)
    ruth = Membership.objects.get(project=alder.project, label="ruth")
    assert (ruth.user, ruth.role) == (None, "coder")
    more = write(
        tmp_path / "more", {"codings.csv": "doc_id,code,coder,start,end\nD1,gain,ruth,0,3\n"}
    )
    load(alder, more)
    assert coders_of(alder.project) == {"ruth": 3}
    assert Membership.objects.filter(project=alder.project).count() == 5 + 1


def test_a_coder_is_matched_to_a_member(alder: Access, cast: Cast, small: Path, load: Load) -> None:
    cora = cast.access("cora").membership
    load(alder, small, {"ruth": cora.pk})
    assert coders_of(alder.project) == {"Cora": 2}
    assert not Membership.objects.filter(label="ruth").exists()


def test_a_member_of_the_same_name_is_not_taken_unasked(
    alder: Access, small: Path, tmp_path: Path, load: Load
) -> None:
    """Codings are never put into somebody's mouth because of a name; and twice is still once."""
    for name, code in (("one", "gain"), ("two", "share"), ("three", "gain")):
        folder = write(
            tmp_path / name, {"codings.csv": f"doc_id,code,coder,start,end\nD1,{code},Cora,0,3\n"}
        )
        if name == "one":
            load(alder, small)
        load(alder, folder)
    assert coders_of(alder.project) == {"ruth": 2, "Cora (2)": 2}
    members = Membership.objects.filter(project=alder.project, label__startswith="Cora")
    assert sorted(m.label for m in members) == ["Cora", "Cora (2)"]
    assert members.get(label="Cora (2)").user is None


def test_the_longest_name_of_a_coder_is_kept(
    alder: Access, small: Path, tmp_path: Path, load: Load
) -> None:
    load(alder, small)
    label = "x" * 80
    for code in ("gain", "share"):
        folder = write(
            tmp_path / code,
            {"codings.csv": f"doc_id,code,coder,start,end\nD1,{code},{label},0,3\n"},
        )
        load(alder, folder)
    assert coders_of(alder.project) == {"ruth": 2, label: 2}


def test_a_stranger_cannot_be_a_coder(alder: Access, cast: Cast, small: Path) -> None:
    stranger = cast.access("otto", cast.brook).membership
    plan, folder = plan_of(alder, small)
    before = row_counts()
    for wrong in (stranger.pk, 10**6):
        with pytest.raises(ValidationError, match="“ruth” is matched to somebody who is not in"):
            import_study(
                access=alder, plan=plan, folder=folder, coders={"ruth": wrong}, name="small"
            )
    assert row_counts() == before


def test_two_coders_matched_to_one_member_are_one(
    alder: Access, cast: Cast, small: Path, load: Load
) -> None:
    both = SMALL["codings.csv"] + "D1,gain,maria,23,24,😀\n"
    write(small, {"codings.csv": both})
    cora = cast.access("cora").membership.pk
    counts = load(alder, small, {"ruth": cora, "maria": cora})
    assert counts["codings"] == 2
    assert coders_of(alder.project) == {"Cora": 2}


def test_an_attribute_that_meets_a_word_becomes_a_text(
    alder: Access, small: Path, tmp_path: Path, load: Load
) -> None:
    load(alder, small)
    load(alder, write(tmp_path / "w", {"cases.csv": "case_id,size,tone\nwest,many,dry\n"}))
    kinds = dict(Variable.objects.filter(project=alder.project).values_list("key", "kind"))
    assert kinds == {"size": "text", "tone": "text"}
    assert VariableValue.objects.get(case__key="north").value == "3"
    assert Case.objects.get(key="west").position == 2


# --- as jobs -------------------------------------------------------------------------------------


def zipped(folder: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return out.getvalue()


def check_job(access: Access, data: bytes, name: str = "study.zip") -> Job:
    upload = ContentFile(data, name=f"{uuid.uuid4()}.zip")
    return jobs.create(access, kind=tasks.CHECK, upload=upload, upload_name=name)


def import_job(access: Access, check: Job, coders: dict[str, Any] | None = None) -> Job:
    return jobs.create(
        access, kind=tasks.IMPORT, params={"check": check.pk, "coders": coders or {}}
    )


def evidence_counts() -> dict[str, int]:
    """Everything but the jobs themselves."""
    return {k: v for k, v in row_counts().items() if not k.startswith("projects.Job")}


def test_check_then_import(alder: Access, cast: Cast, shared: Path) -> None:
    before = evidence_counts()
    check = check_job(alder, zipped(shared / "study"), "our study.zip")
    assert jobs.execute(check.pk) == "done"
    check = fresh(check)
    assert check.result["ok"] is True
    assert check.result["counts"] == {
        "cases": 2,
        "participants": 17,
        "documents": 16,
        "codes": 8,
        "codings": 404,
    }
    assert set(check.result["coders"]) == {"c1", "c2", "c3", "c4"}
    assert check.result["next"] == f"/projects/{alder.project.pk}/import/{check.pk}/"
    assert evidence_counts() == before
    # What people said is not kept in the ledger.
    assert "everyone edits them" not in json.dumps(check.result)

    cora = cast.access("cora").membership
    job = import_job(alder, check, {"c1": cora.pk})
    assert jobs.execute(job.pk) == "done"
    job = fresh(job)
    assert job.result == {
        "counts": check.result["counts"],
        "next": f"/projects/{alder.project.pk}/",
    }
    assert coders_of(alder.project)["Cora"] == check.result["coders"]["c1"]
    assert Event.objects.get(verb="study.imported").label == "our study.zip"

    # A bell that rings again, or an import that is asked for again, makes nothing twice.
    after = evidence_counts()
    assert jobs.execute(job.pk) == "not claimed"
    again = import_job(alder, check)
    assert jobs.execute(again.pk) == "failed"
    assert fresh(again).message
    assert evidence_counts() == after


def test_the_project_may_have_changed_since_the_check(alder: Access, small: Path) -> None:
    first, second = (check_job(alder, zipped(small)) for _n in range(2))
    for check in (first, second):
        assert jobs.execute(check.pk) == "done"
    assert jobs.execute(import_job(alder, first).pk) == "done"
    after = evidence_counts()
    job = import_job(alder, second)
    assert jobs.execute(job.pk) == "failed"
    job = fresh(job)
    assert job.message == "The study folder has problems now; nothing was imported."
    assert [(p["file"], p["row"], p["column"]) for p in job.problems] == [
        ("documents.csv", 2, "file")
    ]
    assert evidence_counts() == after


def archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ZIP"),
        (b"this is no archive", "ZIP"),
        (archive({"../cases.csv": b"case_id\na\n"}), "../cases.csv"),
        (archive({f"f{n}.txt": b"" for n in range(10_001)}), "10,001 entries"),
        (zipped, "ZIP"),
    ],
    ids=["empty", "no zip", "points elsewhere", "too many", "cut off"],
)
def test_a_bad_zip_is_refused_in_one_sentence(
    alder: Access, small: Path, data: Any, words: str
) -> None:
    if callable(data):
        data = data(small)[:-40]
    before = evidence_counts()
    check = check_job(alder, data)
    assert jobs.execute(check.pk) == "failed"
    check = fresh(check)
    assert words.casefold() in check.message.casefold()
    assert "reference" not in check.message
    assert check.result == {}
    assert evidence_counts() == before


def test_a_folder_with_problems_is_shown_and_not_imported(alder: Access, small: Path) -> None:
    write(
        small,
        {
            "codings.csv": "doc_id,code,coder,start,end,text\n"
            "D1,share,ruth,14,22,We shar\nD1,nope,ruth,14,22,We share\nD1,gain,ruth,-1,3,\n"
            "D1,gain,ruth,9,3,\nD1,gain,ruth,0,999,\n"
        },
    )
    before = evidence_counts()
    check = check_job(alder, zipped(small))
    assert jobs.execute(check.pk) == "done"
    check = fresh(check)
    assert check.result["ok"] is False
    assert [(p["file"], p["row"], p["column"]) for p in check.result["problems"]] == [
        ("codings.csv", 2, "text"),
        ("codings.csv", 3, "code"),
        ("codings.csv", 4, "start"),
        ("codings.csv", 5, "end"),
        ("codings.csv", 6, "end"),
    ]
    job = import_job(alder, check)
    assert jobs.execute(job.pk) == "failed"
    assert len(fresh(job).problems) == 5
    assert evidence_counts() == before


def test_cancelling_while_the_folder_is_read(
    alder: Access, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = check_job(alder, zipped(small))
    real = tasks.study.open_zip

    def opened(*args: Any) -> Any:
        assert ledger.request_cancel(alder, check) is True
        return real(*args)

    monkeypatch.setattr(tasks.study, "open_zip", opened)
    assert jobs.execute(check.pk) == "cancelled"
    assert (fresh(check).state, fresh(check).result) == ("cancelled", {})


def test_cancelling_just_before_the_writing_ends(
    alder: Access, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = check_job(alder, zipped(small))
    assert jobs.execute(check.pk) == "done"
    job = import_job(alder, check)
    before = evidence_counts()
    wrote: list[int] = []
    real = tasks.study.import_study

    def late(**args: Any) -> Any:
        assert ledger.request_cancel(alder, job) is True
        finish = args.pop("finish")

        def seen(made: dict[str, int]) -> None:
            wrote.append(Coding.objects.count())
            finish(made)

        return real(**args, finish=seen)

    monkeypatch.setattr(tasks.study, "import_study", late)
    assert jobs.execute(job.pk) == "cancelled"
    assert wrote == [2]
    assert evidence_counts() == before
    monkeypatch.undo()
    assert ledger.request_retry(alder, fresh(job)) is True
    assert jobs.execute(job.pk) == "done"
    assert Coding.objects.count() == 2


def test_who_has_lost_the_right_meanwhile_imports_nothing(cast: Cast, small: Path) -> None:
    liam = cast.access("liam")
    check = check_job(liam, zipped(small))
    assert jobs.execute(check.pk) == "done"
    job = import_job(liam, check)
    change_role(access=cast.access("olive"), membership=liam.membership, role="coder")
    before = evidence_counts()
    assert jobs.execute(job.pk) == "failed"
    assert fresh(job).message == (
        "The person who started this may no longer do it. Nothing was changed."
    )
    assert evidence_counts() == before


def test_a_check_of_another_project_cannot_be_imported(
    cast: Cast, alder: Access, small: Path
) -> None:
    brook = cast.access("otto", cast.brook)
    check = check_job(brook, zipped(small))
    assert jobs.execute(check.pk) == "done"
    before = evidence_counts()
    job = import_job(alder, check)
    assert jobs.execute(job.pk) == "failed"
    assert evidence_counts() == before


# --- the pages -----------------------------------------------------------------------------------


def test_upload_dry_run_and_confirmation(
    alder: Access, cast: Cast, client: Client, small: Path
) -> None:
    client.force_login(cast.olive)
    home = f"/projects/{alder.project.pk}/"
    upload = ContentFile(zipped(small), name="small.zip")
    response = client.post(f"{home}import/", {"study": upload})
    check = Job.objects.get(kind=tasks.CHECK)
    assert response["Location"] == f"{home}jobs/{check.pk}/"
    assert check.upload_name == "small.zip"
    # Not read yet: there is nothing to confirm.
    assert client.get(f"{home}import/{check.pk}/")["Location"] == f"{home}jobs/{check.pk}/"
    assert jobs.execute(check.pk) == "done"
    page = client.get(f"{home}import/{check.pk}/").content.decode()
    for words in ("North", "South", "First", "Sharing", "ruth"):
        assert words in page
    assert not Source.objects.exists()
    cora = cast.access("cora").membership.pk
    response = client.post(f"{home}import/{check.pk}/", {"coder_0": str(cora)})
    job = Job.objects.get(kind=tasks.IMPORT)
    assert response["Location"] == f"{home}jobs/{job.pk}/"
    assert job.params == {"check": check.pk, "coders": {"ruth": cora}}
    assert jobs.execute(job.pk) == "done"
    assert coders_of(alder.project) == {"Cora": 2}
    assert client.get(f"{home}import/{job.pk}/").status_code == 404


def test_a_member_of_another_project_cannot_be_chosen(
    alder: Access, cast: Cast, client: Client, small: Path
) -> None:
    check = check_job(alder, zipped(small))
    jobs.execute(check.pk)
    client.force_login(cast.olive)
    stranger = cast.access("otto", cast.brook).membership.pk
    address = f"/projects/{alder.project.pk}/import/{check.pk}/"
    assert client.post(address, {"coder_0": str(stranger)}).status_code == 200
    assert not Job.objects.filter(kind=tasks.IMPORT).exists()


@pytest.mark.parametrize(
    ("upload", "words"), [(None, "This field is required."), (b"", "“empty.zip” is empty.")]
)
def test_an_upload_that_is_none(
    alder: Access, cast: Cast, client: Client, upload: bytes | None, words: str
) -> None:
    client.force_login(cast.olive)
    data: dict[str, Any] = {"csrfmiddlewaretoken": "as browsers send it"}
    if upload is not None:
        data["study"] = ContentFile(upload, name="empty.zip")
    response = client.post(f"/projects/{alder.project.pk}/import/", data)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert not Job.objects.exists()


def test_an_upload_beyond_the_limit(
    alder: Access, cast: Cast, client: Client, settings: Any
) -> None:
    settings.MAX_UPLOAD_MB = 1
    client.force_login(cast.olive)
    data = {"study": ContentFile(b"x" * 1_000_001, name="big.zip")}
    response = client.post(f"/projects/{alder.project.pk}/import/", data)
    assert response.status_code == 400
    assert "“big.zip” has" in response.content.decode()
    assert not Job.objects.exists()


def test_turns_of_people_without_consent_are_withheld(
    alder: Access, small: Path, load: Load
) -> None:
    load(alder, small)
    assert Turn.objects.filter(participant__key="S1").count() == 1
    Participant.objects.filter(key="S1").update(consent_use=False)
    assert queries.overview(alder)["codings"] == 0
