"""Choosing examples from the reader: the API, the page's data, and what others are told."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from coding import queries
from coding.models import CodeExample, Coding
from coding.services.codings import recode, remove_coding
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def coding(cast: Cast, world: World, text: str) -> Coding:
    start = text.index("We put")
    return factories.coding(
        world.source, world.intranet, cast.access("cora").membership, start, start + 24
    )


def ask(user: Any, method: str, coding: Coding) -> tuple[int, dict[str, Any]]:
    client = Client()
    client.force_login(user)
    address = f"/api/v1/projects/{coding.source.project_id}/codings/{coding.pk}/example/"
    answer = getattr(client, method)(address, {}, content_type="application/json")
    return answer.status_code, json.loads(answer.content)


def test_an_example_is_made_and_taken_away_once_each(
    cast: Cast, world: World, coding: Coding
) -> None:
    there = {
        "examples": [[coding.pk, world.intranet.pk]],
        "message": "An example of “Intranet” now.",
    }
    for _twice in range(2):
        assert ask(cast.liam, "put", coding) == (200, there)
    assert [e.verb for e in Event.objects.all()] == ["example.added"]
    gone = {"examples": [], "message": "No longer an example of “Intranet”."}
    for _twice in range(2):
        assert ask(cast.olive, "delete", coding) == (200, gone)
    assert [e.verb for e in Event.objects.order_by("id")] == ["example.added", "example.removed"]


def test_who_may_not_is_told(cast: Cast, world: World, coding: Coding) -> None:
    for user in (cast.cora, cast.vera):
        for method in ("put", "delete"):
            assert ask(user, method, coding)[0] == 403
    assert ask(cast.otto, "put", coding)[0] == 404
    assert not CodeExample.objects.exists()


def test_what_cannot_be_an_example_is_refused(cast: Cast, world: World, coding: Coding) -> None:
    world.participant.consent_quote = False
    world.participant.save()
    status, body = ask(cast.liam, "put", coding)
    assert (status, body["error"]["message"]) == (
        400,
        "Whoever speaks here has refused to be quoted: this cannot be an example.",
    )
    remove_coding(access=cast.access("cora"), coding=coding)
    status, body = ask(cast.liam, "put", coding)
    assert (status, body["error"]["code"]) == (409, "not_there")


def test_the_reader_and_other_readers_know(cast: Cast, world: World, coding: Coding) -> None:
    cache.clear()
    cody = Client()
    cody.force_login(cast.cody)
    base = f"/api/v1/projects/{cast.alder.pk}/sources/{world.source.pk}/changes/"
    quiet = cody.get(base, {"since": 0})
    assert "examples" not in quiet.json()
    assert cody.get(base, {"since": 0}, headers={"If-None-Match": quiet["ETag"]}).status_code == 304
    ask(cast.liam, "put", coding)
    news = cody.get(base, {"since": 0}, headers={"If-None-Match": quiet["ETag"]})
    assert news.json()["examples"] == [[coding.pk, world.intranet.pk]]
    assert cody.get(base, {"all": 1}).json()["examples"] == [[coding.pk, world.intranet.pk]]
    page = cody.get(f"/projects/{cast.alder.pk}/sources/{world.source.pk}/")
    assert page.context["data"]["examples"] == [[coding.pk, world.intranet.pk]]
    assert page.context["data"]["me"]["can_choose_examples"] is False
    # It stays an example of the code that it had: the page compares.
    recode(access=cast.access("cora"), coding=coding, code=world.gains)
    assert queries.example_rows(cast.access("cody"), world.source) == [
        [coding.pk, world.intranet.pk]
    ]
    world.participant.consent_use = False
    world.participant.save()
    assert queries.example_rows(cast.access("liam"), world.source) == []
