"""Memos on coded passages: services, API, undo, and what pages know of them."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from coding import queries
from coding.models import Coding, Note
from coding.services.codings import Outcome, StateConflict, redo, remove_coding, undo
from coding.services.notes import add_note, change_note, remove_note
from projects.models import Event
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def coding(cast: Cast, add: Callable[..., Outcome]) -> Coding:
    return add(cast.access("cora"), "together").added[0]


def there() -> list[str]:
    return list(Note.objects.filter(removed_at=None).order_by("id").values_list("text", flat=True))


def note_events() -> list[tuple[str, str]]:
    rows = Event.objects.filter(verb__startswith="note.").order_by("id")
    return [(event.verb, event.mode) for event in rows]


def test_line_breaks_are_kept_and_white_space_around_is_not(cast: Cast, coding: Coding) -> None:
    outcome = add_note(access=cast.access("cody"), coding=coding, text="\n One\r\n\r\n two 🙂 \n")
    assert there() == ["One\n\n two 🙂"]
    assert (outcome.noted, outcome.message) == ([coding.pk], "The memo is saved.")
    note = Note.objects.get()
    assert (note.author.label, note.project, note.updated_at) == ("Cody", cast.alder, None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (" \n\t", "A memo needs some text."),
        ("x" * 20_001, "A memo has at most 20000 characters; this one has 20001."),
    ],
)
def test_no_text_and_too_much(cast: Cast, coding: Coding, words: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        add_note(access=cast.access("cora"), coding=coding, text=words)
    assert refused.value.messages == [sentence]
    assert there() == []


def test_the_author_or_a_lead_changes_and_removes(cast: Cast, coding: Coding) -> None:
    add_note(access=cast.access("cora"), coding=coding, text="Why?")
    note = Note.objects.get()
    for call in (
        lambda: change_note(access=cast.access("cody"), note=note, text="No"),
        lambda: remove_note(access=cast.access("cody"), note=note),
    ):
        with pytest.raises(PermissionDenied) as refused:
            call()
        assert str(refused.value) == (
            "This memo is by Cora; only Cora or a lead may change or remove it."
        )
    vera = cast.access("vera")
    for call in (
        lambda: add_note(access=vera, coding=coding, text="No"),
        lambda: change_note(access=vera, note=note, text="No"),
        lambda: remove_note(access=vera, note=note),
    ):
        with pytest.raises(PermissionDenied):
            call()
    change_note(access=cast.access("cora"), note=note, text="Because.")
    change_note(access=cast.access("liam"), note=note, text="Really because.")
    assert there() == ["Really because."]
    note.refresh_from_db()
    assert note.author.label == "Cora"
    assert note.updated_at is not None
    remove_note(access=cast.access("olive"), note=note)
    assert there() == []
    with pytest.raises(StateConflict) as gone:
        change_note(access=cast.access("cora"), note=note, text="Again")
    assert (gone.value.code, gone.value.messages) == (
        "already_removed",
        ["This memo has already been removed."],
    )


def test_undo_and_redo_reach_memos_in_their_turn(cast: Cast, world: World, coding: Coding) -> None:
    cora = cast.access("cora")
    add_note(access=cora, coding=coding, text="First")
    change_note(access=cora, note=Note.objects.get(), text="Second")
    remove_note(access=cora, note=Note.objects.get())
    for state in (["Second"], ["First"], []):
        outcome = undo(access=cora, source=world.source)
        assert outcome.message == "Undone: memo on Intranet."
        assert outcome.noted == [coding.pk]
        assert there() == state
    assert undo(access=cora, source=world.source).removed == [coding.pk]
    assert redo(access=cora, source=world.source).added == [coding]
    for state in (["First"], ["Second"], []):
        redo(access=cora, source=world.source)
        assert there() == state
    assert Note.objects.count() == 1
    assert note_events() == [
        ("note.created", "do"),
        ("note.changed", "do"),
        ("note.removed", "do"),
        ("note.created", "undo"),
        ("note.changed", "undo"),
        ("note.removed", "undo"),
        ("note.created", "redo"),
        ("note.changed", "redo"),
        ("note.removed", "redo"),
    ]


def test_undo_leaves_alone_what_a_lead_has_written_since(
    cast: Cast, world: World, coding: Coding
) -> None:
    add_note(access=cast.access("cora"), coding=coding, text="First")
    change_note(access=cast.access("liam"), note=Note.objects.get(), text="Liam's")
    assert undo(access=cast.access("cora"), source=world.source).message == (
        "Undone: memo on Intranet. The memo was left as it is, because it has changed since."
    )
    assert there() == ["Liam's"]


def test_a_memo_comes_back_with_its_coding(cast: Cast, world: World, coding: Coding) -> None:
    cora = cast.access("cora")
    add_note(access=cora, coding=coding, text="Why?")
    remove_coding(access=cora, coding=coding)
    assert queries.note_counts(cora, world.source) == []
    with pytest.raises(StateConflict, match="Cora has already removed this coding"):
        add_note(access=cora, coding=coding, text="More")
    undo(access=cora, source=world.source)
    assert queries.note_counts(cora, world.source) == [[coding.pk, 1]]


def test_the_same_key_twice_is_one_memo(cast: Cast, coding: Coding) -> None:
    key = uuid.uuid4()
    for _time in range(2):
        outcome = add_note(access=cast.access("cora"), coding=coding, text="Once", batch=key)
        assert outcome.noted == [coding.pk]
    assert there() == ["Once"]


# --- API -----------------------------------------------------------------------------------------


@pytest.fixture
def call(cast: Cast, client: Client) -> Callable[..., Any]:
    def run(who: str, method: str, path: str, body: Any = None) -> Any:
        client.force_login(
            getattr(cast, who), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        address = f"/api/v1/projects/{cast.alder.pk}/{path}"
        if method == "get":
            return client.get(address)
        return getattr(client, method)(address, body or {}, content_type="application/json")

    return run


def test_over_http(cast: Cast, world: World, coding: Coding, call: Callable[..., Any]) -> None:
    path = f"codings/{coding.pk}/notes/"
    made = call("cora", "post", path, {"text": "One\ntwo"})
    assert made.status_code == 201
    assert made.json()["notes"] == [[coding.pk, 1]]
    assert (made.json()["can_undo"], made.json()["codings"]) == (True, [])
    (shown,) = call("cody", "get", path).json()["notes"]
    assert (shown["text"], shown["author"], shown["may_change"]) == ("One\ntwo", "Cora", False)
    assert (shown["changed"], bool(shown["at"])) == (None, True)
    assert call("vera", "get", path).json()["notes"][0]["may_change"] is False
    assert call("liam", "get", path).json()["notes"][0]["may_change"] is True
    note = f"notes/{shown['id']}/"
    assert call("cody", "patch", note, {"text": "No"}).status_code == 403
    assert call("cora", "patch", note, {"text": "Other"}).status_code == 200
    assert call("cora", "get", path).json()["notes"][0]["text"] == "Other"
    page = call("cora", "get", f"sources/{world.source.pk}/codings/")
    assert page.status_code == 200
    gone = call("cora", "delete", f"{note}?key={uuid.uuid4()}")
    assert (gone.status_code, gone.json()["notes"]) == (200, [[coding.pk, 0]])
    answer = call("cora", "delete", note)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_removed")
    undone = call("cora", "post", f"sources/{world.source.pk}/undo/")
    assert undone.json()["notes"] == [[coding.pk, 1]]
    empty = call("cora", "post", path, {"text": "  "})
    assert (empty.status_code, empty.json()["error"]["message"]) == (400, "A memo needs some text.")


def test_the_reader_knows_which_passages_have_memos(
    cast: Cast, world: World, coding: Coding, client: Client
) -> None:
    add_note(access=cast.access("cora"), coding=coding, text="Not in the page itself")
    client.force_login(cast.vera, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/projects/{cast.alder.pk}/sources/{world.source.pk}/")
    assert page.context["data"]["notes"] == [[coding.pk, 1]]
    assert "Not in the page itself" not in page.content.decode()
