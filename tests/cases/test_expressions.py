"""Auto-coding by a regular expression, and with several codes at once.

The places expected are written down or found with the standard library's own expressions.
"""

import json
import re
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases import expressions
from coding.models import Coding, Source
from coding.services.autocode import MAX_CODES, auto_code, undo_batch
from projects import jobs
from projects.jobs import JobCancelled, JobRun
from projects.models import Event, Job, Membership
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

SECOND = (
    "INT: Who shares?\n"
    "P1: Coaches share 😀 plans. They shared maps! Sharing helps.\n"
    "P2: I never share.\n"
)
NEVER = "I never share"


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def second(cast: Cast, world: World) -> Source:
    people = {"P1": world.participant, "P2": factories.participant(cast.alder, "P2")}
    return factories.source(cast.alder, "a-second", SECOND, people=people, kind="observation")


def client(user: Any) -> Client:
    made = Client()
    made.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


def ask(browser: Client, cast: Cast, words: str, unit: str = "match", **query: Any) -> Job:
    """Ask for an expression as the page does, and let the job run."""
    query = {"words": words, "regex": 1} | query
    address = f"/projects/{cast.alder.pk}/search/expression/?{urlencode(query)}"
    answer = browser.post(address, {"unit": unit})
    job = Job.objects.get(kind="expression")
    assert answer["Location"] == f"/projects/{cast.alder.pk}/jobs/{job.pk}/"
    jobs.execute(job.pk)
    job.refresh_from_db()
    return job


def quoted(job: Job) -> list[str]:
    texts = {s.pk: s.content.text for s in Source.objects.select_related("content")}
    return [texts[source][start:end] for source, start, end, _hits in job.result["places"]]


def said(answer: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


# --- what is found -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("match", ["share", "shared", "share", "shares"]),
        (
            "sentence",
            ["Coaches share 😀 plans.", "They shared maps!", "I never share.", "Who shares?"],
        ),
        (
            "turn",
            [
                "Coaches share 😀 plans. They shared maps! Sharing helps.",
                "I never share.",
                "Who shares?",
            ],
        ),
    ],
)
def test_the_match_its_sentence_or_its_turn(
    cast: Cast, second: Source, unit: str, expected: list[str]
) -> None:
    job = ask(client(cast.cora), cast, r"\bshare[sd]?\b", unit, kind="observation")
    assert job.state == "done"
    order = sorted(expected, key=SECOND.index)
    if unit == "match":
        order = ["shares", "share", "shared", "share"]
    assert quoted(job) == order
    assert job.result["texts"] == {str(second.pk): second.text_sha256}
    assert (job.result["searched"], job.result["more"], job.result["empty"]) == (3, False, 0)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Who shares", "Coaches share", NEVER, "How do coaches share"]),
        ({"match_case": 1}, ["Who shares", "Coaches share", NEVER, "How do coaches share"]),
        ({"kind": "interview"}, ["How do coaches share"]),
        ({"case": "case"}, ["How do coaches share"]),
        ({"who": "person"}, ["Coaches share"]),
        ({"who": "s:INT"}, ["Who shares", "How do coaches share"]),
        ({"role": "interviewer"}, ["Who shares", "How do coaches share"]),
        ({"code": "gains"}, ["How do coaches share"]),
        ({"without": "gains"}, ["Who shares", "Coaches share", NEVER]),
    ],
)
def test_the_filters_of_the_search(
    cast: Cast, world: World, second: Source, query: dict[str, Any], expected: list[str]
) -> None:
    cora = cast.access("cora").membership
    factories.coding(world.source, world.intranet, cora, 5, 9)
    ids = {
        "case": world.case.pk,
        "person": f"p:{world.participant.pk}",
        "gains": world.gains.pk,
    }
    filled = {name: ids.get(value, value) for name, value in query.items()}
    job = ask(client(cast.cora), cast, r"^[A-Z].*? shares?", **filled)
    assert quoted(job) == expected


def test_capital_letters_matter_where_asked(cast: Cast, second: Source) -> None:
    who = client(cast.cora)
    assert quoted(ask(who, cast, "sharing")) == ["Sharing"]
    Job.objects.all().delete()
    assert quoted(ask(who, cast, "sharing", match_case=1)) == []


def test_nothing_but_places_is_kept(cast: Cast, second: Source) -> None:
    job = ask(client(cast.cora), cast, r"[Cc]oaches (\w+)")
    assert quoted(job)[0] == "Coaches share"
    kept = json.dumps([job.result, job.message, job.phase, job.problems])
    assert "oach" not in kept.replace("search", "")


def test_labels_are_not_searched_and_empty_matches_are_no_passages(
    cast: Cast, second: Source
) -> None:
    who = client(cast.cora)
    assert quoted(ask(who, cast, "P1|INT:")) == []
    Job.objects.all().delete()
    job = ask(who, cast, "x*", kind="observation")
    assert (quoted(job), job.result["empty"]) == (
        [],
        3 + sum(len(t) for t in ("Who shares?", SECOND.split("\n")[1][4:], "I never share.")),
    )
    page = who.get(job.result["next"]).content.decode()
    assert "The expression also matches where there is nothing" in page


def test_a_broken_expression_says_where(cast: Cast, second: Source) -> None:
    job = ask(client(cast.cora), cast, "share(d")
    assert (job.state, job.message) == (
        "failed",
        "The expression is broken at character 8: missing ).",
    )


def test_a_slow_expression_names_source_and_turn(cast: Cast, world: World) -> None:
    slow = factories.source(cast.alder, "slow", f"P1: Well.\nP1: {'a' * 60}!\n")
    job = ask(client(cast.cora), cast, "(a|aa)+$")
    assert job.state == "failed"
    assert job.message == (
        f"The expression took longer than 2 seconds in “{slow.title}”, turn 2; nothing was coded."
    )
    assert job.result == {}


def test_it_can_be_cancelled(cast: Cast, second: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_args: object, **_more: object) -> None:
        raise JobCancelled

    monkeypatch.setattr(JobRun, "progress", stop)
    job = ask(client(cast.cora), cast, "share")
    assert (job.state, job.result) == ("cancelled", {})


def test_withheld_sources_are_never_searched(cast: Cast, world: World, second: Source) -> None:
    other = factories.source(cast.alder, "other", "P9: We share.\nP9: Again.\n")
    world.participant.consent_use = False
    world.participant.save()
    job = ask(client(cast.cora), cast, "share")
    assert {row[0] for row in job.result["places"]} == {other.pk}
    assert job.result["searched"] == 2


def test_what_no_longer_fits_the_project_fails_in_words(cast: Cast, world: World) -> None:
    who = client(cast.cora)
    job = ask(who, cast, "share", code=world.solving.pk)
    Job.objects.filter(pk=job.pk).update(state="queued", result={}, claimed_by="")
    world.solving.delete()
    jobs.execute(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "not in this project" in job.message


def test_at_most_two_thousand_passages(cast: Cast, world: World) -> None:
    factories.source(cast.alder, "0", "P1: " + "zebra " * 1500 + "\nP1: " + "zebra " * 1500 + "\n")
    who = client(cast.cora)
    job = ask(who, cast, "zebra")
    assert (len(job.result["places"]), job.result["more"]) == (2000, True)
    page = who.get(job.result["next"]).content.decode()
    assert "At most 2,000 passages can be coded at once" in page
    Job.objects.all().delete()
    whole = ask(who, cast, "zebra", "turn")
    assert (len(whole.result["places"]), whole.result["more"]) == (2, False)
    assert len(whole.result["places"][0][3]) == expressions.MARKED


# --- the page and the batch ----------------------------------------------------------------------


def test_from_the_expression_to_two_codes_and_back(
    cast: Cast, world: World, second: Source
) -> None:
    cora = client(cast.cora)
    page = cora.get(f"/projects/{cast.alder.pk}/search/?words=shar(e|ing)&regex=1")
    assert "Look for the expression" in page.content.decode()
    job = ask(cora, cast, "shar(e|ing)", "sentence")
    answer = cora.get(f"/projects/{cast.alder.pk}/jobs/{job.pk}/")
    assert answer["Location"] == job.result["next"]
    context = cora.get(job.result["next"]).context
    shown = [quote for _n, _on, quote in context["lines"]]
    assert [[words for words, hit in quote.parts if hit] for quote in shown] == [
        ["share"],
        ["share"],
        ["share"],
        ["Sharing"],
        ["share"],
        ["share"],
    ]
    form = {
        "seen": context["seen"],
        "batch": str(context["batch"]),
        "off": "",
        "shown": 1,
        "step": "apply",
        "tick": [1, 2, 4],
        "code": [world.intranet.pk, world.solving.pk],
    }
    assert cora.post(job.result["next"], {**form, "code": []}).status_code == 400
    answer = cora.post(job.result["next"], form)
    assert answer.status_code == 302
    rows = Coding.objects.present().select_related("source__content", "code")
    assert sorted((c.source.content.text[c.start : c.end], c.code.name) for c in rows) == [
        (words, name)
        for words in ("Coaches share 😀 plans.", "I never share.", "They shared maps!")
        for name in ("Intranet", "Solving")
    ]
    (event,) = Event.objects.filter(batch=context["batch"])
    assert event.label == (
        "Intranet, Solving (auto-coded: 3 passages with the expression shar(e|ing))"
    )
    assert event.after["auto"] == {
        "query": "words=shar%28e%7Cing%29&regex=1",
        "unit": "sentence",
        "expression": "shar(e|ing)",
    }
    batch = cora.get(answer["Location"]).content.decode()
    assert "3 passages were coded. 6 of 6 codings are still there." in batch
    # Sent twice, it acts once.
    assert cora.post(job.result["next"], form)["Location"] == answer["Location"]
    assert rows.count() == 6
    assert cora.post(answer["Location"]).status_code == 302
    assert not Coding.objects.present().exists()


def test_a_corrected_text_is_refused(cast: Cast, world: World, second: Source) -> None:
    cora = client(cast.cora)
    job = ask(cora, cast, "share")
    context = cora.get(job.result["next"]).context
    Source.objects.filter(pk=second.pk).update(text_sha256="f" * 64, version=2)
    form = {
        "seen": context["seen"],
        "batch": str(context["batch"]),
        "off": "",
        "shown": 1,
        "step": "apply",
        "tick": [0],
        "code": [world.gains.pk],
    }
    sentence = (
        "The text of “Interview a-second” has been corrected since it was searched. Look again."
    )
    for answer in (cora.get(job.result["next"]), cora.post(job.result["next"], form)):
        assert answer["Location"].startswith(f"/projects/{cast.alder.pk}/search/?words=share")
        assert sentence in said(answer)
    # In the moment between the page's look and the lock, the service looks again.
    (place, *_rest) = job.result["places"]
    with pytest.raises(ValidationError, match="has been corrected since it was searched"):
        auto_code(
            access=cast.access("cora"),
            passages=[tuple(place[:3])],
            codes=[world.gains],
            query="",
            unit="match",
            batch=uuid.uuid4(),
            texts={second.pk: second.text_sha256},
        )
    assert not Coding.objects.exists()


def test_a_source_withheld_since_is_not_shown(cast: Cast, world: World, second: Source) -> None:
    cora = client(cast.cora)
    job = ask(cora, cast, "share")
    world.participant.consent_use = False
    world.participant.save()
    answer = cora.get(job.result["next"])
    assert answer.status_code == 302
    assert said(answer)[-1] == "A source that was searched may no longer be read. Look again."


def test_only_ones_own_search_is_shown(cast: Cast, world: World, second: Source) -> None:
    job = ask(client(cast.cora), cast, "share")
    assert client(cast.cora).get(job.result["next"]).status_code == 200
    for other in (cast.liam, cast.olive, cast.otto):
        assert client(other).get(job.result["next"]).status_code == 404
    job_page = f"/projects/{cast.alder.pk}/jobs/{job.pk}/?stay=1"
    assert job.result["next"] in client(cast.cora).get(job_page).content.decode()
    assert job.result["next"] not in client(cast.liam).get(job_page).content.decode()
    Job.objects.filter(pk=job.pk).update(kind="study_check")
    assert client(cast.cora).get(job.result["next"]).status_code == 404


def test_the_search_page_offers_expressions_to_coders_only(cast: Cast, world: World) -> None:
    address = f"/projects/{cast.alder.pk}/search/?words=a%28&regex=1"
    assert "Look for it" in client(cast.cora).get(address).content.decode()
    seen = client(cast.vera).get(address).content.decode()
    assert "Look for it" not in seen
    assert "Only those who may code look for expressions." in seen
    assert (
        client(cast.vera)
        .post(f"/projects/{cast.alder.pk}/search/expression/?words=a&regex=1", {"unit": "match"})
        .status_code
        == 403
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("words=&regex=1", "Type the expression to look for."),
        (f"words={'a' * 301}&regex=1", "An expression has at most 300 characters; this has 301."),
        ("words=a&regex=1&other={code}", "Choose the first code of the pair, too."),
    ],
)
def test_what_is_wrong_with_a_search_for_an_expression(
    cast: Cast, world: World, query: str, sentence: str
) -> None:
    cora = client(cast.cora)
    filled = query.format(code=world.gains.pk)
    page = cora.get(f"/projects/{cast.alder.pk}/search/?{filled}")
    assert page.status_code == 400
    assert sentence in page.content.decode()
    answer = cora.post(f"/projects/{cast.alder.pk}/search/expression/?{filled}", {"unit": "match"})
    assert answer.status_code == 302
    assert sentence in said(answer)
    assert not Job.objects.exists()


def test_spaces_in_an_expression_count(cast: Cast, second: Source) -> None:
    job = ask(client(cast.cora), cast, " share ")
    assert quoted(job) == [" share ", " share "]
    assert job.params["query"] == "words=+share+&regex=1"


@pytest.mark.parametrize("items", [1, 3])
def test_the_preview_asks_a_constant_number_of_queries(
    cast: Cast, world: World, items: int
) -> None:
    for n in range(items):
        factories.source(cast.alder, f"s{n}", f"P1: We share {n}.\nP1: share share {n}.\n")
        factories.code(cast.alder, f"Code {n}")
    who = client(cast.cora)
    job = ask(who, cast, "share")
    with CaptureQueriesContext(connection) as seen:
        assert who.get(job.result["next"]).status_code == 200
    assert len(seen) == 13


# --- several codes -------------------------------------------------------------------------------


def test_several_codes_are_one_batch(cast: Cast, world: World, second: Source) -> None:
    access, batch = cast.access("cora"), uuid.uuid4()
    factories.coding(world.source, world.gains, access.membership, 0, 4)
    call: dict[str, Any] = {
        "passages": [(world.source.pk, 0, 4), (world.source.pk, 5, 8), (second.pk, 0, 3)],
        "codes": [world.gains, world.solving, world.gains],
        "query": "words=x",
        "unit": "turn",
        "batch": batch,
    }
    made = auto_code(access=access, **call)
    assert (made.codings, made.sources, made.already) == (5, 2, 1)
    assert auto_code(access=access, **call).codings == 5
    labels = Event.objects.filter(batch=batch).order_by("id").values_list("label", flat=True)
    assert list(labels) == [
        "Solving, Gains (auto-coded: 2 passages)",
        "Gains, Solving (auto-coded: 1 passage)",
    ]
    assert undo_batch(access=access, batch=batch) == (2, 0)
    assert Coding.objects.present().count() == 1


def test_no_code_and_too_many_codes_are_refused(cast: Cast, world: World) -> None:
    codes = [factories.code(cast.alder, f"C{n}") for n in range(MAX_CODES + 1)]
    for chosen, sentence in (
        ([], "Choose at least one code."),
        (codes, "At most 10 codes can be applied at once; these are 11."),
    ):
        with pytest.raises(ValidationError, match=re.escape(sentence)):
            auto_code(
                access=cast.access("cora"),
                passages=[(world.source.pk, 0, 4)],
                codes=chosen,
                query="",
                unit="turn",
                batch=uuid.uuid4(),
            )
    assert not Coding.objects.exists()


def test_a_code_of_another_project_is_not_there(cast: Cast, world: World, second: Source) -> None:
    foreign = factories.code(cast.brook, "Foreign")
    cora = client(cast.cora)
    job = ask(cora, cast, "share")
    context = cora.get(job.result["next"]).context
    form = {"seen": context["seen"], "off": "", "shown": 1, "step": "apply", "tick": [0]}
    answer = cora.post(job.result["next"], {**form, "code": [foreign.pk]})
    assert answer.status_code == 404
    assert Membership.objects.filter(project=cast.brook).count() == 1
    assert not Coding.objects.exists()
