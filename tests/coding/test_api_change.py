"""PATCH of a coding over HTTP: shapes, refusals, another project's ids."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coding.models import Coding
from coding.services.codings import Outcome
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def coding(cast: Cast, add: Callable[..., Outcome]) -> Coding:
    return add(cast.access("cora"), "together").added[0]


@pytest.fixture
def patch(cast: Cast, client: Client, coding: Coding) -> Callable[..., Any]:
    def run(body: dict[str, Any], who: str = "cora") -> Any:
        client.force_login(
            getattr(cast, who), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client.patch(
            f"/api/v1/projects/{cast.alder.pk}/codings/{coding.pk}/",
            body,
            content_type="application/json",
        )

    return run


def test_the_answer_has_the_coding_under_its_id(
    world: World, coding: Coding, patch: Callable[..., Any], client: Client
) -> None:
    start, end = coding.start - 3, coding.end
    answer = patch({"start": start, "end": end, "quote": "it together", "key": str(uuid.uuid4())})
    row = [coding.pk, start, end, world.intranet.pk, coding.coder_id]
    assert answer.status_code == 200
    assert answer.json() == {
        "added": [row],
        "codings": [row],
        "removed": [],
        "notes": [],
        "message": "Changed the passage of Intranet.",
        "can_undo": True,
        "can_redo": False,
    }
    both = {"start": coding.start, "end": end, "quote": "together", "code": world.solving.pk}
    row = [coding.pk, coding.start, end, world.solving.pk, coding.coder_id]
    assert patch(both).json()["codings"] == [row]
    assert patch({"code": world.gains.pk}).json()["codings"][0][3] == world.gains.pk
    base = f"/api/v1/projects/{world.project.pk}/sources/{world.source.pk}/"
    for step, code in (("undo", world.solving), ("undo", world.intranet), ("redo", world.solving)):
        answer = client.post(f"{base}{step}/", {}, content_type="application/json")
        assert [r[3] for r in answer.json()["added"]] == [code.pk]
        assert answer.json()["added"] == answer.json()["codings"]


@pytest.mark.parametrize(
    ("body", "status", "code", "fields"),
    [
        ({}, 400, "invalid", {"code"}),
        ({"start": 1}, 400, "invalid", {"end", "quote"}),
        ({"start": 1, "end": 2}, 400, "invalid", {"quote"}),
        ({"start": "x", "end": 2, "quote": "N"}, 400, "invalid", {"start"}),
        ({"start": 0, "end": 3, "quote": "XYZ"}, 409, "quote_mismatch", set()),
        ({"code": 999_999}, 404, "not_found", set()),
        ({"code": 1, "key": "no"}, 400, "invalid", {"key"}),
    ],
)
def test_refusals(
    body: dict[str, Any], status: int, code: str, fields: set[str], patch: Callable[..., Any]
) -> None:
    answer = patch(body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], set(error["fields"])) == (status, code, fields)
    assert error["message"]


def test_whose_it_is_and_where_the_code_is(
    cast: Cast, world: World, coding: Coding, patch: Callable[..., Any]
) -> None:
    assert patch({"code": world.solving.pk}, "cody").status_code == 403
    assert patch({"code": world.solving.pk}, "vera").status_code == 403
    assert patch({"code": world.solving.pk}, "otto").status_code == 404
    foreign = factories.code(cast.brook, "Foreign")
    assert patch({"code": foreign.pk}).status_code == 404
    assert patch({"code": world.solving.pk}, "liam").status_code == 200
