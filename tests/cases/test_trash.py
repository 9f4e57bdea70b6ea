"""The trash: what lies there is seen nowhere else, comes back as it was, and goes for good only
when an owner says so."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import queries as case_queries
from cases.core.transcript_batch import Known
from cases.models import Case
from cases.services import trash
from coding import queries
from coding.models import (
    Assignment,
    Code,
    Coding,
    Comparison,
    Note,
    NoteLink,
    Recording,
    Round,
    Source,
    SourceText,
)
from coding.services import codebook, notes
from coding.services.codings import StateConflict, add_codings
from coding.services.notes import add_note, remove_note
from coding.services.trash import (
    remove_code,
    remove_source,
    restore_code,
    restore_source,
)
from coding.subjects import Ref
from projects.models import Event
from projects.queries import visible_events
from tests import factories
from tests.factories import Cast
from tests.test_isolation import PROJECT_ROUTES, Place, good_call, logged_in, place, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast: Cast) -> factories.World:
    return factories.world(cast.alder)


def coded(cast: Cast, world: factories.World, who: str = "cora") -> Coding:
    (coding,) = add_codings(
        access=cast.access(who),
        source=world.source,
        start=0,
        end=3,
        quote="INT",
        codes=[world.intranet],
    ).added
    return coding


def seen(cast: Cast) -> dict[str, Any]:
    access = cast.access("olive")
    return {
        "sources": list(queries.sources(access).values_list("key", "codings_count")),
        "codings": sorted(queries.visible_codings(access).values_list("pk", flat=True)),
        "codes": [(n.code.name, n.depth) for n in queries.codebook(access)],
        "cases": [case.name for case in case_queries.cases(access)],
        "overview": case_queries.overview(access),
        "notes": sorted(queries.visible_notes(access).values_list("pk", flat=True)),
    }


# --- in and out ----------------------------------------------------------------------------------


def test_a_source_goes_with_all_that_is_on_it_and_comes_back(
    cast: Cast, world: factories.World
) -> None:
    coding = coded(cast, world)
    add_note(access=cast.access("cora"), coding=coding, text="Look here")
    before = seen(cast)
    liam = cast.access("liam")
    touched = remove_source(access=liam, source=world.source)
    assert touched.counts == {"passages": 1, "memos": 1, "recordings": 0}
    gone = seen(cast)
    assert (gone["sources"], gone["codings"], gone["notes"]) == ([], [], [])
    assert gone["overview"] | {"participants": 1} == {
        "cases": 1,
        "sources": 0,
        "participants": 1,
        "codes": len(before["codes"]),
        "codings": 0,
        "coders": 0,
    }
    with pytest.raises(StateConflict, match="is in the trash: restore it from there first"):
        coded(cast, world)
    with pytest.raises(StateConflict, match="is in the trash already"):
        remove_source(access=liam, source=world.source)
    restore_source(access=liam, source=world.source)
    assert seen(cast) == before
    removed, restored = Event.objects.filter(verb__startswith="source.re").order_by("id")
    assert (restored.mode, restored.answers) == ("undo", removed.batch)
    with pytest.raises(StateConflict, match="not in the trash any more"):
        restore_source(access=liam, source=world.source)


def test_the_codes_below_move_up_and_come_back_below(cast: Cast, world: factories.World) -> None:
    liam = cast.access("liam")
    top = codebook.create_code(access=liam, name="Top")
    middle = codebook.create_code(access=liam, name="Middle", parent=top)
    low = codebook.create_code(access=liam, name="Low", parent=middle)
    moved = codebook.create_code(access=liam, name="Moved on", parent=middle)
    touched = remove_code(access=liam, code=middle)
    assert touched.counts["children"] == 2
    tree = dict(Code.objects.present().values_list("name", "parent__name"))
    assert (tree["Low"], tree["Moved on"], "Middle" in tree) == ("Top", "Top", False)
    codebook.move_code(access=liam, code=moved, parent=None, before=None)
    restore_code(access=liam, code=middle)
    tree = dict(Code.objects.present().values_list("name", "parent__name"))
    assert (tree["Middle"], tree["Low"], tree["Moved on"]) == ("Top", "Middle", None)
    assert low.pk in {n.code.pk for n in queries.codebook(liam)}


def test_what_was_merged_into_a_code_goes_and_comes_with_it(
    cast: Cast, world: factories.World
) -> None:
    liam = cast.access("liam")
    coding = coded(cast, world)
    codebook.merge_codes(access=liam, code=world.intranet, into=world.solving)
    assert remove_code(access=liam, code=world.solving).counts["merged"] == 1
    assert coding.pk not in seen(cast)["codings"]
    assert {e.name for e in trash.entries(liam)} == {world.solving.name}
    with pytest.raises(StateConflict, match="in the trash: restore that"):
        restore_code(access=liam, code=world.intranet)
    restore_code(access=liam, code=world.solving)
    assert coding.pk in seen(cast)["codings"]
    codebook.undo_merge(access=liam, code=world.intranet)
    coding.refresh_from_db()
    assert coding.code_id == world.intranet.pk


def test_a_name_that_is_taken_stands_in_the_way_both_ways(
    cast: Cast, world: factories.World
) -> None:
    liam = cast.access("liam")
    a = codebook.create_code(access=liam, name="A")
    codebook.create_code(access=liam, name="B", parent=a)
    twin = codebook.create_code(access=liam, name="b")
    with pytest.raises(StateConflict, match="“B” lies below it and would move up"):
        remove_code(access=liam, code=a)
    remove_code(access=liam, code=twin)
    # Its id is kept for it.
    again = codebook.create_code(access=liam, name="b")
    assert (twin.key, again.key) == ("b_2", "b_3")
    with pytest.raises(StateConflict, match="There is already a code “b” here"):
        restore_code(access=liam, code=twin)
    parent = codebook.create_code(access=liam, name="P")
    child = codebook.create_code(access=liam, name="C", parent=parent)
    remove_code(access=liam, code=child)
    remove_code(access=liam, code=parent)
    with pytest.raises(StateConflict, match="“C” lay below “P”, which is in the trash too"):
        restore_code(access=liam, code=child)
    with pytest.raises(StateConflict, match="is in the trash"):
        codebook.change_code(
            access=liam,
            code=parent,
            name="Q",
            parent=None,
            definition="",
            colour=0,
            heading_only=False,
        )


def test_a_case_keeps_its_people_while_it_is_away(cast: Cast, world: factories.World) -> None:
    liam = cast.access("liam")
    touched = trash.remove_case(access=liam, case=world.case)
    assert touched.counts["case_sources"] == 1
    assert seen(cast)["cases"] == []
    assert seen(cast)["overview"]["sources"] == 1
    trash.restore_case(access=liam, case=world.case)
    assert list(world.case.sources.all()) == [world.source]


def test_who_may_restore(cast: Cast, world: factories.World) -> None:
    note_of = coded(cast, world)
    cora, cody, liam = cast.access("cora"), cast.access("cody"), cast.access("liam")
    add_note(access=cora, coding=note_of, text="Mine")
    note = Note.objects.get()
    remove_note(access=liam, note=note)
    with pytest.raises(PermissionDenied):
        trash.restore(access=cody, guid=note.guid)
    trash.restore(access=cora, guid=note.guid)
    assert seen(cast)["notes"] == [note.pk]
    remove_source(access=liam, source=world.source)
    for who in (cora, cast.access("vera")):
        with pytest.raises(PermissionDenied):
            restore_source(access=who, source=world.source)
    restore_source(access=cast.access("olive"), source=world.source)


@pytest.mark.parametrize("state", ["draft", "running", "opened", "closed"])
def test_a_round_that_is_not_closed_keeps_its_sources_and_codes(
    cast: Cast, world: factories.World, state: str
) -> None:
    liam = cast.access("liam")
    coded(cast, world)
    held = Round.objects.create(
        project=cast.alder, number=1, name="Pilot", state=state, made_by=liam.membership
    )
    Assignment.objects.create(round=held, source=world.source, coder=liam.membership)
    Comparison.objects.create(
        round=held, source=world.source, code=world.intranet, start=0, end=3, kind="agree"
    )
    if state == "closed":
        remove_source(access=liam, source=world.source)
        remove_code(access=liam, code=world.intranet)
        return
    with pytest.raises(StateConflict, match="is coded in the round “Pilot”"):
        remove_source(access=liam, source=world.source)
    # Who codes blindly in it is refused all the same, and not told whether others use the code.
    blind = {"running": "You code blindly in the round “Pilot”"}
    with pytest.raises(StateConflict, match=blind.get(state, "is used in the round “Pilot”")):
        remove_code(access=liam, code=world.intranet)


# --- nothing of it is seen anywhere else ---------------------------------------------------------

CANARY = "zanzibarine"
# The history says what happened, and its lines are shown on the page of a code; a withdrawal lists
# what it reaches, which is more than what is seen.
MAY_SHOW = {
    "cases:trash ",
    "cases:trash_delete ",
    "cases:history ",
    "cases:history_undo ",
    "cases:history_export csv",
    "cases:history_export xlsx",
    "cases:withdraw ",
}


def all_answers(client: Client, where: Place) -> dict[str, str]:
    found = {}
    for route in PROJECT_ROUTES:
        _method, query, _body = good_call(route, where)
        formats = ("xlsx", "tidy", "wide", "csv", "docx", "md", "qdc")
        for fmt in formats if "fmt" in route.arguments else ("",):
            answer = client.get(f"{where.address(route, fmt=fmt)}?{query}&stay=1")
            assert answer.status_code < 500, route.name
            if answer.status_code == 200:
                content = b"".join(answer) if answer.streaming else answer.content
                found[f"{route.name} {fmt}"] = words_of(content)
    return found


def test_what_lies_in_the_trash_is_seen_in_no_answer_but_there_and_in_the_history(
    cast: Cast,
) -> None:
    where = place(cast.alder, cast.olive)
    olive = cast.access("olive")
    source = factories.source(
        cast.alder, "away", f"P1: The {CANARY} word.\n", case=where.world.case
    )
    Source.objects.filter(pk=source.pk).update(title=f"Title {CANARY}")
    code = codebook.create_code(access=olive, name=f"Code {CANARY}", definition=f"Meaning {CANARY}")
    case = Case.objects.create(project=cast.alder, key="away", name=f"Case {CANARY}")
    case.sources.add(where.world.source)
    case.participants.add(where.world.participant)
    add_codings(
        access=olive, source=source, start=0, end=2, quote="P1", codes=[where.world.solving]
    )
    (on_code,) = add_codings(
        access=olive,
        source=where.world.source,
        start=0,
        end=3,
        quote="INT",
        codes=[code],
    ).added
    add_note(access=olive, coding=on_code, text=f"Memo {CANARY}")
    add_note(access=olive, coding=where.coding, text=f"Memo {CANARY} too")
    note = Note.objects.get(text=f"Memo {CANARY} too")
    Round.objects.filter(project=cast.alder).update(state="closed")
    client = logged_in(cast.olive)
    there = {name for name, text in all_answers(client, where).items() if CANARY in text.lower()}
    # The net would catch something.
    assert {
        "coding:sources ",
        "coding:codes ",
        "cases:list ",
        "cases:matrix ",
        "cases:export tidy",
        "coding:source ",
        "cases:codebook_export csv",
        "cases:participants ",
        "coding-api:notes ",
    } <= there
    remove_source(access=olive, source=Source.objects.get(pk=source.pk))
    remove_code(access=olive, code=code)
    trash.remove_case(access=olive, case=case)
    remove_note(access=olive, note=note)
    where.ids["trashed"] = source.guid
    for who in ("olive", "cora", "vera"):
        answers = all_answers(logged_in(getattr(cast, who)), where)
        leaking = {name for name, text in answers.items() if CANARY in text.lower()}
        assert leaking <= MAY_SHOW, who
        assert "cases:trash " in leaking
    base = f"/projects/{cast.alder.pk}/"
    api = f"/api/v1{base}"
    for address in (
        f"{base}sources/{source.pk}/",
        f"{base}sources/{source.pk}/original/",
        f"{base}codes/{code.pk}/",
        f"{base}cases/{case.pk}/remove/",
        f"{api}sources/{source.pk}/codings/",
        f"{api}codings/{on_code.pk}/notes/",
    ):
        assert client.get(address).status_code == 404, address
    words = client.get(f"{base}search/?words={CANARY}").content.decode()
    assert f"Title {CANARY}" not in words


# --- importing what lies there -------------------------------------------------------------------


def test_an_import_is_told_what_is_in_the_trash(cast: Cast, world: factories.World) -> None:
    liam = cast.access("liam")
    remove_source(access=liam, source=world.source)
    remove_code(access=liam, code=world.solving)
    trash.remove_case(access=liam, case=world.case)
    there = case_queries.existing(liam)
    assert there.trash[("document", world.source.key)] == world.source.title
    assert there.trash[("text", world.source.text_sha256)] == world.source.title
    assert there.trash[("code", world.solving.key)] == world.solving.name
    assert there.trash[("case", world.case.key)] == world.case.name
    assert world.source.key not in there.documents
    assert world.solving.key not in there.codes
    assert world.case.key not in there.cases
    known = Known(1, "a", "Interview", "", "x", "y", in_trash=True)
    assert known.where == "“Interview”, which is in the trash: restore it from there"


# --- memos ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["project", "source", "code", "participant", "case"])
def test_a_memo_about_anything_lies_in_the_trash_and_comes_back(
    cast: Cast, world: factories.World, client: Client, kind: str
) -> None:
    cora, cody = cast.access("cora"), cast.access("cody")
    row: Any = world.intranet if kind == "code" else getattr(world, kind)
    note = notes.create(access=cora, about=Ref(kind, row.guid), text="A thought").note
    assert note is not None
    notes.remove(access=cast.access("liam"), note=note)
    (entry,) = trash.entries(cora)
    name = {"project": "Alder study", "source": "Interview int1", "code": "Intranet"}
    name |= {"participant": "P1", "case": "North"}
    assert (entry.kind, entry.what, entry.name, entry.who, entry.can_restore) == (
        "note",
        f"memo about: {kind} {name[kind]}",
        "A thought",
        "Liam",
        True,
    )
    assert [e.can_restore for e in trash.entries(cody)] == [False]
    with pytest.raises(PermissionDenied):
        trash.restore(access=cody, guid=note.guid)
    client.force_login(cast.cora)
    base = f"/projects/{cast.alder.pk}/trash/"
    answer = client.post(f"{base}{note.guid}/restore/", follow=True)
    assert "“the memo” is back where it was." in answer.content.decode()
    assert (trash.entries(cora), seen(cast)["notes"]) == ([], [note.pk])
    removed, back = Event.objects.filter(object_guid=note.guid).order_by("id")[1:]
    assert (back.verb, back.mode, back.answers) == ("note.recovered", "undo", removed.batch)


def test_what_others_removed_is_not_seen_by_who_codes_blindly(
    cast: Cast, world: factories.World
) -> None:
    cora, liam = cast.access("cora"), cast.access("liam")
    coding = coded(cast, world)
    for about in (Ref("source", world.source.guid), Ref("coding", coding.guid)):
        note = notes.create(access=liam, about=about, text="A thought").note
        assert note is not None
        notes.remove(access=liam, note=note)
    assert len(trash.entries(cora)) == 2
    held = Round.objects.create(
        project=cast.alder, number=1, name="Pilot", state="running", made_by=liam.membership
    )
    Assignment.objects.create(round=held, source=world.source, coder=cora.membership)
    assert trash.entries(cora) == []
    assert len(trash.entries(liam)) == 2
    lines = visible_events(cora).filter(object_type="note")
    assert lines.count() == 0


# --- for good ------------------------------------------------------------------------------------


def test_an_owner_deletes_one_thing_for_good(
    cast: Cast, world: factories.World, django_capture_on_commit_callbacks: Any
) -> None:
    olive = cast.access("olive")
    coding = coded(cast, world)
    add_note(access=cast.access("cora"), coding=coding, text="A secret thought")
    held = Round.objects.create(
        project=cast.alder, number=1, name="Pilot", state="closed", made_by=olive.membership
    )
    Assignment.objects.create(round=held, source=world.source, coder=olive.membership)
    Comparison.objects.create(
        round=held, source=world.source, code=world.intranet, start=0, end=3, kind="agree"
    )
    recording = Recording.objects.create(
        source=world.source,
        file=ContentFile(b"RIFF", name="talk.wav"),
        name="talk.wav",
        content_type="audio/wav",
        size=4,
        sha256="0" * 64,
    )
    storage, name = recording.file.storage, recording.file.name
    remove_source(access=olive, source=world.source)
    with pytest.raises(PermissionDenied):
        trash.plan_emptying(access=cast.access("liam"))
    plan = trash.plan_deletion(access=olive, guid=world.source.guid)
    assert plan.counts == {
        "sources": 1,
        "codes": 0,
        "cases": 0,
        "notes": 0,
        "passages": 1,
        "passages_removed": 0,
        "memos": 1,
        "versions": 0,
        "recordings": 1,
        "assignments": 1,
        "comparisons": 1,
    }
    with pytest.raises(StateConflict, match="The trash has changed"):
        trash.delete_for_good(access=olive, confirmed="other", guid=world.source.guid)
    with django_capture_on_commit_callbacks(execute=True):
        trash.delete_for_good(access=olive, confirmed=plan.token, guid=world.source.guid)
    assert not Source.objects.filter(pk=world.source.pk).exists()
    assert (Coding.objects.count(), Note.objects.count(), SourceText.objects.count()) == (0, 0, 0)
    assert not storage.exists(name)
    line = Event.objects.get(verb="trash.emptied")
    assert line.after == {"sources": 1, "codes": 0, "cases": 0, "notes": 0}
    assert line.label == "1 source"
    said = repr(list(Event.objects.values_list("label", "before", "after")))
    assert "secret" not in said
    assert world.source.title not in said


def test_emptying_takes_codes_with_all_that_holds_them(cast: Cast, world: factories.World) -> None:
    olive = cast.access("olive")
    coded(cast, world)
    codebook.merge_codes(access=olive, code=world.intranet, into=world.solving)
    low = codebook.create_code(access=olive, name="Low", parent=world.solving)
    low_2 = codebook.create_code(access=olive, name="Low 2", parent=low)
    remove_code(access=olive, code=low_2)
    remove_code(access=olive, code=low)
    remove_code(access=olive, code=world.solving)
    trash.remove_case(access=olive, case=world.case)
    restore = trash.plan_deletion(access=olive, guid=low.guid)
    trash.delete_for_good(access=olive, confirmed=restore.token, guid=low.guid)
    low_2.refresh_from_db()
    assert low_2.parent_id == world.solving.pk
    plan = trash.plan_emptying(access=olive)
    assert (plan.counts["codes"], plan.counts["cases"], plan.counts["passages"]) == (3, 1, 1)
    trash.delete_for_good(access=olive, confirmed=plan.token)
    assert list(Code.objects.values_list("pk", flat=True)) == [world.gains.pk]
    assert trash.entries(olive) == []
    assert Source.objects.filter(pk=world.source.pk).exists()


def test_memos_about_what_is_deleted_go_with_it(cast: Cast, world: factories.World) -> None:
    olive = cast.access("olive")
    held = Round.objects.create(
        project=cast.alder, number=1, name="Pilot", state="opened", made_by=olive.membership
    )
    compared = Comparison.objects.create(
        round=held, source=world.source, code=world.gains, start=0, end=3, kind="agree"
    )
    about = {
        "source": world.source,
        "comparison": compared,
        "code": world.intranet,
        "case": world.case,
        "project": world.project,
    }
    made = {
        kind: notes.create(
            access=olive,
            about=Ref(kind, row.guid),
            text=f"A secret about the {kind}",
            links=tuple(Ref(other, about[other].guid) for other in about if other != kind),
        ).note
        for kind, row in about.items()
    }
    # One of them lies in the trash itself, and its subject takes it along all the same.
    notes.remove(access=olive, note=made["case"])
    Round.objects.update(state="closed")
    remove_source(access=olive, source=world.source)
    remove_code(access=olive, code=world.intranet)
    trash.remove_case(access=olive, case=world.case)
    for row, memos, left in (
        (world.source, 2, {"code", "case", "project"}),
        (world.intranet, 1, {"case", "project"}),
        (world.case, 0, {"project"}),
    ):
        plan = trash.plan_deletion(access=olive, guid=row.guid)
        assert plan.counts["memos"] == memos
        trash.delete_for_good(access=olive, confirmed=plan.token, guid=row.guid)
        assert {note.about for note in Note.objects.all()} == left
        assert set(NoteLink.objects.values_list("target", flat=True)) <= left
    said = repr(list(Event.objects.values_list("label", "before", "after")))
    assert not [row.title for row in (world.source,) if row.title in said]
    assert NoteLink.objects.count() == 0


def test_a_withdrawal_reaches_the_trash(cast: Cast, world: factories.World) -> None:
    from cases.services import withdrawal

    olive = cast.access("olive")
    coded(cast, world)
    remove_source(access=olive, source=world.source)
    plan = withdrawal.plan_withdrawal(access=olive, participant=world.participant)
    withdrawal.withdraw(access=olive, participant=world.participant, confirmed=plan.token)
    assert not Source.objects.filter(pk=world.source.pk).exists()
    assert trash.entries(olive) == []


# --- pages ---------------------------------------------------------------------------------------


def test_over_the_pages(cast: Cast, world: factories.World, client: Client) -> None:
    client.force_login(cast.olive)
    base = f"/projects/{cast.alder.pk}/"
    page = client.get(f"{base}sources/{world.source.pk}/remove/").content.decode()
    assert "Nothing else belongs to it." in page
    key = str(uuid.uuid4())
    answer = client.post(f"{base}sources/{world.source.pk}/remove/", {"key": key}, follow=True)
    assert "is in the trash. It can be restored from there." in answer.content.decode()
    answer = client.post(f"{base}trash/{world.source.guid}/restore/", follow=True)
    assert "is back where it was." in answer.content.decode()
    remove_code(access=cast.access("olive"), code=world.solving)
    gone = f"{base}trash/{world.solving.guid}/delete/"
    token = trash.plan_deletion(access=cast.access("olive"), guid=world.solving.guid).token
    wrong = client.post(gone, {"token": token, "typed": "yes"})
    assert wrong.status_code == 400
    assert "Type the word DELETE" in wrong.content.decode()
    assert client.post(gone, {"token": "x", "typed": "DELETE"}).status_code == 409
    assert client.post(gone, {"token": token, "typed": "DELETE"}).status_code == 302
    assert not Code.objects.filter(pk=world.solving.pk).exists()
    assert client.get(gone).status_code == 404
    assert client.post(f"{base}trash/{uuid.uuid4()}/restore/").status_code == 404


@pytest.mark.parametrize("items", [1, 4])
def test_a_constant_number_of_queries(
    cast: Cast, world: factories.World, client: Client, items: int
) -> None:
    liam = cast.access("liam")
    for n in range(items):
        code = codebook.create_code(access=liam, name=f"N{n}")
        remove_code(access=liam, code=code)
        source = factories.source(cast.alder, f"s{n}", f"P1: number {n}\n")
        remove_source(access=liam, source=source)
    client.force_login(cast.liam)
    with CaptureQueriesContext(connection) as queries_seen:
        assert client.get(f"/projects/{cast.alder.pk}/trash/").status_code == 200
    assert len(queries_seen) == 8


def test_restoring_a_version_of_the_codebook_brings_a_code_back_and_leaves_others_there(
    cast: Cast, world: factories.World
) -> None:
    liam = cast.access("liam")
    version = codebook.freeze(access=liam, name="V1")
    later = codebook.create_code(access=liam, name="Later")
    remove_code(access=liam, code=later)
    remove_code(access=liam, code=world.solving)
    codebook.restore(access=liam, version=version)
    world.solving.refresh_from_db()
    later.refresh_from_db()
    assert world.solving.removed_at is None
    assert (later.removed_at is None, later.retired_at) == (False, None)
