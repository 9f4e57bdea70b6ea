"""The history: filters, pages, where lines lead; undo from a line, days later and for others."""

import csv
import datetime
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import history
from cases.history import choosing
from cases.services import trash, undoing
from coding import queries
from coding.models import (
    Code,
    Coding,
    Comparison,
    Note,
    PlacementReview,
    Round,
    Source,
    SourceVersion,
)
from coding.services import adjudication, codebook, notes
from coding.services.autocode import auto_code
from coding.services.codings import (
    StateConflict,
    add_codings,
    recode,
    redo,
    remove_coding,
    undo,
)
from coding.services.notes import Words, add_note, change_note, remove_note
from coding.services.trash import remove_code, remove_source
from coding.services.versions import remove_placement, replace_text
from coding.subjects import Ref
from projects.history import VERBS
from projects.models import AppendOnlyError, Event
from projects.queries import visible_events
from projects.services import membership, redaction
from projects.services.events import record
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast: Cast) -> factories.World:
    return factories.world(cast.alder)


def coded(cast: Cast, world: factories.World, who: str = "cora", start: int = 0) -> Coding:
    (coding,) = add_codings(
        access=cast.access(who),
        source=world.source,
        start=start,
        end=start + 3,
        quote=factories.TEXT[start : start + 3],
        codes=[world.intranet],
    ).added
    return coding


def last(verb: str) -> Event:
    return Event.objects.filter(verb=verb).latest("id")


def days_pass(days: int = 9) -> None:
    """What is in the history was done days ago."""
    redaction._open().update(at=timezone.now() - timedelta(days=days))


def there(coding: Coding) -> bool:
    return Coding.objects.present().filter(pk=coding.pk).exists()


# --- every verb has its line ---------------------------------------------------------------------


def test_every_verb_is_undone_or_says_why_not() -> None:
    assert set(undoing.WAYS) == set(VERBS)
    for verb, way in undoing.WAYS.items():
        assert isinstance(way, undoing.Way) or str(way).endswith("."), verb


def test_every_kind_of_line_knows_where_it_leads() -> None:
    assert set(history.ADDRESSES) == {verb.split(".")[0] for verb in VERBS}
    in_kinds = {kind for _label, types in history.KINDS.values() for kind in types}
    assert set(history.ADDRESSES) <= in_kinds
    for _label, verbs in history.GROUPS.values():
        assert set(verbs) <= set(VERBS)


# --- filters -------------------------------------------------------------------------------------


def found(cast: Cast, query: str, who: str = "vera") -> list[tuple[str, str]]:
    access = cast.access(who)
    filters = history.read_filters(access, QueryDict(query))
    return [(e.verb, e.label) for e in history.page(access, filters, QueryDict(query)).events]


def test_filters(cast: Cast, world: factories.World) -> None:
    coding = coded(cast, world)
    remove_coding(access=cast.access("liam"), coding=coding)
    undo(access=cast.access("liam"), source=world.source)
    codebook.retire_code(access=cast.access("liam"), code=world.solving)
    cora, liam = (cast.access(who).membership.pk for who in ("cora", "liam"))
    assert found(cast, f"who={cora}") == [("coding.added", "Intranet")]
    assert found(cast, f"who={liam}&kind=codebook") == [("code.retired", "Solving")]
    assert found(cast, "group=removed") == [
        ("code.retired", "Solving"),
        ("coding.removed", "Intranet"),
    ]
    assert found(cast, "group=undone") == [("coding.added", "Intranet")]
    assert found(cast, f"object={world.solving.guid}") == [("code.retired", "Solving")]
    assert len(found(cast, f"object={world.source.guid}")) == 3
    today = timezone.localdate()
    assert len(found(cast, f"from={today}&to={today}")) == 4
    assert found(cast, f"to={today - timedelta(days=1)}") == []
    assert found(cast, f"from={today + timedelta(days=1)}") == []
    assert len(found(cast, "to=9999-12-31&from=0001-01-01")) == 4


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("who=999999", 400),
        ("who=x", 400),
        ("kind=x", 400),
        ("group=x", 400),
        ("from=2026-02-31", 400),
        ("to=yesterday", 400),
        ("object=x", 404),
        ("batch=x", 404),
        ("before=-1", 404),
        ("after=x", 404),
        ("before=9999999999999999999999", 404),
        ("before=999999999999999999", 200),
    ],
)
def test_what_an_address_may_not_ask(
    cast: Cast, world: factories.World, client: Client, query: str, status: int
) -> None:
    client.force_login(cast.vera)
    answer = client.get(f"/projects/{cast.alder.pk}/history/?{query}")
    assert answer.status_code == status


def test_pages_by_cursor(cast: Cast) -> None:
    olive = cast.access("olive")
    for n in range(120):
        record(olive, "source.finished", cast.alder, label=f"n{n}")
    filters = history.Filters()
    seen: list[str] = []
    params, steps = QueryDict(""), 0
    while True:
        page = history.page(olive, filters, params)
        seen += [e.label for e in page.events]
        steps += 1
        if page.older is None:
            break
        # What comes in between moves nothing.
        record(olive, "source.finished", cast.alder, label="late")
        params = QueryDict(f"before={page.older}")
    assert seen == [f"n{n}" for n in reversed(range(120))]
    assert steps == 3
    back = history.page(olive, filters, QueryDict(f"after={page.newer}"))
    assert [e.label for e in back.events] == [f"n{n}" for n in range(69, 19, -1)]
    further = history.page(olive, filters, QueryDict(f"after={back.newer}"))
    assert [e.label for e in further.events] == [f"n{n}" for n in range(119, 69, -1)]
    first = history.page(olive, filters, QueryDict(f"after={further.newer}"))
    assert first.newer is None
    assert first.events[0].label == "late"


def test_lines_lead_to_what_they_are_about(cast: Cast, world: factories.World) -> None:
    coding = coded(cast, world)
    liam, base = cast.access("liam"), f"/projects/{cast.alder.pk}/"
    codebook.retire_code(access=liam, code=world.solving)
    trash.remove_case(access=liam, case=world.case)
    events = list(visible_events(liam))
    links = {e.verb: history.links(liam, events)[e.pk] for e in events}
    assert links["coding.added"].address == f"{base}sources/{world.source.pk}/?at=0-3"
    assert links["code.retired"].address == f"{base}codes/{world.solving.pk}/"
    assert links["case.removed"].address == f"{base}trash/"
    remove_coding(access=liam, coding=coding)
    assert history.links(liam, events)[events[-1].pk].address == (
        f"{base}sources/{world.source.pk}/"
    )
    remove_source(access=liam, source=world.source)
    assert history.links(liam, events)[events[-1].pk].address == f"{base}trash/"


def test_the_export_has_the_lines_under_the_filters(
    cast: Cast, world: factories.World, client: Client
) -> None:
    coded(cast, world)
    codebook.retire_code(access=cast.access("liam"), code=world.solving)
    client.force_login(cast.vera)
    answer = client.get(f"/projects/{cast.alder.pk}/history/export/csv/?kind=codebook")
    text = answer.content.decode("utf-8-sig")
    lines = [line for line in text.splitlines(keepends=True) if line[0] != "#"]
    rows = list(csv.reader(io.StringIO("".join(lines))))
    assert rows[0] == list(history.HEAD)
    assert [row[1:6] for row in rows[1:]] == [
        ["Liam", "retired the code", "Solving", "", "code.retired"]
    ]
    assert "# shown: about the codebook" in text
    assert client.get(f"/projects/{cast.alder.pk}/history/export/pdf/").status_code == 404
    assert last("history.exported").actor == cast.vera


@pytest.mark.parametrize("items", [1, 6])
def test_a_constant_number_of_queries(
    cast: Cast, world: factories.World, client: Client, items: int
) -> None:
    liam = cast.access("liam")
    for n in range(items):
        coding = coded(cast, world, start=n)
        add_note(access=cast.access("cora"), coding=coding, text=f"Memo {n}")
        code = codebook.create_code(access=liam, name=f"N{n}")
        remove_code(access=liam, code=code)
    client.force_login(cast.liam)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(f"/projects/{cast.alder.pk}/history/").status_code == 200
    # User and access; members, lines, answers, batches, names; passages and memos with their
    # sources, and codes.
    assert len(seen) == 12


# --- undo from a line ----------------------------------------------------------------------------


def test_a_removal_is_undone_days_later_and_done_again(cast: Cast, world: factories.World) -> None:
    cora = cast.access("cora")
    coding = coded(cast, world)
    remove_coding(access=cora, coding=coding)
    for start in (5, 10):
        coded(cast, world, start=start)
    days_pass()
    removal = last("coding.removed")
    assert undoing.rehearse(access=cora, event=removal).counts == {"passages": 1}
    assert not there(coding)
    batch = uuid4()
    assert undoing.undo_event(access=cora, event=removal, batch=batch) == {"passages": 1}
    assert there(coding)
    back = Event.objects.get(batch=batch)
    assert (back.verb, back.mode, back.answers) == ("coding.added", "undo", removal.batch)
    # Sent twice, it acts once.
    assert undoing.undo_event(access=cora, event=removal, batch=batch) == {}
    with pytest.raises(StateConflict, match="This has been undone"):
        undoing.undo_event(access=cora, event=removal)
    assert undoing.standings(cora, [removal])[removal.pk].since == back
    undoing.undo_event(access=cora, event=back)
    assert not there(coding)
    again = last("coding.removed")
    assert (again.mode, again.answers) == ("redo", removal.batch)
    undoing.undo_event(access=cora, event=again)
    assert there(coding)
    # The reader's own undo goes on with what it had: the last passage that was coded.
    undo(access=cora, source=world.source)
    assert sorted(Coding.objects.present().values_list("start", flat=True)) == [0, 5]
    redo(access=cora, source=world.source)
    assert sorted(Coding.objects.present().values_list("start", flat=True)) == [0, 5, 10]


def test_who_may_undo_what_others_did(cast: Cast, world: factories.World) -> None:
    coding = coded(cast, world)
    remove_coding(access=cast.access("cora"), coding=coding)
    removal = last("coding.removed")
    for who in ("cody", "vera"):
        with pytest.raises(PermissionDenied):
            undoing.undo_event(access=cast.access(who), event=removal)
        assert not undoing.standings(cast.access(who), [removal])[removal.pk].can
    undoing.undo_event(access=cast.access("liam"), event=removal)
    assert there(coding)
    codebook.retire_code(access=cast.access("olive"), code=world.solving)
    retired = last("code.retired")
    with pytest.raises(PermissionDenied, match="an owner can undo it"):
        undoing.undo_event(access=cast.access("liam"), event=retired)
    codebook.retire_code(access=cast.access("liam"), code=world.gains)
    undoing.undo_event(access=cast.access("olive"), event=last("code.retired"))
    world.gains.refresh_from_db()
    assert world.gains.retired_at is None
    # Who is no lead any more has lost the right with it.
    membership.change_role(
        access=cast.access("olive"), membership=cast.access("liam").membership, role="coder"
    )
    with pytest.raises(PermissionDenied):
        undoing.undo_event(access=cast.access("liam"), event=last("code.revived"))


def test_what_has_changed_since_is_refused_and_nothing_is_touched(
    cast: Cast, world: factories.World
) -> None:
    cora, batch = cast.access("cora"), uuid4()
    passages = [(world.source.pk, 0, 3), (world.source.pk, 5, 8)]
    other = factories.source(cast.alder, "s2", "P1: Another talk.\n")
    auto_code(
        access=cora,
        passages=[*passages, (other.pk, 4, 11)],
        codes=[world.solving],
        query="words=x",
        unit="match",
        batch=batch,
    )
    one = Coding.objects.get(source=world.source, start=0)
    recode(access=cora, coding=one, code=world.intranet)
    line = Event.objects.get(batch=batch, source_guid=other.guid)
    plan = undoing.rehearse(access=cora, event=line)
    assert "1 passage has changed since" in plan.problem
    with pytest.raises(StateConflict):
        undoing.undo_event(access=cora, event=line)
    assert Coding.objects.present().count() == 3
    undo(access=cora, source=world.source)
    # All lines of the action go together, in both sources.
    assert undoing.undo_event(access=cora, event=line) == {"passages": 3}
    assert Coding.objects.present().count() == 0
    undoing.undo_event(access=cora, event=Event.objects.filter(mode="undo").latest("id"))
    assert Coding.objects.present().count() == 3


def test_memos(cast: Cast, world: factories.World) -> None:
    cora = cast.access("cora")
    add_note(access=cora, coding=coded(cast, world), text="First")
    note = Note.objects.get()
    change_note(access=cora, note=note, text="Second")
    remove_note(access=cora, note=note)
    days_pass()
    with pytest.raises(StateConflict, match="The memo has changed since"):
        undoing.undo_event(access=cora, event=last("note.changed"))
    undoing.undo_event(access=cast.access("olive"), event=last("note.removed"))
    undoing.undo_event(access=cora, event=Event.objects.get(verb="note.changed", mode="do"))
    note.refresh_from_db()
    assert (note.text, note.removed_at) == ("First", None)


ABOUT = ("project", "source", "code", "participant", "case")


@pytest.mark.parametrize("subject", ABOUT)
def test_memos_about_anything_else(cast: Cast, world: factories.World, subject: str) -> None:
    cora, liam, cody = (cast.access(who) for who in ("cora", "liam", "cody"))
    row = {"code": world.intranet}.get(subject) or getattr(world, subject)
    note = notes.create(access=cora, about=Ref(subject, row.guid), text="First").note
    assert note is not None
    written = last("note.written")
    with pytest.raises(PermissionDenied):
        undoing.undo_event(access=cody, event=written)
    assert undoing.rehearse(access=cora, event=written).counts == {"notes": 1}
    key = uuid4()
    for _twice in range(2):
        undoing.undo_event(access=liam, event=written, batch=key)
    note.refresh_from_db()
    assert note.removed_at is not None
    gone = last("note.discarded")
    assert (gone.mode, gone.answers, gone.batch) == ("undo", written.batch, key)
    assert undoing.standings(cora, [written])[written.pk].since == gone
    # The lead removed it; the memo is its author's all the same.
    undoing.undo_event(access=cora, event=gone)
    back = last("note.recovered")
    note.refresh_from_db()
    assert (note.removed_at, back.mode, back.answers) == (None, "redo", written.batch)
    notes.change(access=cora, note=note, words=Words(text="Second"))
    changed = undoing.standings(cora, [last("note.rewritten")])[last("note.rewritten").pk]
    assert (changed.can, changed.why) == (
        False,
        "The history holds no words of this memo: open it, and write it anew.",
    )
    for line in (written, back):
        with pytest.raises(StateConflict):
            undoing.undo_event(access=cora, event=line)
    notes.remove(access=cora, note=note)
    undoing.undo_event(access=cast.access("olive"), event=last("note.discarded"))
    note.refresh_from_db()
    assert (note.text, note.removed_at) == ("Second", None)


def test_a_memo_of_a_thread_goes_and_comes_back(cast: Cast, world: factories.World) -> None:
    _held, compared = place_in_a_round(cast, world)
    cora = cast.access("cora")
    notes.create(access=cora, about=Ref("comparison", compared.guid), text="Why not?")
    undoing.undo_event(access=cora, event=last("note.written"))
    assert list(queries.thread(cora, compared)) == []
    (entry,) = trash.entries(cora)
    assert entry.what == (
        "memo about: difference between coders Intranet in Interview int1 (Pilot round)"
    )
    undoing.undo_event(access=cora, event=last("note.discarded"))
    assert [note.text for note in queries.thread(cora, compared)] == ["Why not?"]


def place_in_a_round(cast: Cast, world: factories.World) -> tuple[Round, Comparison]:
    held = factories.opened_round(cast)
    for who, start in (("cora", 41), ("cody", 45)):
        spans = [(world.intranet, start, start + 10)]
        factories.share(held, world.source, cast.access(who).membership, spans)
    adjudication.make_comparisons(access=cast.access("liam"), held=held)
    return held, Comparison.objects.get()


def test_lines_of_memos_and_rounds_lead_to_them_by_one_link(
    cast: Cast, world: factories.World, client: Client
) -> None:
    held, compared = place_in_a_round(cast, world)
    liam, base = cast.access("liam"), f"/projects/{cast.alder.pk}/"
    adjudication.decide(access=liam, compared=compared, decision="union")
    note = notes.create(access=liam, about=Ref("code", world.intranet.guid), text="A").note
    assert note is not None
    links = {e.verb: history.links(liam, [e]).get(e.pk) for e in visible_events(liam)}
    said = {verb: link and (link.address, link.words) for verb, link in links.items()}
    assert said["round.compared"] == (f"{base}rounds/{held.pk}/", "open the round")
    assert said["comparison.decided"] == (
        f"{base}rounds/{held.pk}/review/{world.source.pk}/?at={compared.pk}",
        "open the place",
    )
    address = f"{base}notebook/?of=note:{note.guid}"
    assert said["note.written"] == (address, "open the memo")
    client.force_login(cast.liam)
    page = client.get(f"{base}history/").content.decode()
    assert page.count(address) == 1
    assert client.get(address).status_code == 200
    notes.remove(access=liam, note=note)
    line = last("note.written")
    assert history.links(liam, [line])[line.pk].address == f"{base}trash/"
    Round.objects.update(state="closed")
    remove_code(access=liam, code=world.intranet)
    assert history.links(liam, [line]) == {}
    Round.objects.update(state="draft")
    line = last("round.compared")
    assert history.links(cast.access("cora"), [line]) == {}


def test_the_codebook(cast: Cast, world: factories.World) -> None:
    liam = cast.access("liam")
    code = codebook.create_code(access=liam, name="A", definition="first")
    kept = {"parent": None, "colour": 1, "heading_only": False}
    codebook.change_code(
        access=liam, code=code, name="B", definition="second", redefines=True, **kept
    )
    renamed = last("code.changed")
    codebook.change_code(access=liam, code=code, name="C", definition="second", **kept)
    days_pass()
    with pytest.raises(StateConflict, match=r"“C” has been changed since \(name\)"):
        undoing.undo_event(access=liam, event=renamed)
    undoing.undo_event(access=liam, event=last("code.changed"))
    undoing.undo_event(access=liam, event=renamed)
    code.refresh_from_db()
    assert (code.name, code.definition, code.redefined_at) == ("A", "first", None)
    undoing.undo_event(access=liam, event=last("code.changed"))
    code.refresh_from_db()
    assert (code.name, code.definition) == ("B", "second")

    codebook.move_code(access=liam, code=code, parent=world.gains, before=None)
    moved = last("code.moved")
    undoing.undo_event(access=liam, event=moved)
    code.refresh_from_db()
    assert code.parent is None
    undoing.undo_event(access=liam, event=last("code.moved"))
    code.refresh_from_db()
    assert code.parent == world.gains

    coding = coded(cast, world)
    codebook.merge_codes(access=liam, code=world.intranet, into=world.solving)
    assert undoing.rehearse(access=liam, event=last("code.merged")).counts["passages"] == 1
    undoing.undo_event(access=liam, event=last("code.merged"))
    coding.refresh_from_db()
    assert coding.code == world.intranet
    undoing.undo_event(access=liam, event=last("code.unmerged"))
    coding.refresh_from_db()
    assert coding.code == world.solving
    undoing.undo_event(access=liam, event=last("code.merged"))

    codebook.begin_split(access=liam, code=world.intranet, into=[world.solving])
    assert queries.review_counts(liam) == {world.intranet.pk: 1}
    undoing.undo_event(access=liam, event=last("code.split"))
    assert queries.review_counts(liam) == {}

    remove_code(access=liam, code=code)
    undoing.undo_event(access=liam, event=last("code.removed"))
    undoing.undo_event(access=liam, event=last("code.restored"))
    code.refresh_from_db()
    assert code.removed_at is not None
    redone = last("code.removed")
    assert redone.mode == "redo"
    undoing.undo_event(access=liam, event=redone)
    assert Code.objects.present().filter(pk=code.pk).exists()


def test_a_name_taken_meanwhile_is_said(cast: Cast, world: factories.World) -> None:
    liam = cast.access("liam")
    codebook.retire_code(access=liam, code=world.solving)
    codebook.create_code(access=liam, name=world.solving.name, parent=world.solving.parent)
    plan = undoing.rehearse(access=liam, event=last("code.retired"))
    assert plan.problem == f"There is already a code “{world.solving.name}” here."


def test_texts_sources_and_cases(cast: Cast, world: factories.World) -> None:
    liam = cast.access("liam")
    replace_text(
        access=liam,
        source=world.source,
        text=factories.TEXT.replace("Friday", "Sunday"),
        expected_version=1,
        because=SourceVersion.Reason.EDITED,
    )
    days_pass()
    corrected = last("source.corrected")
    undoing.undo_event(access=liam, event=corrected)
    world.source.refresh_from_db()
    assert (world.source.version, world.source.content.text) == (3, factories.TEXT)
    undoing.undo_event(access=liam, event=last("source.corrected"))
    world.source.refresh_from_db()
    assert world.source.version == 4
    remove_source(access=liam, source=world.source)
    plan = undoing.rehearse(access=liam, event=last("source.corrected"))
    assert "is in the trash: restore it from there first" in plan.problem
    undoing.undo_event(access=cast.access("olive"), event=last("source.removed"))
    assert Source.objects.present().filter(pk=world.source.pk).exists()
    trash.remove_case(access=liam, case=world.case)
    undoing.undo_event(access=liam, event=last("case.removed"))
    world.case.refresh_from_db()
    assert world.case.removed_at is None


def test_names_that_were_replaced_stay_so(cast: Cast, world: factories.World) -> None:
    liam = cast.access("liam")
    replace_text(
        access=liam,
        source=world.source,
        text=factories.TEXT.replace("Friday", "[day]"),
        expected_version=1,
        because=SourceVersion.Reason.PSEUDONYMISED,
    )
    line = last("source.corrected")
    standing = undoing.standings(liam, [line])[line.pk]
    assert (standing.can, standing.why) == (
        False,
        "Names were replaced for good: the text before holds them.",
    )
    assert "it cannot be restored" in undoing.rehearse(access=liam, event=line).problem


def test_a_decision_about_a_placement(cast: Cast, world: factories.World) -> None:
    cora = cast.access("cora")
    coding = coded(cast, world)
    replace_text(
        access=cast.access("liam"),
        source=world.source,
        text="What" + factories.TEXT[3:],
        expected_version=1,
        because=SourceVersion.Reason.EDITED,
    )
    review = PlacementReview.objects.get()
    before = Coding.objects.values_list("start", "end", "removed_at").get(pk=coding.pk)
    remove_placement(access=cora, review=review)
    undoing.undo_event(access=cora, event=last("placement.removed"))
    review.refresh_from_db()
    assert review.state == "open"
    after = Coding.objects.values_list("start", "end", "removed_at").get(pk=coding.pk)
    assert after[:2] == before[:2]
    undoing.undo_event(access=cora, event=last("placement.reopened"))
    review.refresh_from_db()
    assert (review.state, there(coding)) == ("removed", False)


def test_what_is_gone_for_good_cannot_be_undone(cast: Cast, world: factories.World) -> None:
    olive = cast.access("olive")
    remove_coding(access=cast.access("cora"), coding=coded(cast, world))
    remove_source(access=olive, source=world.source)
    plan = trash.plan_emptying(access=olive)
    trash.delete_for_good(access=olive, confirmed=plan.token)
    for verb in ("coding.removed", "source.removed"):
        assert undoing.rehearse(access=olive, event=last(verb)).problem, verb
    assert undoing.WAYS["trash.emptied"] is not None
    with pytest.raises(StateConflict, match="gone for good"):
        undoing.undo_event(access=olive, event=last("trash.emptied"))
    with pytest.raises(PermissionDenied):
        redaction.empty(
            access=cast.access("liam"), own=Event.objects.all(), about=Event.objects.none()
        )
    with pytest.raises(AppendOnlyError):
        Event.objects.all().update(label="x")


def test_over_the_pages(cast: Cast, world: factories.World, client: Client) -> None:
    coding = coded(cast, world)
    remove_coding(access=cast.access("cora"), coding=coding)
    client.force_login(cast.cora)
    base = f"/projects/{cast.alder.pk}/history/"
    line = last("coding.removed")
    page = client.get(base).content.decode()
    assert f"{base}{line.pk}/undo/" in page
    asked = client.get(f"{base}{line.pk}/undo/").content.decode()
    assert "1 coded passage" in asked
    assert not there(coding)
    answer = client.post(f"{base}{line.pk}/undo/", {"key": str(uuid4())}, follow=True)
    assert "Undone." in answer.content.decode()
    assert there(coding)
    client.force_login(cast.vera)
    assert client.get(f"{base}{line.pk}/undo/").status_code == 403
    assert f"{base}{line.pk}/undo/" not in client.get(base).content.decode()


def test_a_day_is_a_day_of_the_installation() -> None:
    assert choosing._day("2026-03-31") == datetime.date(2026, 3, 31)
    assert choosing._day("") is None
