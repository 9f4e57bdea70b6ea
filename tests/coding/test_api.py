"""The JSON of the coding page: its answers, its one shape of error, its number of queries."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coding.models import Code, Coding, Reading
from coding.services.trash import remove_source
from projects.models import Event
from tests import factories
from tests.factories import PASSWORD, Cast, World

pytestmark = pytest.mark.django_db


class Api:
    """Somebody at the API of one project."""

    def __init__(self, world: World, client: Client) -> None:
        self.client = client
        self.base = f"/api/v1/projects/{world.project.pk}/"
        self.source = f"{self.base}sources/{world.source.pk}/"

    def __call__(self, method: str, address: str, data: Any = None) -> HttpResponse:
        send = getattr(self.client, method)
        response: HttpResponse = send(address, data, content_type="application/json")
        return response

    def code(self, words: str, text: str, *codes: Code, **more: Any) -> HttpResponse:
        start = text.index(words)
        data = {"start": start, "end": start + len(words), "quote": words}
        return self(
            "post", f"{self.source}codings/", data | {"codes": [c.pk for c in codes]} | more
        )


@pytest.fixture
def api(cast: Cast, world: World) -> Callable[[str], Api]:
    def of(who: str) -> Api:
        client = Client()
        client.force_login(getattr(cast, who))
        return Api(world, client)

    return of


def error_of(response: HttpResponse, status: int, code: str) -> str:
    """The sentence of an error, which has one shape whatever went wrong."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = json.loads(response.content)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "fields"}
    assert body["error"]["code"] == code
    for texts in body["error"]["fields"].values():
        assert texts
        assert all(isinstance(text, str) for text in texts)
    message = body["error"]["message"]
    assert isinstance(message, str)
    assert message
    assert "ErrorDetail" not in message
    return message


Of = Callable[[str], Api]


# --- codings -------------------------------------------------------------------------------------


def test_code_list_remove_undo_redo(api: Of, cast: Cast, world: World, text: str) -> None:
    cora = api("cora")
    me = cast.access("cora").membership.pk
    words = "🙂 naïve"
    start = text.index(words)
    key = str(uuid.uuid4())
    response = cora.code(words, text, world.intranet, world.solving, key=key)
    assert response.status_code == 201
    body = response.json()
    rows = body["codings"]
    end = start + len(words)
    assert [row[1:] for row in rows] == [
        [start, end, world.intranet.pk, me],
        [start, end, world.solving.pk, me],
    ]
    assert (body["can_undo"], body["can_redo"]) == (True, False)
    assert body["message"] == "Coded with Intranet, Solving."
    # The same request again, as after a lost answer: the same answer, nothing new.
    again = cora.code(words, text, world.intranet, world.solving, key=key)
    assert again.status_code == 201
    assert sorted(again.json()["codings"]) == sorted(rows)
    assert Coding.objects.count() == 2

    listed = api("vera")("get", f"{cora.source}codings/").json()
    assert sorted(listed["codings"]) == sorted(rows)
    assert (listed["can_undo"], listed["can_redo"]) == (False, False)

    response = cora("delete", f"{cora.base}codings/{rows[0][0]}/")
    assert response.status_code == 200
    assert response.json()["removed"] == [rows[0][0]]
    assert cora("get", f"{cora.source}codings/").json()["codings"] == [rows[1]]

    undone = cora("post", f"{cora.source}undo/", {}).json()
    assert (undone["added"], undone["removed"]) == ([rows[0]], [])
    assert (undone["can_undo"], undone["can_redo"]) == (True, True)
    redone = cora("post", f"{cora.source}redo/", {"key": str(uuid.uuid4())}).json()
    assert (redone["added"], redone["removed"]) == ([], [rows[0][0]])
    assert cora("get", f"{cora.source}codings/").json()["codings"] == [rows[1]]


def test_undo_survives_a_reload_and_a_new_session(
    api: Of, cast: Cast, world: World, text: str
) -> None:
    assert api("cora").code("together", text, world.intranet).status_code == 201
    later = Client()
    assert later.login(email=cast.cora.email, password=PASSWORD)
    page = later.get(f"/projects/{cast.alder.pk}/sources/{world.source.pk}/")
    assert '"can_undo":true' in page.content.decode()
    cora = Api(world, later)
    assert cora("post", f"{cora.source}undo/", {}).status_code == 200
    assert not Coding.objects.present().exists()


@pytest.mark.parametrize(
    ("start", "end", "quote", "code"),
    [
        (0, 3, "XYZ", "quote_mismatch"),
        (0, 10**6, "INT", "past_end"),
        (0, 10**30, "INT", "past_end"),
        (-1, 3, "INT", "negative"),
        (3, 0, "INT", "empty"),
    ],
)
def test_a_passage_that_does_not_fit_is_a_conflict(
    api: Of, world: World, start: int, end: int, quote: str, code: str
) -> None:
    cora = api("cora")
    data = {"start": start, "end": end, "quote": quote, "codes": [world.intranet.pk]}
    sentence = error_of(cora("post", f"{cora.source}codings/", data), 409, code)
    assert str(end) in sentence or str(start) in sentence
    assert not Coding.objects.exists()


GOOD: dict[str, Any] = {"start": 0, "end": 3, "quote": "INT"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": "x"}, "start"),
        ({"start": None}, "start"),
        ({"end": 1.5}, "end"),
        ({"quote": None}, "quote"),
        ({"quote": ""}, "quote"),
        ({"quote": "a\u0000b"}, "quote"),
        ({"quote": ["INT"]}, "quote"),
        ({"codes": []}, "codes"),
        ({"codes": "all"}, "codes"),
        ({"codes": ["x", "y"]}, "codes"),
        ({"codes": [{}]}, "codes"),
        ({"codes": [1] * 51}, "codes"),
        ({"key": "no uuid"}, "key"),
        ({"key": 7.5}, "key"),
    ],
)
def test_what_has_the_wrong_shape_is_said_by_field(
    api: Of, world: World, change: dict[str, Any], field: str
) -> None:
    cora = api("cora")
    data = GOOD | {"codes": [world.intranet.pk]} | change
    response = cora("post", f"{cora.source}codings/", data)
    message = error_of(response, 400, "invalid")
    assert set(response.json()["error"]["fields"]) == {field}
    assert message.startswith(f"{field}: ")
    assert not Coding.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"text"', "3", "null"])
def test_a_body_that_is_no_object(api: Of, body: str) -> None:
    cora = api("cora")
    response = cora.client.post(f"{cora.source}codings/", body, content_type="application/json")
    error_of(response, 400, "invalid")


def test_a_body_that_is_no_json_or_of_another_type(api: Of) -> None:
    cora = api("cora")
    address = f"{cora.source}codings/"
    response = cora.client.post(address, "{", content_type="application/json")
    error_of(response, 400, "parse_error")
    response = cora.client.post(address, {"start": "0"})
    error_of(response, 415, "unsupported_media_type")


def test_codes_that_are_not_of_this_project(api: Of, cast: Cast, world: World, text: str) -> None:
    foreign = factories.code(cast.brook, "Foreign")
    cora = api("cora")
    error_of(cora.code("INT", text, world.intranet, foreign), 404, "not_found")
    for number in (0, -1, 10**30):
        data = GOOD | {"codes": [number]}
        error_of(cora("post", f"{cora.source}codings/", data), 404, "not_found")
    assert not Coding.objects.exists()


def test_a_heading_is_refused(api: Of, cast: Cast, text: str) -> None:
    heading = factories.code(cast.alder, "Heading", heading_only=True)
    sentence = error_of(api("cora").code("INT", text, heading), 400, "heading_only")
    assert sentence == "“Heading” is a heading; choose one of the codes below it."


def test_removing_what_is_gone_or_not_ones_own(
    api: Of, cast: Cast, world: World, text: str
) -> None:
    row = api("cora").code("together", text, world.intranet).json()["codings"][0]
    cora, cody, liam = api("cora"), api("cody"), api("liam")
    address = f"{cora.base}codings/{row[0]}/"
    sentence = error_of(cody("delete", address), 403, "forbidden")
    assert sentence == "This passage was coded by Cora; only Cora or a lead may remove it."
    assert liam("delete", address).status_code == 200
    sentence = error_of(cora("delete", address), 409, "already_removed")
    assert sentence.startswith("Liam has already removed this coding (")
    for number in (row[0] + 1, 0, 10**30):
        error_of(cora("delete", f"{cora.base}codings/{number}/"), 404, "not_found")


def test_the_key_of_a_removal(api: Of, world: World, text: str) -> None:
    cora = api("cora")
    row = cora.code("together", text, world.intranet).json()["codings"][0]
    address = f"{cora.base}codings/{row[0]}/"
    error_of(cora("delete", f"{address}?key=nonsense"), 400, "invalid")
    key = uuid.uuid4()
    for _time in range(2):
        response = cora("delete", f"{address}?key={key}")
        assert (response.status_code, response.json()["removed"]) == (200, [row[0]])
    assert Event.objects.filter(verb="coding.removed").count() == 1


def test_nothing_to_undo_or_redo(api: Of) -> None:
    cora = api("cora")
    error_of(cora("post", f"{cora.source}undo/", {}), 409, "nothing_to_undo")
    error_of(cora("post", f"{cora.source}redo/", {}), 409, "nothing_to_redo")
    error_of(cora("post", f"{cora.source}undo/", {"key": "x"}), 400, "invalid")


# --- who -----------------------------------------------------------------------------------------


def addresses(api: Api, world: World, coding: int) -> list[tuple[str, str, Any]]:
    return [
        ("get", f"{api.source}codings/", None),
        ("post", f"{api.source}codings/", GOOD | {"codes": [world.intranet.pk]}),
        ("delete", f"{api.base}codings/{coding}/", None),
        ("post", f"{api.source}undo/", {}),
        ("post", f"{api.source}redo/", {}),
        ("post", f"{api.source}finished/", {"finished": True}),
        ("post", f"{api.base}codes/", {"name": "New"}),
    ]


def test_a_viewer_reads_and_changes_nothing(api: Of, world: World, text: str) -> None:
    row = api("cora").code("together", text, world.intranet).json()["codings"][0]
    vera = api("vera")
    before = Event.objects.count()
    for method, address, data in addresses(vera, world, row[0])[1:]:
        error_of(vera(method, address, data), 403, "forbidden")
    assert vera(*addresses(vera, world, row[0])[0]).status_code == 200
    assert Event.objects.count() == before


def test_strangers_and_outsiders_learn_nothing(
    api: Of, cast: Cast, world: World, text: str
) -> None:
    row = api("cora").code("together", text, world.intranet).json()["codings"][0]
    nobody = Api(world, Client())
    for who, status, code in (
        (nobody, 401, "not_authenticated"),
        (api("nora"), 404, "not_found"),
        (api("otto"), 404, "not_found"),
    ):
        for method, address, data in addresses(who, world, row[0]):
            error_of(who(method, address, data), status, code)
    # A project that does not exist answers in the same way.
    here, there = f"projects/{cast.alder.pk}/", "projects/987654/"
    otto = api("otto")
    known = otto("get", f"{otto.source}codings/")
    unknown = otto("get", f"{otto.source}codings/".replace(here, there))
    assert known.content == unknown.content


def test_a_change_needs_the_token_of_the_page(cast: Cast, world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.cora)
    cora = Api(world, client)
    for method, address, data in addresses(cora, world, 1)[1:]:
        error_of(cora(method, address, data), 403, "permission_denied")
    assert cora("get", f"{cora.source}codings/").status_code == 200


def test_a_reader_is_told_that_the_source_is_in_the_trash(
    api: Of, cast: Cast, world: World
) -> None:
    remove_source(access=cast.access("liam"), source=world.source)
    cora, otto = api("cora"), api("otto")
    answer = cora("get", f"{cora.source}changes/?since=0")
    error_of(answer, 404, "in_trash")
    assert answer.json()["error"]["message"] == "This source has been put into the trash."
    error_of(otto("get", f"{cora.source}changes/?since=0"), 404, "not_found")
    error_of(cora("get", f"{cora.base}sources/999999/changes/?since=0"), 404, "not_found")


def test_a_method_that_is_not_there(api: Of) -> None:
    cora = api("cora")
    error_of(cora("put", f"{cora.source}codings/", {}), 405, "method_not_allowed")
    error_of(cora("get", f"{cora.base}codes/"), 405, "method_not_allowed")


# --- codes and readings --------------------------------------------------------------------------


def test_a_new_code(api: Of, world: World) -> None:
    liam = api("liam")
    data = {"name": "Shared time", "parent": world.gains.pk, "definition": "All have it."}
    response = liam("post", f"{liam.base}codes/", data)
    assert response.status_code == 201
    code = Code.objects.get(name="Shared time")
    assert response.json() == {
        "code": {
            "id": code.pk,
            "name": "Shared time",
            "key": "shared_time",
            "parent": world.gains.pk,
            "colour": 3,
            "definition": "All have it.",
            "heading_only": False,
        }
    }
    response = liam("post", f"{liam.base}codes/", data)
    sentence = error_of(response, 400, "invalid")
    assert sentence == "There is already a code “Shared time” here."
    assert response.json()["error"]["fields"] == {"name": [sentence]}
    assert liam("post", f"{liam.base}codes/", {"name": "Shared time"}).status_code == 201


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\u0000"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": "x", "parent": "y"}, "parent"),
        ({"name": "x", "definition": "d" * 10_001}, "definition"),
    ],
)
def test_a_code_of_the_wrong_shape(api: Of, data: dict[str, Any], field: str) -> None:
    liam = api("liam")
    response = liam("post", f"{liam.base}codes/", data)
    error_of(response, 400, "invalid")
    assert set(response.json()["error"]["fields"]) == {field}


def test_a_parent_that_is_not_there(api: Of, cast: Cast) -> None:
    liam = api("liam")
    foreign = factories.code(cast.brook, "Foreign")
    for parent in (foreign.pk, 0, -1, 10**30):
        data = {"name": "New", "parent": parent}
        error_of(liam("post", f"{liam.base}codes/", data), 404, "not_found")
    assert not Code.objects.filter(name="New").exists()


def test_finished(api: Of, world: World) -> None:
    cora = api("cora")
    address = f"{cora.source}finished/"
    response = cora("post", address, {"finished": True})
    assert response.json() == {
        "finished": True,
        "message": "You have finished coding this source.",
    }
    assert Reading.objects.filter(source=world.source).count() == 1
    assert cora("post", address, {"finished": False}).json()["finished"] is False
    assert not Reading.objects.exists()
    error_of(cora("post", address, {}), 400, "invalid")
    error_of(cora("post", address, {"finished": "perhaps"}), 400, "invalid")


# --- how much the database is asked --------------------------------------------------------------


@pytest.mark.parametrize("items", [1, 3])
def test_a_constant_number_of_queries(
    api: Of, cast: Cast, world: World, text: str, items: int
) -> None:
    codes = [factories.code(cast.alder, f"Code {n}") for n in range(items)]
    for n, code in enumerate(codes):
        factories.coding(world.source, code, cast.access("cody").membership, n, n + 5)
    cora = api("cora")

    def count(response: Callable[[], HttpResponse]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert response().status_code in (200, 201)
        return len(seen)

    found = {
        "list": count(lambda: cora("get", f"{cora.source}codings/")),
        "add": count(lambda: cora.code("together", text, *codes, key=str(uuid.uuid4()))),
        "undo": count(lambda: cora("post", f"{cora.source}undo/", {})),
        "redo": count(lambda: cora("post", f"{cora.source}redo/", {})),
    }
    liam = api("liam")
    row = Coding.objects.present().filter(coder__user=cast.cora)[0]
    found["remove"] = count(lambda: cora("delete", f"{cora.base}codings/{row.pk}/"))
    found["code"] = count(lambda: liam("post", f"{cora.base}codes/", {"name": "New"}))
    assert found == {"list": 5, "add": 14, "undo": 12, "redo": 17, "remove": 11, "code": 17}
