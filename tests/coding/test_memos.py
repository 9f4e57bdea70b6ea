"""Memos on anything: what may be written, who sees it, history, undo, and the API."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from coding import queries, subjects
from coding.models import Assignment, Coding, Note, NoteLink, Round
from coding.notebook import memos, memos_with, newest_first
from coding.services import notes
from coding.services.codings import Outcome, StateConflict, redo, remove_coding, undo
from coding.services.notes import Words
from coding.subjects import Ref
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def coding(cast: Cast, add: Callable[..., Outcome]) -> Coding:
    return add(cast.access("cora"), "together").added[0]


def ref(subject: str, row: Any) -> Ref:
    return Ref(subject, row.guid)


def write(cast: Cast, who: str, about: Ref, text: str = "A thought.", **more: Any) -> Note:
    note = notes.create(access=cast.access(who), about=about, text=text, **more).note
    assert note is not None
    return note


def seen(cast: Cast, who: str) -> list[str]:
    return [note.text for note in newest_first(queries.visible_notes(cast.access(who)))]


def last_event() -> Event:
    event = Event.objects.order_by("-id").first()
    assert event is not None
    return event


# --- writing -------------------------------------------------------------------------------------


def test_a_memo_about_each_kind_of_thing(cast: Cast, world: World, coding: Coding) -> None:
    things = {
        "project": (world.project, f"/projects/{world.project.pk}/", "Alder study"),
        "source": (
            world.source,
            f"/projects/{world.project.pk}/sources/{world.source.pk}/",
            "Interview int1",
        ),
        "coding": (
            coding,
            f"/projects/{world.project.pk}/sources/{world.source.pk}/?at={coding.start}-{coding.end}",
            "Intranet in Interview int1",
        ),
        "code": (
            world.intranet,
            f"/projects/{world.project.pk}/codes/{world.intranet.pk}/",
            "Intranet",
        ),
        "participant": (
            world.participant,
            f"/projects/{world.project.pk}/participants/{world.participant.pk}/",
            "P1",
        ),
        "case": (
            world.case,
            f"/projects/{world.project.pk}/notebook/?of=case:{world.case.guid}",
            "North",
        ),
    }
    for subject, (row, _address, _name) in things.items():
        write(cast, "cora", ref(subject, row), f"About the {subject}", kind="analytic")
    rows = list(newest_first(queries.visible_notes(cast.access("vera"))))
    shown = memos(cast.access("vera"), rows)
    assert [(m.about.ref.subject, m.about.address, m.about.name) for m in reversed(shown)] == [
        (subject, address, name) for subject, (_row, address, name) in things.items()
    ]
    assert {m.may_change for m in shown} == {False}
    assert [m.passage.text for m in shown if m.passage] == ["together"]
    assert {m.note.get_kind_display() for m in shown} == {"analytic"}


def test_title_kind_links_and_mentions(cast: Cast, world: World, coding: Coding) -> None:
    first = write(cast, "cody", ref("project", world.project))
    note = write(
        cast,
        "cora",
        ref("code", world.intranet),
        " See @[cody] and @[Liam], not @Vera or @[Nobody].\r\n",
        title="  A  wide\ncode ",
        kind="decision",
        links=(ref("coding", coding), ref("note", first), ref("coding", coding)),
    )
    note.refresh_from_db()
    assert (note.title, note.kind) == ("A wide code", "decision")
    assert note.text == "See @[cody] and @[Liam], not @Vera or @[Nobody]."
    assert [member.label for member in note.mentions.order_by("label")] == ["Cody", "Liam"]
    (shown,) = memos(cast.access("liam"), [note])
    assert [(link.ref.subject, link.name) for link in shown.links] == [
        ("coding", "Intranet in Interview int1"),
        ("note", "A thought."),
    ]
    assert shown.may_change


def test_what_is_refused(cast: Cast, world: World, coding: Coding) -> None:
    foreign = factories.world(cast.brook)
    code = ref("code", world.intranet)
    note = write(cast, "cora", code)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"about": code, "text": " \n"}, "A memo needs some text."),
        (
            {"about": code, "text": "x" * 20_001},
            "A memo has at most 20000 characters; this one has 20001.",
        ),
        (
            {"about": code, "text": "x", "title": "t" * 201},
            "A title has at most 200 characters; this one has 201.",
        ),
        ({"about": code, "text": "x", "kind": "poem"}, "“poem” is no kind of memo."),
        (
            {"about": ref("code", foreign.intranet), "text": "x"},
            "What the memo is about (code) is not there, or you may not see it.",
        ),
        (
            {"about": ref("note", note), "text": "x"},
            "What the memo is about (memo) is not there, or you may not see it.",
        ),
        (
            {"about": code, "text": "x", "links": (ref("source", foreign.source),)},
            "What the memo points to (source) is not there, or you may not see it.",
        ),
        (
            {
                "about": code,
                "text": "x",
                "links": tuple(Ref("code", uuid.uuid4()) for _n in range(31)),
            },
            "A memo points to at most 30 things; this one to 31.",
        ),
    ]
    before = (Note.objects.count(), NoteLink.objects.count(), Event.objects.count())
    for arguments, sentence in cases:
        with pytest.raises(ValidationError) as refused:
            notes.create(access=cast.access("cora"), **arguments)
        assert refused.value.messages == [sentence]
    with pytest.raises(ValidationError, match="A memo cannot point to itself"):
        words = Words(links=(ref("note", note),))
        notes.change(access=cast.access("cora"), note=note, words=words)
    with pytest.raises(PermissionDenied):
        notes.create(access=cast.access("vera"), about=code, text="x")
    assert before == (Note.objects.count(), NoteLink.objects.count(), Event.objects.count())


def test_the_author_or_a_lead_changes_removes_and_brings_back(cast: Cast, world: World) -> None:
    note = write(cast, "cora", ref("case", world.case), "One")
    for call in (
        lambda: notes.change(access=cast.access("cody"), note=note, words=Words(text="No")),
        lambda: notes.remove(access=cast.access("cody"), note=note),
    ):
        with pytest.raises(PermissionDenied) as refused:
            call()
        assert str(refused.value) == (
            "This memo is by Cora; only Cora or a lead may change or remove it."
        )
    cora = cast.access("cora")
    assert notes.change(access=cora, note=note, words=Words(text="One")).message == (
        "Nothing has changed."
    )
    notes.change(access=cast.access("liam"), note=note, words=Words(title="By Liam"))
    note.refresh_from_db()
    assert (note.title, note.text, note.updated_at is None) == ("By Liam", "One", False)
    notes.remove(access=cora, note=note)
    assert seen(cast, "cora") == []
    with pytest.raises(StateConflict, match="This memo has already been removed"):
        notes.remove(access=cora, note=note)
    with pytest.raises(PermissionDenied):
        notes.restore(access=cast.access("cody"), note=note)
    notes.restore(access=cora, note=note)
    with pytest.raises(StateConflict, match="This memo is there already"):
        notes.restore(access=cora, note=note)
    assert seen(cast, "vera") == ["One"]


def test_events_name_the_memo_and_hold_no_words(cast: Cast, world: World) -> None:
    note = write(cast, "cora", ref("code", world.intranet), "A secret thought", title="Secret")
    cora = cast.access("cora")
    notes.change(access=cora, note=note, words=Words(text="Another secret", kind="method"))
    notes.remove(access=cora, note=note)
    notes.restore(access=cora, note=note)
    events = list(Event.objects.filter(object_guid=note.guid).order_by("id"))
    row = {
        "id": note.pk,
        "guid": str(note.guid),
        "about": f"code:{world.intranet.guid}",
        "author": cora.membership.pk,
    }
    assert [(e.verb, e.label, e.source_guid, e.before, e.after) for e in events] == [
        ("note.written", "Intranet", None, None, {"notes": [row]}),
        (
            "note.rewritten",
            "Intranet",
            None,
            {"notes": [row]},
            {"notes": [row | {"changed": ["text", "kind"]}]},
        ),
        ("note.discarded", "Intranet", None, {"notes": [row]}, None),
        ("note.recovered", "Intranet", None, None, {"notes": [row]}),
    ]


def test_the_same_key_twice_is_one_memo(cast: Cast, world: World, coding: Coding) -> None:
    for subject, row in (("code", world.intranet), ("coding", coding)):
        key = uuid.uuid4()
        made = [write(cast, "cora", ref(subject, row), "Once", batch=key) for _time in range(2)]
        assert made[0] == made[1]
    assert Note.objects.count() == 2


def test_whoever_is_late_writes_nothing_over(cast: Cast, world: World, coding: Coding) -> None:
    for subject, row in (("code", world.intranet), ("coding", coding)):
        note = write(cast, "cora", ref(subject, row), "First")
        digest = notes.digest(note)
        notes.change(access=cast.access("liam"), note=note, words=Words("Liam's"), seen=digest)
        with pytest.raises(StateConflict) as late:
            notes.change(access=cast.access("cora"), note=note, words=Words("Mine"), seen=digest)
        assert late.value.code == "changed"
        note.refresh_from_db()
        assert note.text == "Liam's"


def test_mentions_follow_the_text(cast: Cast, world: World) -> None:
    note = write(cast, "cora", ref("code", world.intranet), "@[Cody]")
    notes.change(access=cast.access("cora"), note=note, words=Words(text="@[Liam]"))
    assert [member.label for member in note.mentions.all()] == ["Liam"]


# --- passages and the reader's undo --------------------------------------------------------------


def test_undo_in_the_reader_brings_back_all_of_a_memo(
    cast: Cast, world: World, coding: Coding
) -> None:
    cora = cast.access("cora")
    code = ref("code", world.solving)
    note = write(cast, "cora", ref("coding", coding), "@[Cody]", title="T", links=(code,))
    words = Words(text="@[Liam]", title="U", kind="method", links=())
    notes.change(access=cora, note=note, words=words)

    def now() -> tuple[Any, ...]:
        note.refresh_from_db()
        links = [row.target for row in note.links.all()]
        return note.text, note.title, note.kind, links, [m.label for m in note.mentions.all()]

    assert now() == ("@[Liam]", "U", "method", [], ["Liam"])
    undo(access=cora, source=world.source)
    assert now() == ("@[Cody]", "T", "", ["code"], ["Cody"])
    redo(access=cora, source=world.source)
    assert now() == ("@[Liam]", "U", "method", [], ["Liam"])


def test_what_is_on_no_passage_is_not_undone_in_the_reader(
    cast: Cast, world: World, coding: Coding
) -> None:
    write(cast, "cora", ref("source", world.source))
    assert undo(access=cast.access("cora"), source=world.source).removed == [coding.pk]
    assert Note.objects.filter(removed_at=None).count() == 1


def test_a_passages_memo_brought_back_in_the_notebook_can_be_undone_in_the_reader(
    cast: Cast, world: World, coding: Coding
) -> None:
    cora = cast.access("cora")
    note = write(cast, "cora", ref("coding", coding), "One")
    notes.remove(access=cora, note=note)
    assert notes.restore(access=cora, note=note).noted == [coding.pk]
    assert last_event().verb == "note.restored"
    assert undo(access=cora, source=world.source).message == "Undone: memo on Intranet."
    assert seen(cast, "cora") == []
    redo(access=cora, source=world.source)
    assert seen(cast, "cora") == ["One"]


# --- who sees what -------------------------------------------------------------------------------


def test_a_memo_is_seen_where_its_thing_is(cast: Cast, world: World, coding: Coding) -> None:
    for subject, row in (
        ("coding", coding),
        ("source", world.source),
        ("code", world.intranet),
        ("case", world.case),
    ):
        write(cast, "cora", ref(subject, row), subject)
    pointing = write(
        cast, "cora", ref("project", world.project), "pointing", links=(ref("coding", coding),)
    )
    assert seen(cast, "vera") == ["pointing", "case", "code", "source", "coding"]
    world.participant.consent_use = False
    world.participant.save()
    assert seen(cast, "vera") == ["pointing", "case", "code"]
    (shown,) = memos(cast.access("vera"), [pointing])
    assert [(link.place, link.name) for link in shown.links] == [
        (None, "a coded passage that you may not see, or that is gone")
    ]
    world.participant.consent_use = True
    world.participant.save()
    remove_coding(access=cast.access("cora"), coding=coding)
    world.intranet.removed_at = world.case.removed_at = timezone.now()
    world.intranet.save()
    world.case.save()
    assert seen(cast, "vera") == ["pointing", "source"]


def test_a_link_that_the_writer_may_not_see_any_more_may_stay(
    cast: Cast, world: World, coding: Coding
) -> None:
    link = ref("coding", coding)
    note = write(cast, "cora", ref("code", world.solving), "One", links=(link,))
    remove_coding(access=cast.access("cora"), coding=coding)
    words = Words(text="Two", links=(link,))
    assert notes.change(access=cast.access("cora"), note=note, words=words).message == (
        "The memo is saved."
    )
    assert note.links.count() == 1


def test_whoever_codes_blind_sees_their_own_memos_about_the_source_alone(
    cast: Cast, world: World
) -> None:
    for who in ("cora", "cody"):
        write(cast, who, ref("source", world.source), who)
    made_by = cast.access("liam").membership
    held = Round.objects.create(project=cast.alder, number=1, state="running", made_by=made_by)
    cora = cast.access("cora").membership
    Assignment.objects.create(round=held, source=world.source, coder=cora)
    assert seen(cast, "cora") == ["cora"]
    assert seen(cast, "cody") == ["cody", "cora"]
    held.state = "opened"
    held.save()
    assert seen(cast, "cora") == ["cody", "cora"]


def test_memos_of_a_merged_code_are_shown_with_the_other(cast: Cast, world: World) -> None:
    write(cast, "cora", ref("code", world.intranet), "on the merged one")
    world.intranet.merged_into = world.solving
    world.intranet.save()
    shown, total = memos_with(cast.access("vera"), ref("code", world.solving), 10)
    assert [(m.note.text, m.about.name, m.elsewhere) for m in shown] == [
        ("on the merged one", "Intranet", True)
    ]
    assert total == 1
    shown, total = memos_with(cast.access("vera"), ref("code", world.intranet), 10)
    assert [m.elsewhere for m in shown] == [False]


def test_what_points_to_a_thing_is_shown_with_it_once(cast: Cast, world: World) -> None:
    code, other = ref("code", world.intranet), ref("code", world.solving)
    write(cast, "cora", code, "about and pointing", links=(code, other))
    write(cast, "cora", other, "pointing", links=(code,))
    shown, total = memos_with(cast.access("vera"), code, 1)
    assert [(m.note.text, m.points_here) for m in shown] == [("pointing", True)]
    assert total == 2


def test_names_of_things() -> None:
    guid = uuid.uuid4()
    assert subjects.parse(f"code:{guid}") == Ref("code", guid)
    for text in ("", "code", f"code:{guid}x", f"poem:{guid}", f"comparison:{guid}:", "code:1"):
        assert subjects.parse(text) is None


# --- API -----------------------------------------------------------------------------------------


@pytest.fixture
def call(cast: Cast, client: Client) -> Callable[..., Any]:
    def run(who: str, method: str, path: str, body: Any = None) -> Any:
        client.force_login(
            getattr(cast, who), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        address = f"/api/v1/projects/{cast.alder.pk}/notes/{path}"
        if method == "get":
            return client.get(address)
        return getattr(client, method)(address, body or {}, content_type="application/json")

    return run


def test_over_http(cast: Cast, world: World, coding: Coding, call: Callable[..., Any]) -> None:
    code, case = f"code:{world.intranet.guid}", f"case:{world.case.guid}"
    body = {"about": code, "text": "See @[Cody]", "kind": "method", "links": [case]}
    made = call("cora", "post", "", body)
    assert made.status_code == 201
    note = made.json()["note"]
    assert {name: note[name] for name in ("about", "name", "kind", "title", "text")} == {
        "about": code,
        "name": "Intranet",
        "kind": "method",
        "title": "",
        "text": "See @[Cody]",
    }
    assert note["links"] == [{"to": case, "name": "North"}]
    assert (note["mentions"], note["author"], note["may_change"]) == (["Cody"], "Cora", True)
    changed = call("cora", "patch", f"{note['id']}/", {"title": "New"})
    assert (changed.status_code, changed.json()["note"]["title"]) == (200, "New")
    assert changed.json()["note"]["text"] == "See @[Cody]"
    assert changed.json()["note"]["links"] == [{"to": case, "name": "North"}]
    on_passage = call("cody", "post", "", {"about": f"coding:{coding.guid}", "text": "Here"})
    assert (on_passage.status_code, on_passage.json()["notes"]) == (201, [[coding.pk, 1]])
    listed = call("vera", "get", "").json()
    assert ([n["text"] for n in listed["notes"]], listed["count"], listed["pages"]) == (
        ["Here", "See @[Cody]"],
        2,
        1,
    )
    assert [n["title"] for n in call("vera", "get", f"?about={case}").json()["notes"]] == ["New"]
    assert call("vera", "post", "", body).status_code == 403
    assert call("cody", "patch", f"{note['id']}/", {"text": "No"}).status_code == 403
    gone = call("liam", "delete", f"{note['id']}/")
    assert (gone.status_code, gone.json()["note"]) == (200, None)
    again = call("liam", "delete", f"{note['id']}/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_removed")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"about": "code:1", "text": "x"}, 400, "about"),
        ({"about": f"code:{uuid.uuid4()}", "text": "x"}, 404, ""),
        ({"text": "x"}, 400, "about"),
        ({"about": "here", "text": None}, 400, "text"),
        ({"about": "here", "text": "x", "links": ["x"]}, 400, "links"),
        ({"about": "here", "text": "x", "kind": "poem"}, 400, ""),
    ],
)
def test_bad_bodies(
    body: dict[str, Any],
    status: int,
    field: str,
    cast: Cast,
    world: World,
    call: Callable[..., Any],
) -> None:
    if body.get("about") == "here":
        body = body | {"about": f"code:{world.intranet.guid}"}
    answer = call("cora", "post", "", body)
    assert answer.status_code == status
    assert field in str(answer.json())
    assert Note.objects.count() == 0
