"""After a withdrawal nothing of a participant is found anywhere, and nothing of others is lost.

A word that nobody else says is planted in every place where a participant's words can be. Then the
whole database is read, table by table, whatever tables there are.
"""

import random
import re
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection

from cases import search
from cases.models import CaseParticipant, SavedQuery, Variable, VariableValue
from cases.services.withdrawal import plan_withdrawal, receipt_number, scour, withdraw
from coding.core.codebook import fingerprint
from coding.core.gaps import MARK
from coding.core.text import word_spans
from coding.models import (
    Code,
    Coding,
    NameReplacement,
    Note,
    Participant,
    Recording,
    Source,
    SourceText,
    SourceVersion,
    Speaker,
    TurnWords,
    Withdrawal,
)
from coding.sealing import seal, unseal
from coding.services.codebook import freeze, propose
from coding.services.codings import (
    StateConflict,
    add_codings,
    redo,
    remove_coding,
    undo,
)
from coding.services.notes import Words, add_note, change, change_note, create, remove
from coding.services.versions import replace_text
from coding.subjects import Ref
from projects.access import Access
from projects.models import AppendOnlyError, Event, Job, JobStep
from projects.services import redaction
from projects.services.events import record
from tests import factories
from tests.factories import Cast
from tests.test_isolation import Place, answers, logged_in, place

CANARY = "zanzibarine"
HERS = f"I told them about the {CANARY} lesson and they laughed at me for weeks"
GROUP = (
    "INT: Who has an example?\n"
    "Jo: We share lessons, all of us.\n"
    f"Mia: {HERS}.\n"
    "Jo: That was not kind of us.\n"
    f"Mia: It was a {CANARY} year.\n"
    "Jo: We know better now.\n"
)
AFTER = (
    "INT: Who has an example?\n"
    "Jo: We share lessons, all of us.\n"
    f"{MARK}: {MARK}\n"
    "Jo: That was not kind of us.\n"
    f"{MARK}: {MARK}\n"
    "Jo: We know better now.\n"
)


class Scene:
    """A project with Mia (to be withdrawn) and Jo (who stays), and Mia's words everywhere."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.place: Place = place(cast.alder, cast.olive)
        self.access: Access = cast.access("olive")
        self.coder: Access = cast.access("cora")
        project = cast.alder
        self.code: Code = self.place.world.intranet
        self.other: Code = self.place.world.solving
        self.mia = factories.participant(
            project, "S77", role=f"coach {CANARY}", real_name_sealed=seal(f"Maria {CANARY}")
        )
        self.mia.pseudonym = "Mia"
        self.mia.save()
        self.jo = factories.participant(project, "S78")
        self.jo.pseudonym = "Jo"
        self.jo.save()
        record(self.access, "participant.created", self.mia, after={"key": "S77", "name": CANARY})
        guids = [{"guid": str(p.guid), "key": p.key} for p in (self.mia, self.jo)]
        label = "S77, S78"
        after = {"participants": guids}
        record(self.access, "participant.imported", project, label=label, after=after)
        people = {"Mia": self.mia, "Jo": self.jo}
        own = f"INT: And you?\nMia: {HERS}. It is so.\nINT: Why the {CANARY} one?\n"
        self.own = factories.source(project, "int77", own, people={"Mia": self.mia})
        self.own.title = f"Interview with Mia {CANARY}"
        self.own.participant = self.mia
        self.own.save()
        self.group = factories.source(project, "focus", GROUP, people=people)
        self.group.title = "Focus group, Mia and others"
        self.group.save()
        for source in (self.own, self.group):
            record(self.access, "source.imported", source, source=source, after={"k": source.title})
        self._evidence()

    def at(self, quote: str, source: Source | None = None) -> tuple[int, int]:
        text = SourceText.objects.get(source=source or self.group).text
        start = text.index(quote)
        return start, start + len(quote)

    def add(self, quote: str, who: Access | None = None, source: Source | None = None) -> Coding:
        start, end = self.at(quote, source)
        outcome = add_codings(
            access=who or self.coder,
            source=source or self.group,
            start=start,
            end=end,
            quote=quote,
            codes=[self.code],
        )
        return outcome.added[0]

    def _memos(self, on_own: Coding) -> None:
        """Memos about Mia and her interview; one that quotes her in its title; one that stays."""
        mia, own = Ref("participant", self.mia.guid), Ref("source", self.own.guid)
        about_mia = create(access=self.coder, about=mia, text=f"The {CANARY} of us.").note
        assert about_mia is not None
        change(access=self.access, note=about_mia, words=Words(title=f"On {CANARY}"))
        about_own = create(access=self.coder, about=own, text=f"A {CANARY} talk.").note
        assert about_own is not None
        remove(access=self.coder, note=about_own)
        code = Ref("code", self.code.guid)
        create(access=self.coder, about=code, text="A thought.", title=HERS)
        self.staying = create(
            access=self.coder,
            about=code,
            text="What stays.",
            links=(mia, own, Ref("coding", on_own.guid), Ref("source", self.group.guid)),
        ).note

    def _evidence(self) -> None:
        project, me = self.cast.alder, self.access.membership
        on_own = self.add(HERS, source=self.own)
        add_note(access=self.coder, coding=on_own, text=f"She says {CANARY}!")
        self.inside = self.add(HERS)
        self.cut = self.add(f"all of us.\nMia: {HERS}.")
        self.across = self.add(f"all of us.\nMia: {HERS}.\nJo: That")
        self.twin = self.add(f"all of us.\nMia: {HERS[:9]}")
        add_note(access=self.coder, coding=self.twin, text="Of the shorter one.")
        self.later = self.add("We know better now.")
        note = add_note(access=self.coder, coding=self.later, text="A thought.").noted
        kept = Note.objects.get(coding__in=note)
        change_note(access=self.coder, note=kept, text=f"Compare: “{HERS}”, she says.")
        change_note(access=self.coder, note=kept, text="A better thought.")
        elsewhere = self.place.coding
        self.quoting = Note.objects.create(
            project=project, coding=elsewhere, author=me, text=f"As Mia: {HERS.upper()}!"
        )
        self._memos(on_own)
        self.code.definition = f"Example: “{HERS}.” Not: anything else."
        self.code.when_to_use = f"As in “{HERS}.”"
        self.code.save()
        self.version = freeze(access=self.access, name="Pilot", reason=f"After “{HERS}.”")
        self.proposal = propose(
            access=self.coder, code=None, name="Time", definition=f"“{HERS}.”", reason=HERS
        )
        after = {"definition": self.code.definition}
        record(self.access, "code.changed", self.code, before={"definition": ""}, after=after)
        CaseParticipant.objects.create(case=self.place.world.case, participant=self.mia)
        variable = Variable.objects.create(project=project, target="participant", key="years")
        VariableValue.objects.create(variable=variable, participant=self.mia, value=CANARY)
        Speaker.objects.create(
            project=project, label="mia", role="participant", participant=self.mia
        )
        record(
            self.access,
            "speakers.matched",
            project,
            label="1 speaker",
            before={"mia": "undecided"},
            after={"mia": "Mia"},
        )
        NameReplacement.objects.create(
            project=project,
            batch=uuid.uuid4(),
            original_sealed=seal(f"Maria {CANARY}"),
            replacement="Mia",
            hits=3,
            sources=1,
            made_by=me,
        )
        for source in (self.own, self.group):
            Recording.objects.create(
                source=source,
                file=ContentFile(f"RIFF {CANARY}".encode(), name=f"{CANARY}.wav"),
                name=f"{CANARY}.wav",
                content_type="audio/wav",
                size=4,
                sha256="0" * 64,
            )
        for name, query in (
            ("One", f"words={CANARY}"),
            (f"The {CANARY}", "words=lesson"),
            ("Her", f"who=p%3A{self.mia.pk}"),
            ("Named", "words=mia"),
        ):
            saved = SavedQuery.objects.create(project=project, name=name, query=query, made_by=me)
            record(self.access, "query.saved", saved, after={"name": name, "query": query})
        job = Job.objects.create(
            project=project,
            kind="study_check",
            state="done",
            upload=ContentFile(CANARY.encode(), name="study.zip"),
            upload_name=f"{CANARY}.zip",
            params={"a": CANARY},
            result={"documents": [CANARY]},
            problems=[CANARY],
            message=CANARY,
        )
        JobStep.objects.create(job=job, ordinal=0, params={"w": CANARY}, result={"w": CANARY})
        # A correction keeps the words of before.
        text = SourceText.objects.get(source=self.group).text
        replace_text(
            access=self.access,
            source=self.group,
            text=text.replace("all of us", "nearly all of us"),
            expected_version=1,
            because=SourceVersion.Reason.EDITED,
            comment=f"Heard {CANARY}",
        )
        self.group.refresh_from_db()

    def withdraw(self) -> Withdrawal:
        plan = plan_withdrawal(access=self.access, participant=self.mia)
        receipt = withdraw(access=self.access, participant=self.mia, confirmed=plan.token)
        done = {key: n for key, n in plan.counts.items() if n}
        assert receipt.counts == done
        return receipt


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)


def readable(value: Any) -> str:
    if isinstance(value, memoryview | bytes | bytearray):
        data = bytes(value)
        return data.decode("utf-8", "ignore") + data.decode("utf-16-le", "ignore")
    text = str(value)
    return text + unseal(text) if text.startswith("gAAAA") else text


def tables() -> list[str]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return [name for (name,) in cursor.fetchall()]
    return list(connection.introspection.table_names())


def pattern(word: str) -> re.Pattern[str]:
    # Hashes, sealed names and the ends of file names hold every few letters by chance sooner or
    # later; a short word is looked for with nothing like a letter beside it.
    short = len(word) < 5
    beside = ("(?<![a-z0-9])", "(?![a-z0-9])") if short else ("", "")
    return re.compile(beside[0] + re.escape(word) + beside[1], re.IGNORECASE)


def everywhere(*words: str) -> list[str]:
    """The tables and files in which one of the words stands, in whatever spelling of case."""
    found = []
    wanted = {word: pattern(word) for word in words}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                text = "\n".join(map(readable, row))
                found += [f"{table}: {word}" for word, it in wanted.items() if it.search(text)]
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        told = path.name + (path.read_bytes().decode("utf-8", "ignore") if path.is_file() else "")
        found += [f"{path}: {word}" for word, it in wanted.items() if it.search(told)]
    return sorted(set(found))


@pytest.fixture
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.mark.django_db
def test_the_word_is_found_nowhere(
    media: Path, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    scene = Scene(cast)
    before = everywhere(CANARY)
    planted = {line.split(":")[0] for line in before}
    assert planted >= {
        model._meta.db_table
        for model in (
            Participant,
            Source,
            SourceText,
            SourceVersion,
            TurnWords,
            Code,
            Note,
            NameReplacement,
            Recording,
            SavedQuery,
            VariableValue,
            Event,
            Job,
            JobStep,
        )
    }
    # What a worker that was killed has left of an upload.
    (media / "uploads" / "transcripts.bundle.7.reading").write_text(CANARY)
    assert len(list(media.rglob("*.*"))) == 7
    with django_capture_on_commit_callbacks(execute=True):
        scene.withdraw()
    assert everywhere(CANARY, "Mia", "S77", str(scene.mia.guid), scene.mia.guid.hex) == []
    # The recording that place() made of another source stays, and nothing else.
    assert [path.suffix for path in media.rglob("*.*")] == [".wav"]


@pytest.mark.django_db
def test_no_page_answer_or_export_shows_it(scene: Scene) -> None:
    owner = logged_in(scene.cast.olive)
    where = scene.place
    before = {name for name, words in answers(owner, where) if CANARY in words.lower()}
    assert {"cases:history ", "cases:list ", "coding:codes "} & before
    scene.withdraw()
    for ids in (where.ids, {**where.ids, "source_id": scene.group.pk, "coding_id": scene.later.pk}):
        where.ids = ids
        seen = dict(answers(owner, where))
        assert len(seen) >= 15
        assert [name for name, words in seen.items() if CANARY in words.lower()] == []
    for words in (CANARY, "laughed", "withdrawn"):
        known = search.choices(scene.access)
        assert search.run(scene.access, search.SearchSpec(words=words), known).total == 0


@pytest.mark.django_db
def test_memos_about_what_goes_go_and_links_to_it(scene: Scene) -> None:
    plan = plan_withdrawal(access=scene.access, participant=scene.mia)
    assert (plan.counts["notes_about"], plan.counts["notes_quoting"]) == (2, 2)
    sections = {section.key: section for section in plan.sections}
    assert sections["notes_about"].names == [
        f"Cora: On {CANARY}",
        f"Cora: A {CANARY} talk.",
    ]
    assert f"Cora, about a code: {HERS} A thought." in sections["notes_quoting"].names
    scene.withdraw()
    left = Note.objects.filter(project=scene.cast.alder, about="code")
    assert [note.text for note in left if note.author == scene.coder.membership] == ["What stays."]
    assert scene.staying is not None
    assert [link.target_guid for link in scene.staying.links.all()] == [scene.group.guid]
    assert not Note.objects.filter(about_guid__in=[scene.mia.guid, scene.own.guid]).exists()
    written = Event.objects.filter(verb__in=["note.written", "note.rewritten", "note.discarded"])
    kept = [event for event in written if event.before or event.after]
    assert [event.object_guid for event in kept] == [scene.staying.guid]
    receipt = Withdrawal.objects.order_by("-pk")[0]
    assert receipt.counts["notes_about"] == 2


@pytest.mark.django_db
def test_group_talk_keeps_what_others_said(scene: Scene) -> None:
    plan = plan_withdrawal(access=scene.access, participant=scene.mia)
    assert {key: n for key, n in plan.counts.items() if n and key not in ("history", "jobs")} == {
        "sources": 1,
        "codings": 1,
        "turns": 2,
        "group_codings": 1,
        "codings_cut": 1,
        "codings_merged": 1,
        "notes": 1,
        "notes_about": 2,
        "notes_quoting": 2,
        "quotations": 1,
        "versions": 1,
        "placements": plan.counts["placements"],
        "originals": 1,
        "recordings": 2,
        "speakers": 1,
        "attributes": 1,
        "cases": 1,
        "replacements": 1,
        "searches": 4,
        "uploads": 2,
    } or plan.counts["placements"] == 0
    scene.withdraw()
    group = Source.objects.get(pk=scene.group.pk)
    text = group.content.text
    assert text == AFTER.replace("all of us", "nearly all of us")
    assert (group.length, group.version) == (len(text), 3)
    assert group.title == f"Focus group, {MARK} and others"
    assert (bytes(group.content.original), group.content.original_name) == (b"", "")
    turns = list(group.turns.order_by("ordinal"))
    assert [text[t.body_start : t.end] for t in turns] == [
        "Who has an example?",
        "We share lessons, nearly all of us.",
        MARK,
        "That was not kind of us.",
        MARK,
        "We know better now.",
    ]
    assert [t.speaker for t in turns] == ["INT", "Jo", MARK, "Jo", MARK, "Jo"]
    assert [t.withdrawn for t in turns] == [False, False, True, False, True, False]
    assert {t.participant_id for t in turns} == {None, scene.jo.pk}
    # 4 words asked; 6, 6 and 4 of Jo's, with a third "nearly": marks are no words.
    assert (group.words, group.participant_words) == (21, 17)
    spans = np.frombuffer(bytes(group.content.word_spans), "<i4").reshape(-1, 2)
    assert MARK[1:-1] not in {text[a:b] for a, b in spans}
    quotes = {c.pk: text[c.start : c.end] for c in Coding.objects.filter(source=group)}
    assert quotes == {
        scene.cut.pk: "all of us.",
        scene.across.pk: f"all of us.\n{MARK}: {MARK}\nJo: That",
        scene.later.pk: "We know better now.",
    }
    # The memo of the coding that became equal stays with the one that stays.
    assert [n.text for n in scene.cut.notes.all()] == ["Of the shorter one."]
    assert [n.text for n in scene.later.notes.all()] == ["A better thought."]
    scene.code.refresh_from_db()
    assert scene.code.definition == f"Example: “{MARK}.” Not: anything else."
    assert scene.code.when_to_use == f"As in “{MARK}.”"
    scene.version.refresh_from_db()
    (frozen,) = [e for e in scene.version.content if e["guid"] == str(scene.code.guid)]
    assert frozen["definition"] == scene.code.definition
    assert scene.version.reason == f"After “{MARK}.”"
    assert scene.version.sha256 == fingerprint(scene.version.content)
    scene.proposal.refresh_from_db()
    assert scene.proposal.content["definition"] == f"“{MARK}.”"
    assert scene.proposal.reason == MARK


@pytest.mark.django_db
def test_undo_brings_nothing_back_and_finds_the_right_places(scene: Scene) -> None:
    removed = scene.add("That was not kind of us.")
    remove_coding(access=scene.coder, coding=removed)
    inside = scene.add(f"It was a {CANARY} year.")
    remove_coding(access=scene.coder, coding=inside)
    scene.withdraw()
    text = SourceText.objects.get(source=scene.group).text
    assert not Coding.objects.filter(pk=inside.pk).exists()
    outcome = undo(access=scene.coder, source=scene.group)
    assert [c.pk for c in outcome.added] == [removed.pk]
    back = Coding.objects.get(pk=removed.pk)
    assert text[back.start : back.end] == "That was not kind of us."
    for _ in range(20):
        try:
            undo(access=scene.coder, source=scene.group)
        except StateConflict:
            break
        assert not Coding.objects.filter(pk__in=[scene.inside.pk, inside.pk]).exists()
        for coding in Coding.objects.filter(source=scene.group):
            assert text[coding.start : coding.end] in {
                "all of us.",
                f"all of us.\n{MARK}: {MARK}\nJo: That",
                "We know better now.",
                "That was not kind of us.",
            }
    else:
        pytest.fail("undo never came to an end")
    for _ in range(20):
        try:
            redo(access=scene.coder, source=scene.group)
        except StateConflict:
            break
    assert SourceText.objects.get(source=scene.group).text == text


@pytest.mark.django_db
def test_a_passage_where_another_one_stood_before_a_correction(scene: Scene) -> None:
    """The same numbers, in the text before the correction and in that after it."""
    line = Event.objects.get(verb="coding.added", object_guid=scene.later.guid)
    was = line.after["codings"][0]
    now = Coding.objects.get(pk=scene.later.pk)
    assert now.start == was["start"] + len("nearly ")
    me = scene.coder.membership
    factories.coding(scene.group, scene.other, me, was["start"], was["end"])
    scene.withdraw()
    now.refresh_from_db()
    told = Event.objects.get(pk=line.pk).after["codings"][0]
    assert (told["start"], told["end"]) == (now.start, now.end)


@pytest.mark.django_db
def test_history_keeps_the_lines_and_loses_the_content(scene: Scene) -> None:
    before = list(Event.objects.order_by("pk").values_list("pk", "verb", "actor", "at", "batch"))
    receipt = scene.withdraw()
    after = list(Event.objects.order_by("pk").values_list("pk", "verb", "actor", "at", "batch"))
    assert after[:-1] == before
    assert after[-1][1] == "participant.withdrawn"
    imported = Event.objects.get(verb="participant.imported")
    assert imported.label == "S78"
    assert imported.after == {"participants": [{"guid": str(scene.jo.guid), "key": "S78"}]}
    created = Event.objects.get(verb="participant.created")
    assert (created.label, created.before, created.after) == (MARK, None, None)
    assert created.object_guid == redaction.NOBODY
    last = Event.objects.order_by("-pk")[0]
    assert last.object_guid == receipt.guid == receipt_number(scene.mia)
    assert last.after == receipt.counts
    assert all(isinstance(n, int) for n in receipt.counts.values())


@pytest.mark.django_db
def test_the_plan_counts_the_lines_of_history_that_only_name_her(scene: Scene) -> None:
    def planned() -> int:
        return plan_withdrawal(access=scene.access, participant=scene.mia).counts["history"]

    before = planned()
    record(scene.access, "case.imported", scene.place.world.case, label="of Jo alone")
    assert planned() == before
    record(scene.access, "case.imported", scene.place.world.case, label="of Mia and Jo")
    assert planned() == before + 1
    lines = Event.objects.filter(project=scene.cast.alder)
    was = {line.pk: redaction_state(line) for line in lines}
    scene.withdraw()
    changed = [line for line in lines.filter(pk__in=was) if redaction_state(line) != was[line.pk]]
    assert len(changed) == before + 1


def redaction_state(line: Event) -> list[Any]:
    return [getattr(line, name) for name in redaction.FIELDS]


@pytest.mark.django_db
def test_the_door_to_history_is_for_owners_and_there_is_no_other(scene: Scene) -> None:
    lead = scene.cast.access("liam")
    events = Event.objects.filter(project=lead.project)
    with pytest.raises(PermissionDenied):
        redaction.blank(access=lead, events=events)
    with pytest.raises(PermissionDenied):
        redaction.rewrite(access=lead, events=list(events))
    with pytest.raises(AppendOnlyError):
        events.update(label="x")
    other = scene.cast.access("otto", scene.cast.brook)
    assert redaction.blank(access=other, events=events) == 0
    with pytest.raises(ValueError, match="one project"):
        redaction.rewrite(access=other, events=list(events))


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["liam", "cora", "vera"])
def test_only_an_owner_withdraws(who: str, scene: Scene) -> None:
    with pytest.raises(PermissionDenied):
        plan_withdrawal(access=scene.cast.access(who), participant=scene.mia)
    with pytest.raises(PermissionDenied):
        withdraw(access=scene.cast.access(who), participant=scene.mia, confirmed="x")
    assert Participant.objects.filter(pk=scene.mia.pk).exists()


@pytest.mark.django_db
def test_open_work_is_waited_for(scene: Scene) -> None:
    Job.objects.create(project=scene.cast.alder, kind="study_import", state="running")
    plan = plan_withdrawal(access=scene.access, participant=scene.mia)
    assert plan.blocked.startswith("Other work on this project is still waiting or running (1).")
    with pytest.raises(StateConflict, match="still waiting or running"):
        withdraw(access=scene.access, participant=scene.mia, confirmed=plan.token)
    assert Participant.objects.filter(pk=scene.mia.pk).exists()


@pytest.mark.django_db
def test_a_correction_afterwards_counts_no_mark(scene: Scene) -> None:
    scene.withdraw()
    group = Source.objects.get(pk=scene.group.pk)
    replace_text(
        access=scene.access,
        source=group,
        text=group.content.text.replace("better now", "much better now"),
        expected_version=3,
        because=SourceVersion.Reason.EDITED,
    )
    group.refresh_from_db()
    assert (group.words, group.participant_words) == (22, 18)
    assert [t.withdrawn for t in group.turns.order_by("ordinal")] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
    assert not TurnWords.objects.filter(words__contains="withdrawn").exists()


@pytest.mark.django_db
def test_former_talk_loses_versions_and_original_and_keeps_its_text(scene: Scene) -> None:
    """Mia's turns were corrected away before: only the version of then has them."""
    scene.group.refresh_from_db()
    others = "".join(line for line in AFTER.splitlines(keepends=True) if MARK not in line)
    coding = scene.add("That was not kind of us.", scene.access)
    replace_text(
        access=scene.access,
        source=scene.group,
        text=others,
        expected_version=2,
        because=SourceVersion.Reason.EDITED,
    )
    plan = plan_withdrawal(access=scene.access, participant=scene.mia)
    assert [s.key for s in plan.scope.former] == ["focus"]
    scene.withdraw()
    group = Source.objects.get(pk=scene.group.pk)
    assert group.content.text == others
    assert not group.versions.exists()
    assert bytes(group.content.original) == b""
    kept = Coding.objects.get(pk=coding.pk)
    assert others[kept.start : kept.end] == "That was not kind of us."
    outcome = undo(access=scene.access, source=group)
    assert outcome.removed == [coding.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.sqlite_only
def test_the_file_of_the_database_does_not_hold_it_either(cast: Cast) -> None:
    scene = Scene(cast)
    path = Path(connection.settings_dict["NAME"])
    files = [path, path.with_name(path.name + "-wal")]
    assert any(CANARY.encode() in file.read_bytes().lower() for file in files if file.exists())
    scene.withdraw()
    assert scour()
    for file in files:
        if file.exists():
            assert CANARY.encode() not in file.read_bytes().lower(), file


# --- any talk ------------------------------------------------------------------------------------

WORDS = "we they share lessons 🙂 naïve don't every Friday intranet with all of us"


def random_talk(chance: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    """A text, and of each turn its start, end and speaker."""
    text, turns = "", []
    for _ in range(chance.randint(1, 9)):
        who = chance.choice(["A", "B", "INT", "B"])
        said = " ".join(chance.choices(WORDS.split(), k=chance.randint(0, 6)))
        line = f"{who}: {said}".rstrip()
        text += " " * chance.randint(0, 2)
        turns.append((len(text), len(text) + len(line), who))
        text += line + "\n" * chance.randint(1, 3)
    return text, turns


def expected_quote(
    text: str, turns: list[tuple[int, int, str]], start: int, end: int
) -> str | None:
    """Character by character: what a passage reads afterwards, None if it goes; see the guide."""
    gone = [(a, b) for a, b, who in turns if who == "B"]
    labels = [(a, a + len(who) + 1) for a, b, who in turns if who != "B"]
    inside = {n: k for k, (a, b) in enumerate(gone) for n in range(a, b)}
    label = {n for a, b in labels for n in range(a, b)}
    if not any(n in inside for n in range(start, end)):
        return text[start:end]
    if not any(
        n not in inside and n not in label and not text[n].isspace() for n in range(start, end)
    ):
        return None

    def visible(n: int) -> bool:
        return n not in inside and not text[n].isspace()

    first = next(n for n in range(start, end) if visible(n))
    last = next(n for n in range(end - 1, start - 1, -1) if visible(n)) + 1
    if any(n in inside for n in range(start, first)):
        start = first
    if any(n in inside for n in range(last, end)):
        end = last
    parts, seen = [], set()
    for n in range(start, end):
        if n not in inside:
            parts.append(text[n])
        elif inside[n] not in seen:
            seen.add(inside[n])
            a, b = gone[inside[n]]
            parts.append(f"{MARK}: {MARK}" if text[a + 2 : b].strip() else f"{MARK}:")
    return "".join(parts)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(25))
def test_every_coding_that_stays_reads_as_it_did(seed: int, cast: Cast) -> None:
    chance = random.Random(seed)
    text, turns = random_talk(chance)
    access = cast.access("olive")
    people = {key: factories.participant(cast.alder, key) for key in ("A", "B")}
    source = factories.source(cast.alder, "talk", text, people=people)
    # A third speaks too, so that the talk is a group's whatever was drawn.
    other = factories.source(cast.alder, "other", text + "A: Amen.\n", people=people)
    codes = [factories.code(cast.alder, name) for name in ("One", "Two")]
    expected: dict[int, str | None] = {}
    for row in (source, other):
        for _ in range(30):
            start, end = sorted(chance.sample(range(len(text) + 1), 2))
            code = chance.choice(codes)
            if Coding.objects.filter(source=row, code=code, start=start, end=end).exists():
                continue
            coding = factories.coding(row, code, access.membership, start, end)
            expected[coding.pk] = expected_quote(text, turns, start, end)
    plan = plan_withdrawal(access=access, participant=people["B"])
    own = {s.pk for s in plan.scope.own}
    merged = {pk: to for talk in plan.talks for pk, to in talk.merged.items()}
    withdraw(access=access, participant=people["B"], confirmed=plan.token)
    found = {
        c.pk: c.source.content.text[c.start : c.end]
        for c in Coding.objects.select_related("source__content")
    }
    kept_sources = {row.pk for row in (source, other)} - own
    wanted = {
        pk: quote
        for pk, quote in expected.items()
        if quote is not None and pk not in merged and pk in found
    }
    assert found == wanted
    gone = {pk for pk in expected if pk not in found}
    assert all(
        expected[pk] is None or pk in merged or source.pk in own or other.pk in own for pk in gone
    )
    for row in Source.objects.filter(pk__in=kept_sources).select_related("content"):
        turns_now = list(row.turns.order_by("ordinal"))
        skip = [(t.start, t.end if t.withdrawn else t.body_start) for t in turns_now]
        assert row.words == len(word_spans(row.content.text, [s for s in skip if s[1] > s[0]]))
        assert [t.participant_id for t in turns_now if t.withdrawn] == [None] * sum(
            t.withdrawn for t in turns_now
        )


# --- whose a source is ---------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "kind", "declared", "whose"),
    [
        ("INT: So?\nMia: Yes.\n", "interview", "", "own"),
        ("INT: So?\nMia: Yes.\n", "interview", "Mia", "own"),
        ("Notes of Monday.\nINT: So?\nMia: Yes.\n", "interview", "", "own"),
        ("INT: So?\nMia: Yes.\nJo: No.\n", "interview", "", "group"),
        ("INT: So?\nMia: Yes.\nJo: No.\n", "interview", "Mia", "group"),
        ("INT: So?\nJo: No.\n", "interview", "Mia", "group"),
        ("INT: So?\nMia: Yes.\n", "interview", "Jo", "group"),
        # Somebody speaks of whom nobody knows who it is.
        ("INT: So?\nMia: Yes.\nBo: No.\nBo: No.\n", "interview", "", "group"),
        ("INT: So?\nMia: Yes.\nBo: No.\nBo: No.\n", "interview", "Mia", "own"),
        ("OBS: They sit down.\nMia: Yes.\n", "observation", "", "group"),
        ("We read the minutes.\nMia: Yes.\n", "document", "", "group"),
        ("Mia: Yes.\nJo:\n", "interview", "", "own"),
        ("INT: So?\nJo: No.\n", "interview", "", ""),
    ],
)
def test_whose_a_source_is(
    text: str, kind: str, declared: str, whose: str, media: Path, cast: Cast
) -> None:
    people = {key: factories.participant(cast.alder, key) for key in ("Mia", "Jo")}
    source = factories.source(cast.alder, "s", text, kind=kind, people=people)
    Source.objects.filter(pk=source.pk).update(participant=people.get(declared))
    plan = plan_withdrawal(access=cast.access("olive"), participant=people["Mia"])
    assert [s.key for s in plan.scope.own] == (["s"] if whose == "own" else [])
    assert [s.key for s in plan.scope.group] == (["s"] if whose == "group" else [])
    plan_token = plan.token
    withdraw(access=cast.access("olive"), participant=people["Mia"], confirmed=plan_token)
    assert Source.objects.exists() == (whose != "own")
    assert everywhere("Mia") == []


@pytest.mark.django_db
def test_when_the_last_one_of_a_group_withdraws_the_talk_goes(scene: Scene) -> None:
    scene.withdraw()
    plan = plan_withdrawal(access=scene.access, participant=scene.jo)
    assert [s.key for s in plan.scope.own] == ["focus"]
    withdraw(access=scene.access, participant=scene.jo, confirmed=plan.token)
    assert not Source.objects.filter(key="focus").exists()
    assert Withdrawal.objects.filter(guid__in=[receipt_number(scene.jo)]).exists()


@pytest.mark.django_db
def test_mentions_by_others_are_listed_and_stay(cast: Cast) -> None:
    people = {key: factories.participant(cast.alder, key) for key in ("Will", "Jo")}
    text = "Will: I will.\nJo: Will said that he will; ask Will.\nJo: We will.\n"
    source = factories.source(cast.alder, "talk", text, people=people)
    code = factories.code(cast.alder, "Will's way")
    me = cast.access("olive").membership
    coding = factories.coding(source, code, me, 14, 30)
    note = Note.objects.create(project=cast.alder, coding=coding, author=me, text="Ask Will again.")
    plan = plan_withdrawal(access=cast.access("olive"), participant=people["Will"])
    assert {section.key: section.count for section in plan.mentions} == {
        "mentions_texts": 2,
        "mentions_notes": 1,
        "mentions_names": 1,
    }
    withdraw(access=cast.access("olive"), participant=people["Will"], confirmed=plan.token)
    assert SourceText.objects.get().text == text.replace("Will: I will.", f"{MARK}: {MARK}")
    assert Note.objects.get(pk=note.pk).text == "Ask Will again."


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words", ["Mia's wet coat.", "the Mia’s one", "L'idée de l'Mia.", "ex-Mia"]
)
def test_a_mention_joined_to_another_word_is_counted(cast: Cast, words: str) -> None:
    people = {key: factories.participant(cast.alder, key) for key in ("Mia", "Jo")}
    factories.source(cast.alder, "talk", f"Mia: No.\nJo: Ask Mia.\nJo: {words}\n", people=people)
    plan = plan_withdrawal(access=cast.access("olive"), participant=people["Mia"])
    assert [(s.key, s.count) for s in plan.mentions] == [("mentions_texts", 2)]


@pytest.mark.django_db
def test_two_talks_that_read_alike_afterwards_both_stay(cast: Cast) -> None:
    people = {key: factories.participant(cast.alder, key) for key in ("Mia", "Jo")}
    for key, said in (("one", "No."), ("two", "Yes.")):
        factories.source(cast.alder, key, f"Jo: So it is.\nMia: {said}", people=people)
    plan = plan_withdrawal(access=cast.access("olive"), participant=people["Mia"])
    withdraw(access=cast.access("olive"), participant=people["Mia"], confirmed=plan.token)
    texts = SourceText.objects.order_by("source__key").values_list("text", "source__length")
    after = f"Jo: So it is.\n{MARK}: {MARK}"
    assert list(texts) == [(after, len(after)), (after + "\n", len(after) + 1)]


@pytest.mark.django_db
def test_a_title_that_quotes_stays_within_its_length(cast: Cast) -> None:
    people = {key: factories.participant(cast.alder, key) for key in ("Mia", "Jo")}
    factories.source(cast.alder, "talk", "Jo: So.\nMia: a b c d e\n", people=people)
    other = factories.source(cast.alder, "other", "Jo: Other.\n", people=people)
    Source.objects.filter(pk=other.pk).update(title="x" * 189 + ": a b c d e")
    plan = plan_withdrawal(access=cast.access("olive"), participant=people["Mia"])
    withdraw(access=cast.access("olive"), participant=people["Mia"], confirmed=plan.token)
    assert Source.objects.get(pk=other.pk).title == ("x" * 189 + f": {MARK}")[:200]
