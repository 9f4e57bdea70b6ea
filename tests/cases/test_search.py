"""Search, saved searches and auto-coding, on whichever database the tests run.

What has to be found is read from the texts with a plain twin, so both databases answer to the same.
"""

import re
import unicodedata
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import search
from cases.models import SavedQuery
from cases.services.saved_queries import remove_query, save_query
from coding.models import Assignment, Coding, Round, Source, Turn, TurnWords
from coding.services import adjudication
from coding.services.autocode import LIMIT, auto_code, undo_batch
from coding.services.codings import redo, undo
from projects.access import Access
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db

TRICKY = (
    "INT: Ready? 😀\n"
    "P1: We 👩🏽‍💻 put e\u0301very lesson on the naïve intranet 🏳️‍🌈. I don’t mind.\n"
    "INT: A follow-up, then?\n"
    "P1: Every one. We follow up on lessons; they don't.\n"
)


def found(access: Access, **spec: Any) -> search.Found:
    known = search.choices(access)
    return search.run(access, search.read_spec(QueryDict(urlencode(spec)), known), known)


def quoted(access: Access, **spec: Any) -> list[str]:
    answer = found(access, **spec)
    texts = {s.pk: s.content.text for s in Source.objects.select_related("content")}
    return [texts[source][start:end] for source, start, end in answer[:]]


@pytest.fixture
def world(cast: Cast) -> World:
    return factories.world(cast.alder)


@pytest.fixture
def tricky(cast: Cast, world: World) -> Source:
    return factories.source(cast.alder, "a-tricky", TRICKY, people={"P1": world.participant})


FIRST = "We 👩🏽‍💻 put e\u0301very lesson on the naïve intranet 🏳️‍🌈. I don’t mind."
LAST = "Every one. We follow up on lessons; they don't."
LESSON = "We put every lesson on the intranet 🙂 naïve or not. We built it together."


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("NAIVE", [FIRST, LESSON]),
        ("don't", [FIRST, LAST]),
        ("don’t mind", [FIRST]),
        ("every", [FIRST, LAST, LESSON]),
        ('"every lesson"', [FIRST, LESSON]),
        ('"lesson every"', []),
        ("follow-up", ["A follow-up, then?", LAST]),
        ("lesson*", [FIRST, LAST, LESSON]),
        ('"on the intra*"', [LESSON]),
        ('ready OR "follow up"', ["Ready? 😀", "A follow-up, then?", LAST]),
        ("mind OR one every", [FIRST, LAST]),
        ("int", []),  # a label is no word
    ],
)
def test_the_same_turns_for_the_same_words(
    words: str, expected: list[str], tricky: Source, cast: Cast
) -> None:
    assert quoted(cast.access("vera"), words=words) == expected


def twin_words(text: str) -> list[str]:
    flat = unicodedata.normalize("NFD", text).casefold().replace("’", "'")
    bare = "".join(c for c in flat if not unicodedata.combining(c))
    return re.findall(r"[a-z0-9_]+(?:'[a-z0-9_]+)*", bare)


@pytest.mark.parametrize(
    "words", ["the", "but on", "coach*", "we're OR it's", "meeting", "don't know", "schedule*"]
)
def test_the_study_answers_as_a_plain_reading_does(words: str, study: Access) -> None:
    groups = [group.split() for group in words.replace(" OR ", "|").split("|")]
    either = "|" in words.replace(" OR ", "|")
    expected = []
    for turn in Turn.objects.filter(source__project=study.project).order_by(
        "source__key", "ordinal"
    ):
        said = turn.source.content.text[turn.body_start : turn.end]
        have = twin_words(said)

        def holds(word: str, have: list[str] = have) -> bool:
            if word.endswith("*"):
                return any(w.startswith(word[:-1]) for w in have)
            return word in have

        asked = [word for group in groups for word in group]
        if (any if either else all)(holds(word) for word in asked):
            expected.append((turn.source_id, turn.body_start, turn.end))
    assert found(study, words=words)[:] == expected
    assert expected or words != "the"


def test_withheld_sources_are_never_found(tricky: Source, world: World, cast: Cast) -> None:
    assert quoted(cast.access("olive"), words="built") == [LESSON]
    world.participant.consent_use = False
    world.participant.save()
    assert quoted(cast.access("olive"), words="built") == []
    assert found(cast.access("olive"), words="built").searched == 0


def test_filters(tricky: Source, world: World, cast: Cast) -> None:
    access = cast.access("vera")
    assert quoted(access, words="every", case=world.case.pk) == [LESSON]
    assert quoted(access, role="interviewer", words="problems") == ["And problems?"]
    assert quoted(access, who="s:INT", words="ready") == ["Ready? 😀"]
    assert quoted(access, who=f"p:{world.participant.pk}", words="ready") == []
    assert len(quoted(access, role="interviewer")) == 4
    assert found(access, words="every", kind="interview").searched == 8


def test_codes_and_their_relations(world: World, cast: Cast) -> None:
    access, text = cast.access("cora"), factories.TEXT
    me = access.membership

    def code(code: Any, words: str) -> None:
        start = text.index(words)
        factories.coding(world.source, code, me, start, start + len(words))

    code(world.intranet, "every lesson on the intranet")
    code(world.solving, "on the intranet 🙂 naïve")
    code(world.solving, "We solve them together")
    intranet, solving, gains = world.intranet.pk, world.solving.pk, world.gains.pk
    assert quoted(access, code=gains) == [
        "every lesson on the intranet 🙂 naïve",
        "We solve them together",
    ]
    assert quoted(access, code=intranet, other=solving) == ["on the intranet"]
    assert quoted(access, code=solving, other=intranet, rel="near", within=1) == [
        "on the intranet 🙂 naïve"
    ]
    assert quoted(access, code=solving, other=intranet, rel="near", within=2) == [
        "on the intranet 🙂 naïve",
        "We solve them together",
    ]
    assert quoted(access, code=solving, without=intranet) == ["We solve them together"]
    assert quoted(access, words="we", code=intranet) == [LESSON]
    assert quoted(access, words="we", without=intranet) == ["We solve them together on Friday."]
    assert quoted(access, code=gains, role="interviewer") == []


def test_the_index_follows_the_turns_and_can_be_made_anew(tricky: Source, cast: Cast) -> None:
    access = cast.access("vera")
    TurnWords.objects.all().delete()
    assert quoted(access, words="every") == []
    call_command("rebuild_search", verbosity=0)
    call_command("rebuild_search", verbosity=0)
    assert quoted(access, words="every") == [FIRST, LAST, LESSON]
    tricky.turns.all().delete()
    assert quoted(access, words="every") == [LESSON]


# --- pages ---------------------------------------------------------------------------------------


def client(user: Any) -> Client:
    made = Client()
    made.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


def test_the_page_marks_hits_and_opens_the_reader_there(tricky: Source, cast: Cast) -> None:
    page = client(cast.vera).get(f"/projects/{cast.alder.pk}/search/?words=intranet").content
    html = page.decode()
    start = TRICKY.index("intranet")
    assert f"/sources/{tricky.pk}/?at={start}-{start + 8}" in html
    assert html.count("<mark>intranet</mark>") == 2
    assert "2 turns in 2 sources; 8 turns were searched." in html
    assert "Auto-code" not in html


@pytest.mark.parametrize("query", ["words=%F0%9F%99%82", "other={code}", "words=a*b"])
def test_a_search_that_makes_no_sense_says_so(query: str, world: World, cast: Cast) -> None:
    address = f"/projects/{cast.alder.pk}/search/?{query.format(code=world.gains.pk)}"
    answer = client(cast.vera).get(address)
    assert answer.status_code == 400
    assert b'role="alert"' in answer.content


def test_what_is_typed_never_becomes_sql(world: World, cast: Cast) -> None:
    for words in ("x') OR 1=1 --", 'a" NEAR b', "a:* & !b", "%", "NOT a", "words:we", "^we"):
        query = urlencode({"words": words})
        answer = client(cast.vera).get(f"/projects/{cast.alder.pk}/search/?{query}")
        assert answer.status_code in (200, 400), words


def test_queries_do_not_grow_with_the_project(world: World, cast: Cast) -> None:
    olive = client(cast.olive)
    address = f"/projects/{cast.alder.pk}/search/?words=we&without={world.solving.pk}"

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert olive.get(address).status_code == 200
        return len(captured)

    before = count()
    for n in range(5):
        factories.source(cast.alder, f"more{n}", f"P1: We meet.\nP1: We talk {n}.\n")
    assert count() == before


# --- saved searches ------------------------------------------------------------------------------


def test_a_search_is_saved_once_by_name_and_removed(world: World, cast: Cast) -> None:
    cora, cody = cast.access("cora"), cast.access("cody")
    saved = save_query(access=cora, name=" Shared  work ", query="words=together")
    assert (saved.name, saved.made_by) == ("Shared work", cora.membership)
    with pytest.raises(ValidationError, match="already a saved search “SHARED work”"):
        save_query(access=cody, name="SHARED work", query="words=we")
    with pytest.raises(ValidationError, match="was saved by Cora"):
        remove_query(access=cody, saved=saved)
    remove_query(access=cast.access("liam"), saved=saved)
    remove_query(access=cora, saved=saved)
    assert not SavedQuery.objects.exists()
    verbs = Event.objects.filter(object_type="query").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["query.saved", "query.removed"]


# --- auto-coding ---------------------------------------------------------------------------------


def coded() -> set[str]:
    rows = Coding.objects.present().select_related("source__content")
    return {c.source.content.text[c.start : c.end] for c in rows}


def test_sentences_that_hold_a_hit(tricky: Source, cast: Cast) -> None:
    answer = found(cast.access("cora"), words="we")
    rows, more = search.coverage(answer, search.SENTENCE, LIMIT)
    texts = {s.pk: s.content.text for s in Source.objects.all()}
    assert more is False
    assert [texts[source][a:b] for source, a, b in rows] == [
        "We 👩🏽‍💻 put e\u0301very lesson on the naïve intranet 🏳️‍🌈.",
        "We follow up on lessons; they don't.",
        "We put every lesson on the intranet 🙂 naïve or not.",
        "We built it together.",
        "We solve them together on Friday.",
    ]
    assert search.coverage(answer, search.TURN, 2)[1] is True


def test_one_batch_and_its_undo(tricky: Source, world: World, cast: Cast) -> None:
    access, batch = cast.access("cora"), uuid.uuid4()
    rows = found(access, words="every")[:]
    factories.coding(world.source, world.intranet, access.membership, *rows[2][1:])
    call = {"codes": [world.intranet], "query": "words=every", "unit": "turn", "batch": batch}
    made = auto_code(access=access, passages=rows, **call)
    assert (made.codings, made.sources, made.already) == (2, 1, 1)
    again = auto_code(access=access, passages=rows, **call)
    assert (again.codings, again.sources) == (2, 1)
    (event,) = Event.objects.filter(batch=batch)
    assert event.label == "Intranet (auto-coded: 2 passages)"
    assert event.after["auto"] == {"query": "words=every", "unit": "turn"}
    assert coded() == {FIRST, LAST, LESSON}
    outcome = undo(access=access, source=tricky)
    assert len(outcome.removed) == 2
    assert coded() == {LESSON}
    redo(access=access, source=tricky)
    assert coded() == {FIRST, LAST, LESSON}
    assert undo_batch(access=access, batch=batch) == (1, 0)
    assert undo_batch(access=access, batch=batch) == (0, 1)
    assert coded() == {LESSON}


def test_what_a_running_round_keeps_is_not_taken_back(
    world: World, cast: Cast, client: Client
) -> None:
    access, batch = cast.access("cora"), uuid.uuid4()
    auto_code(
        access=access,
        passages=[(world.source.pk, 0, 3)],
        codes=[world.intranet],
        query="words=every",
        unit="turn",
        batch=batch,
    )
    held = Round.objects.create(
        project=cast.alder, number=1, name="Pilot", state="running", made_by=access.membership
    )
    Assignment.objects.create(
        round=held, source=world.source, coder=access.membership, finished_at=timezone.now()
    )
    client.force_login(cast.cora)
    answer = client.post(f"/projects/{cast.alder.pk}/search/auto-code/{batch}/", follow=True)
    assert answer.status_code == 200
    assert "You have marked “Interview int1” as finished in round “Pilot”." in (
        answer.content.decode()
    )
    assert Coding.objects.present().count() == 1


def test_what_auto_coding_refuses(world: World, cast: Cast) -> None:
    access = cast.access("cora")
    other = factories.source(cast.brook, "b", "P1: Elsewhere.\n")
    pk = world.source.pk
    heading = factories.code(cast.alder, "Heading", heading_only=True)
    for passages, code, sentence in [
        ([], world.gains, "No passage is ticked."),
        ([(pk, n, n + 1) for n in range(2001)], world.gains, "At most 2,000 passages"),
        ([(pk, 0, 4)], heading, "“Heading” is a heading"),
        ([(other.pk, 0, 4)], world.gains, "no longer there"),
        ([(pk, 0, 100_000)], world.gains, "outside its text"),
    ]:
        with pytest.raises(ValidationError, match=re.escape(sentence)):
            auto_code(
                access=access,
                passages=passages,
                codes=[code],
                query="",
                unit="turn",
                batch=uuid.uuid4(),
            )
    assert not Coding.objects.exists()


def test_ticks_are_kept_from_page_to_page(world: World, cast: Cast) -> None:
    text = "".join(f"P1: Zebra number {n}.\n" for n in range(120))
    source = factories.source(cast.alder, "z", text)
    cora = client(cast.cora)
    address = f"/projects/{cast.alder.pk}/search/auto-code/?words=zebra"
    context = cora.get(address).context
    assert (context["total"], context["ticked"]) == (120, 120)
    form = {"seen": context["seen"], "batch": str(context["batch"]), "code": world.gains.pk}
    first = {**form, "off": "", "shown": 1, "step": "page-3"}
    context = cora.post(address, {**first, "tick": list(range(1, 50))}).context
    assert (context["off"], context["page"].number, context["ticked"]) == ("0", 3, 119)
    third = {**form, "off": "0", "shown": 3, "step": "apply"}
    ticks = list(range(100, 119))
    assert cora.post(address, {**third, "code": "", "tick": ticks}).status_code == 400
    stale = cora.post(address, {**third, "seen": "x", "tick": ticks})
    assert stale.status_code == 409
    assert not Coding.objects.exists()
    answer = cora.post(address, {**third, "tick": ticks})
    assert answer.status_code == 302
    expected = {f"Zebra number {n}." for n in range(1, 119)}
    assert coded() == expected
    page = cora.get(answer["Location"]).content.decode()
    assert "118 passages were coded." in page
    assert cora.post(answer["Location"]).status_code == 302
    assert coded() == set()
    assert Event.objects.filter(source_guid=source.guid).count() == 2
    assert client(cast.liam).get(answer["Location"]).status_code == 404


def test_a_search_may_look_at_the_agreed_coding(cast: Cast) -> None:
    world = factories.world(cast.alder)
    held = factories.opened_round(cast)
    cora, cody = (cast.access(who).membership for who in ("cora", "cody"))
    factories.coding(world.source, world.intranet, cora, 41, 60)
    factories.share(held, world.source, cora, [(world.intranet, 41, 60)])
    factories.share(held, world.source, cody, [(world.intranet, 50, 64)])
    access = cast.access("liam")
    adjudication.make_comparisons(access=access, held=held)
    adjudication.decide(access=access, compared=held.comparisons.get(), decision="intersection")
    known = search.choices(access)
    assert known.agreed
    for layer, rows in (("", [(41, 60)]), ("agreed", [(50, 60)])):
        spec = search.SearchSpec(code=world.intranet.pk, layer=layer)
        found = search.run(access, spec, known)
        assert [row[1:] for row in found[:9]] == rows
        assert ("layer=agreed" in spec.query()) == (layer == "agreed")
    assert "elsewhere all coders together." in search.in_words(found, known)[-1]
