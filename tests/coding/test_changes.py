"""Live updates and presence: what a reader is told, what not, and that nothing is missed."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coding import queries
from coding.models import Coding
from coding.services import changes, presence
from coding.services.codebook import change_code
from coding.services.codings import Outcome, remove_coding, undo
from projects.access import Access
from projects.models import Event, Membership
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

Add = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _nobody_here() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def client(user: Any) -> Client:
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def poll(browser: Client, world: World, since: int = 0, tag: str = "", **query: Any) -> Any:
    address = f"/api/v1/projects/{world.project.pk}/sources/{world.source.pk}/changes/"
    headers = {"If-None-Match": tag} if tag else {}
    return browser.get(address, {"since": since, **query}, headers=headers)


def test_another_coders_passage_its_removal_and_its_return(
    cast: Cast, world: World, add: Add
) -> None:
    browser = client(cast.cody)
    before = poll(browser, world).json()
    assert (before["added"], before["removed"], before["codes"]) == ([], [], None)
    (coding,) = add(cast.access("cora"), "every lesson").added
    cora = cast.access("cora").membership
    row = [coding.pk, coding.start, coding.end, world.intranet.pk, cora.pk]
    news = poll(browser, world, before["event"]).json()
    assert (news["added"], news["removed"]) == ([row], [])
    assert {"id": cora.pk, "name": "Cora"} in news["coders"]
    remove_coding(access=cast.access("cora"), coding=coding)
    news = poll(browser, world, before["event"]).json()
    assert (news["added"], news["removed"]) == ([], [coding.pk])
    undo(access=cast.access("cora"), source=world.source)
    news = poll(browser, world, before["event"]).json()
    # The state of now, however often it has gone to and fro.
    assert (news["added"], news["removed"]) == ([row], [])


def test_only_this_sources_events_matter(cast: Cast, world: World, add: Add) -> None:
    other = factories.source(cast.alder, "int9", "P1: Something else.\n")
    browser = client(cast.cody)
    add(cast.access("cora"), "every lesson")
    address = f"/api/v1/projects/{cast.alder.pk}/sources/{other.pk}/changes/"
    news = browser.get(address, {"since": 0}).json()
    assert (news["added"], news["removed"], news["codes"]) == ([], [], None)


def test_a_changed_code_brings_the_tree(cast: Cast, world: World) -> None:
    change_code(
        access=cast.access("liam"),
        code=world.intranet,
        name="Shared pages",
        parent=world.gains,
        definition="",
        colour=1,
        heading_only=False,
    )
    news = poll(client(cast.cody), world).json()
    names = [(c["name"], c["depth"]) for c in news["codes"]]
    assert names == [("Gains", 0), ("Shared pages", 1), ("Solving", 1)]


def test_what_may_not_be_seen_is_sent_neither_as_added_nor_as_removed(
    cast: Cast, world: World, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a blind round: what is others' is hidden by the one door that queries have."""
    (hidden,) = add(cast.access("cora"), "every lesson").added
    (gone,) = add(cast.access("cora"), "together").added
    remove_coding(access=cast.access("cora"), coding=gone)
    (own,) = add(cast.access("cody"), "intranet").added
    seen_by = queries.seen_by

    def own_alone(access: Access, codings: QuerySet[Coding]) -> QuerySet[Coding]:
        return seen_by(access, codings).filter(coder=access.membership)

    for name in ("coding.queries.seen_by", "coding.queries.doors.seen_by"):
        monkeypatch.setattr(name, own_alone)
    for query in ({}, {"all": 1}):
        news = poll(client(cast.cody), world, **query).json()
        assert [row[0] for row in news["added"]] == [own.pk]
        assert news["removed"] == []
    assert hidden.pk != own.pk


def test_withheld_sources_have_no_news(cast: Cast, world: World, add: Add) -> None:
    add(cast.access("cora"), "every lesson")
    browser = client(cast.cody)
    assert poll(browser, world).status_code == 200
    world.participant.consent_use = False
    world.participant.save()
    assert poll(browser, world).status_code == 404


def test_nothing_new_is_said_in_no_words(cast: Cast, world: World, add: Add) -> None:
    browser = client(cast.cody)
    first = poll(browser, world)
    again = poll(browser, world, tag=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    add(cast.access("cora"), "every lesson")
    news = poll(browser, world, tag=first.headers["ETag"])
    assert news.status_code == 200
    assert poll(browser, world, tag=news.headers["ETag"]).status_code == 304
    # Whoever wants everything, or a token, gets it all the same.
    assert len(poll(browser, world, tag=news.headers["ETag"], all=1).json()["added"]) == 1
    said = poll(browser, world, tag=news.headers["ETag"], token=1).json()
    assert len(said["token"]) == 64
    assert said["me"] == cast.access("cody").membership.pk


@pytest.mark.parametrize("since", ["-1", "x", "99999999999999999999"])
def test_a_since_that_is_none_is_refused(since: str, cast: Cast, world: World) -> None:
    answer = poll(client(cast.cody), world, since=since)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert "since" in answer.json()["error"]["fields"]


def test_the_number_of_queries_does_not_grow(cast: Cast, world: World, add: Add) -> None:
    browser = client(cast.cody)
    poll(browser, world)

    def count(tag: str = "") -> tuple[int, str]:
        with CaptureQueriesContext(connection) as queries_:
            answer = poll(browser, world, tag=tag)
        return len(queries_), answer.headers["ETag"]

    add(cast.access("cora"), "every lesson")
    one, tag = count()
    for words in ("We put", "together", "Friday", "problems"):
        add(cast.access("cora"), words, world.intranet, world.solving)
    many, _ = count()
    assert many == one
    _, tag = count()
    idle, _ = count(tag)
    with CaptureQueriesContext(connection) as asked:
        poll(browser, world, tag=tag)
    assert sum('"projects_event"' in q["sql"] for q in asked) == 1
    assert idle < one


def test_the_event_given_back_lags_and_then_moves_on(
    cast: Cast, world: World, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = poll(client(cast.cody), world).json()["event"]
    add(cast.access("cora"), "every lesson")
    browser = client(cast.cody)
    assert poll(browser, world, start).json()["event"] == start
    later = timezone.now() + changes.SETTLE + timedelta(seconds=1)
    monkeypatch.setattr(changes.timezone, "now", lambda: later)
    settled = poll(browser, world, start).json()["event"]
    assert settled == Event.objects.latest("pk").pk
    assert changes.settled_event(cast.access("cody")) == settled
    assert poll(browser, world, settled).json()["added"] == []


def test_whoever_was_away_for_long_gets_everything(
    cast: Cast, world: World, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = add(cast.access("cora"), "every lesson").added
    monkeypatch.setattr(changes, "MOST_EVENTS", 2)
    for words in ("We put", "together"):
        add(cast.access("cora"), words)
    news = poll(client(cast.cody), world).json()
    assert news["reset"] is True
    assert len(news["added"]) == 3
    assert first.pk in [row[0] for row in news["added"]]


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_after_a_later_one_is_not_missed(
    cast: Cast, world: World, add: Add
) -> None:
    """On PostgreSQL the smaller id appears later; on SQLite writers queue, and none can."""
    if connection.vendor == "sqlite":
        # One writer at a time: the second cannot even begin. So the order is what it should be.
        ids = []
        for words in ("every lesson", "together"):
            add(cast.access("cora"), words)
            ids.append(Event.objects.latest("pk").pk)
        assert ids == sorted(ids)
        return
    other = factories.source(cast.alder, "int9", factories.TEXT + "P1: More.\n")
    browser = client(cast.cody)
    start = poll(browser, world).json()["event"]
    written, go_on = threading.Event(), threading.Event()
    slow: list[int] = []

    def slow_writer() -> None:
        try:
            with transaction.atomic():
                add(cast.access("cora"), "every lesson")
                slow.append(Event.objects.latest("pk").pk)
                written.set()
                assert go_on.wait(20)
        finally:
            written.set()
            connection.close()

    thread = threading.Thread(target=slow_writer)
    thread.start()
    assert written.wait(20)
    # Another source, whose row is not locked.
    add(cast.access("cody"), "together", source=other)
    quick = Event.objects.latest("pk").pk
    between = poll(browser, world, start)
    assert between.json()["added"] == []
    go_on.set()
    thread.join(20)
    assert slow[0] < quick, "the test must commit out of order"
    tag = between.headers["ETag"]
    news = poll(browser, world, between.json()["event"], tag=tag)
    assert news.status_code == 200
    (row,) = news.json()["added"]
    assert Coding.objects.get(pk=row[0]).coder == cast.access("cora").membership


# --- presence ------------------------------------------------------------------------------------


def names(answer: Any) -> list[str]:
    return [person["name"] for person in answer.json()["present"]]


def test_who_polls_is_here_and_then_is_not(
    cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cora, cody = client(cast.cora), client(cast.cody)
    assert names(poll(cora, world)) == []
    assert names(poll(cody, world)) == ["Cora"]
    assert names(poll(cora, world)) == ["Cody"]
    listed = cody.get(f"/api/v1/projects/{cast.alder.pk}/presence/").json()["present"]
    me = cast.access("cora").membership.pk
    assert listed == {str(world.source.pk): [{"coder": me, "name": "Cora"}]}
    assert "Cora is here" in " ".join(
        cody.get(f"/projects/{cast.alder.pk}/sources/").content.decode().split()
    )
    clock = presence.time.time() + presence.PRESENT_SECONDS + 1
    monkeypatch.setattr(presence.time, "time", lambda: clock)
    assert names(poll(cody, world)) == []


def test_a_page_in_the_background_is_not_here(cast: Cast, world: World) -> None:
    poll(client(cast.cora), world, away=1)
    assert names(poll(client(cast.cody), world)) == []


def test_one_place_decides_whose_presence_is_seen(
    cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll(client(cast.cora), world)
    poll(client(cast.liam), world)
    monkeypatch.setattr(
        queries, "visible_presence", lambda access: Membership.objects.filter(user=cast.liam)
    )
    assert names(poll(client(cast.cody), world)) == ["Liam"]


def test_presence_is_within_the_project_and_within_the_readable(cast: Cast, world: World) -> None:
    there = factories.world(cast.brook, "x")
    poll(client(cast.otto), there)
    poll(client(cast.cora), world)
    cody = client(cast.cody)
    world.participant.consent_use = False
    world.participant.save()
    assert cody.get(f"/api/v1/projects/{cast.alder.pk}/presence/").json() == {"present": {}}


def test_a_repeated_request_after_its_removal_brings_nothing_back(
    cast: Cast, world: World, add: Add
) -> None:
    """An answer that was lost, a removal in between, and then the retry with the same key."""
    browser = client(cast.cora)
    base = f"/api/v1/projects/{cast.alder.pk}/"
    body = {
        "start": 0,
        "end": 4,
        "quote": factories.TEXT[:4],
        "codes": [world.intranet.pk],
        "key": "0d5d2c3e-6a5e-4d67-9a3a-3f0a3cfb0001",
    }
    address = f"{base}sources/{world.source.pk}/codings/"
    first = browser.post(address, body, content_type="application/json")
    remove_coding(
        access=cast.access("liam"), coding=Coding.objects.get(pk=first.json()["added"][0][0])
    )
    again = browser.post(address, body, content_type="application/json")
    assert (again.status_code, again.json()["added"]) == (201, [])
    assert Coding.objects.present().filter(source=world.source).count() == 0
