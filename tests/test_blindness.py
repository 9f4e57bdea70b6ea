"""The net of blindness: what one coder of a running round does never reaches another one in it.

The world is asked for everything twice: as it is, and once more without a trace of what the other
coder has done. Both answers must be the same, page by page, file by file; whatever a route tells
of the other coder's work, in words or as a number, makes them differ. Routes are read from the
URLconf, so that a new one is covered without a new test.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Q
from django.test import Client

from cases.queries import existing
from coding.models import (
    Assignment,
    Code,
    CodeExample,
    Coding,
    Note,
    PlacementReview,
    Reading,
    Round,
    SourceVersion,
)
from coding.services import autocode, changes, codebook, codings, notes
from coding.services.codebook.imports import SAID
from coding.services.readings import set_finished
from coding.services.versions import confirm_placement
from projects.access import Access, resolve
from projects.models import Event, Membership
from projects.services.events import record
from tests import factories
from tests.factories import Cast
from tests.routes import Route
from tests.test_isolation import (
    PROJECT_ROUTES,
    Place,
    good_call,
    logged_in,
    place,
    room_models,
    send,
    words_of,
)

pytestmark = pytest.mark.django_db

SECRET = "quillwort"
# The blind ones: a coder, and also those who lead the project, when they code in the round.
BLIND = ("cody", "liam", "olive")

# Where the net must catch something once there is nothing to be blind for: else it has holes.
TELLING = {
    "projects:home",
    "cases:history",
    "coding:sources",
    "coding:source",
    "coding:marks",
    "coding:reviews",
    "coding:review",
    "coding:codes",
    "coding:code",
    "coding:code_review",
    "coding-api:codings",
    "coding-api:coding",
    "coding-api:notes",
    "coding-api:note",
    "coding-api:changes",
    "cases:matrix",
    "cases:cell",
    "cases:export",
    "cases:search",
    "cases:codebook_export",
}
TELLING_EDITORS = {
    "coding:code_edit",
    "coding:code_merge",
    "coding:code_retire",
    "coding:code_split",
    "coding:code_examples",
}


@dataclass
class Scene:
    cast: Cast
    place: Place
    held: Round
    alone: Code  # which nobody but the other has used
    imported: uuid.UUID  # the import that made it
    other: Access  # who codes, unseen
    theirs: dict[str, Any]  # ids of what they made, as in addresses
    me: Access
    client: Client


def at(word: str) -> tuple[int, int, str]:
    start = factories.TEXT.index(word)
    return start, start + len(word), word


def add(access: Access, where: Place, word: str, *codes: Any) -> Coding:
    start, end, quote = at(word)
    source = where.world.source
    done = codings.add_codings(
        access=access,
        source=source,
        start=start,
        end=end,
        quote=quote,
        codes=codes,
        batch=uuid.uuid4(),
    )
    return done.added[0]


def imported_code(lead: Access) -> tuple[Code, uuid.UUID]:
    """A code that an import has made, and that import, as the history has it."""
    code = codebook.create_code(access=lead, name="Alone")
    state = {"guid": str(code.guid), **{name: getattr(code, name) for name in SAID}}
    batch = uuid.uuid4()
    for verb, after in (("codebook.imported", {}), ("code.imported", {"codes": [state]})):
        about = {"label": "book.csv", "before": {"codes": []}, "after": after, "batch": batch}
        record(lead, verb, lead.project, **about)
    return code, batch


def code_unseen(other: Access, lead: Access, where: Place, alone: Code) -> dict[str, Any]:
    """All kinds of things that can be done to passages, by ``other``; and by a lead with them."""
    world = where.world
    first = add(other, where, "every lesson", world.intranet)
    second = add(other, where, "built it together", world.intranet, world.solving)
    gone = add(other, where, "materials", world.gains)
    codings.remove_coding(access=other, coding=gone)
    add(other, where, "intranet", alone)
    add(other, where, "problems", world.solving)
    codings.undo(access=other, source=world.source)
    start, end, quote = at("lesson on the intranet")
    codings.change_coding(access=other, coding=first, start=start, end=end, quote=quote)
    notes.add_note(access=other, coding=first, text=f"I think of {SECRET}.")
    notes.add_note(access=lead, coding=first, text=f"And I of {SECRET}.")
    thrown = notes.add_note(access=other, coding=first, text=f"No more of {SECRET}.").note
    assert thrown is not None
    notes.remove_note(access=other, note=thrown)
    codebook.add_example(access=lead, code=world.intranet, coding=first)
    batch = uuid.uuid4()
    autocode.auto_code(
        access=other,
        passages=[(world.source.pk, 100, 120)],
        codes=[world.intranet],
        query=f"words={SECRET}",
        unit="turn",
        batch=batch,
    )
    version = SourceVersion.objects.get(source=world.source)
    waits = {"source": world.source, "version": version, "old_start": 3, "old_end": 9}
    settled = PlacementReview.objects.create(coding=second, **waits)
    confirm_placement(access=other, review=settled)
    review = PlacementReview.objects.create(coding=first, **waits)
    line = Event.objects.filter(project=other.project, actor=other.user).latest("id")
    set_finished(access=other, source=world.source, finished=True)
    return {
        "event_id": line.pk,
        "trashed": thrown.guid,
        "coding_id": first.pk,
        "note_id": Note.objects.get(coding=first, author=other.membership, removed_at=None).pk,
        "review_id": review.pk,
        "batch": batch,
        "membership_id": other.membership.pk,
    }


def code_myself(me: Access, where: Place) -> None:
    """Done last, so that nothing can be told from the numbers of new rows."""
    own = add(me, where, "solve them", where.world.solving)
    notes.add_note(access=me, coding=own, text="Mine.")
    CodeExample.objects.create(code=own.code, coding=own)
    PlacementReview.objects.create(
        source=own.source,
        coding=own,
        version=SourceVersion.objects.get(source=own.source),
        old_start=1,
        old_end=2,
    )
    if me.may["edit_codebook"]:
        codebook.begin_split(access=me, code=where.world.gains, into=[where.world.solving])


def take_away(other: Access) -> None:
    """As if they had never coded anything, without a gap in any row of numbers."""
    made = Coding.objects.filter(coder=other.membership)
    on_them = Note.objects.filter(coding__in=made)
    guids = {*made.values_list("guid", flat=True), *on_them.values_list("guid", flat=True)}
    theirs = Q(actor=other.user) | Q(object_guid__in=guids) | Q(verb="example.added")
    Event.objects.filter(theirs, project=other.project)._raw_delete("default")
    made.delete()
    Reading.objects.filter(coder=other.membership).delete()
    Assignment.objects.filter(coder=other.membership).update(finished_at=None, passages=[])


@pytest.fixture(params=BLIND)
def scene(request: pytest.FixtureRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Scene:
    # What has just happened is settled at once: answers must not hang on how long a test takes.
    monkeypatch.setattr(changes, "SETTLE", timedelta(0))
    where = place(cast.alder, cast.olive)
    me, other = cast.access(request.param), cast.access("cora")
    lead = cast.access("liam" if request.param == "olive" else "olive")
    held = Round.objects.create(
        project=cast.alder, number=2, name="Second", state="running", made_by=lead.membership
    )
    for coder in (other, me):
        Assignment.objects.create(round=held, source=where.world.source, coder=coder.membership)
    alone, imported = imported_code(lead)
    theirs = code_unseen(other, lead, where, alone)
    code_myself(me, where)
    return Scene(cast, where, held, alone, imported, other, theirs, me, logged_in(me.user))


# --- asking --------------------------------------------------------------------------------------


def queries_of(route: Route, s: Scene) -> list[str]:
    """Further questions to a route, beside the one that shows that it works."""
    world, coder = s.place.world, s.other.membership.pk
    cell = f"row={world.case.pk}&column={world.intranet.pk}"
    return {
        "coding-api:changes": ["since=0", "all=1"],
        "coding:marks": ["", f"coder={coder}", f"code={world.intranet.pk}"],
        "cases:history": [f"batch={s.theirs['batch']}", "page=2"],
        "cases:matrix": [f"coder={coder}", "unit=words", "unit=chars"],
        "cases:cell": [cell, f"{cell}&unit=words", f"{cell}&coder={coder}"],
        "cases:search": [f"code={world.intranet.pk}", f"coder={coder}", "words=lesson"],
        "coding:code_merge": [f"into={world.solving.pk}"],
    }.get(route.name, [])


def calls(
    s: Scene, only: set[str] | None = None
) -> Iterator[tuple[Route, str, str, dict[str, Any], dict[str, Any]]]:
    """(route, method, query, body, ids) of everything that is asked, of the routes in ``only``."""
    codes = [s.place.world.solving.pk, s.place.world.gains.pk, s.alone.pk]
    for route in PROJECT_ROUTES:
        if only is not None and route.name not in only:
            continue
        method, query, body = good_call(route, s.place)
        ways: list[tuple[str, str, dict[str, Any]]] = [(method, query, body)]
        more = {"", query, *queries_of(route, s)}
        if route.name == "projects:job":
            # A job that is done leads on to what it made, unless one stays.
            more.add("stay=1")
        ways += [("get", one, {}) for one in sorted(more - ({query} if method == "get" else set()))]
        asked: list[dict[str, Any]] = [{}]
        if set(route.arguments) & s.theirs.keys():
            asked.append(s.theirs)
            ways += [(m, query, body) for m in ("delete", "patch") if route.is_api]
        if "code_id" in route.arguments:
            asked += [{"code_id": pk} for pk in codes]
        if "import_batch" in route.arguments:
            asked.append({"import_batch": s.imported})
        if "round_id" in route.arguments:
            asked.append({"round_id": s.held.pk})
        if "fmt" in route.arguments:
            asked += [{"fmt": f} for f in ("tidy", "wide", "csv", "docx", "md", "qdc")]
        for ids in asked:
            for way in ways:
                yield route, *way, ids
    for action in ("keep", "give", "remove"):
        review = next(r for r in PROJECT_ROUTES if r.name == "coding:code_review")
        body = {"coding": s.theirs["coding_id"], "action": action, "codes": [codes[0]]}
        yield review, "post", "", body, {}
    example = next(r for r in PROJECT_ROUTES if r.name == "coding:code_examples")
    yield example, "post", "", {"coding": s.theirs["coding_id"]}, {}


MASKED = [
    # A new round is offered a seed of its own each time.
    (re.compile(r'name="seed" value="\d+"'), "SEED"),
    (re.compile(r"/invitations/[\w-]+/"), "INVITATION"),
    # A token against forgery; the hash of a matrix has no capitals.
    (re.compile(r"\b(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{64}\b"), "CSRF"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "GUID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\d{1,2}:\d\d(:\d\d)?( [ap]\.m\.)?|noon|midnight"), "TIME"),
    # The token of a dry run changes with what would go, and says nothing of it.
    (re.compile(r'(name="token" value=)"[0-9a-f]{64}"'), "TOKEN"),
    (re.compile(r'nonce="[^"]+"|nonce-[\w=+/-]+'), "NONCE"),
]


def told(answer: Any) -> str:
    if answer.status_code >= 500:
        return "a fault"
    content = b"".join(answer) if answer.streaming else answer.content
    words = words_of(content)
    for pattern, mark in MASKED:
        words = pattern.sub(mark, words)
    return words


def ask(s: Scene, call: tuple[Route, str, str, dict[str, Any], dict[str, Any]]) -> list[Any]:
    """Everything that an answer tells, with the page that it leads to; nothing stays done."""
    route, method, query, body, ids = call
    address = f"{s.place.address(route, **ids)}?{query}"
    sid = transaction.savepoint()
    if method != "get":
        reset_numbers()
    answer = send(s.client, method, address, body, route.is_api)
    said = [answer.status_code, answer.get("Location", ""), told(answer)]
    said[1] = MASKED[1][0].sub("GUID", said[1])
    if answer.status_code == 302:
        said.append(told(s.client.get(answer["Location"])))
    transaction.savepoint_rollback(sid)
    return said


def reset_numbers() -> None:
    """PostgreSQL does not take back the numbers that it has given to new rows; SQLite does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("".join(connection.ops.sequence_reset_sql(no_style(), room_models())))


def walk(s: Scene, only: set[str] | None = None) -> dict[str, list[Any]]:
    # Who is where is told to everybody, also of the time before.
    cache.clear()
    found = {}
    for n, call in enumerate(calls(s, only)):
        route, method, query, _body, ids = call
        # A member who is another one afterwards could not ask the next question.
        if route.name in ("projects:member_end", "projects:member_role"):
            continue
        # To open the round is to see all of it.
        if route.name == "cases:round_open" and method == "post" and ids == {"round_id": s.held.pk}:
            continue
        found[f"{n} {method} {route.name} ?{query} {ids}"] = ask(s, call)
    return found


# --- the net -------------------------------------------------------------------------------------


def test_nothing_tells_what_another_coder_of_the_round_has_done(scene: Scene) -> None:
    with_them = walk(scene)
    take_away(scene.other)
    without = walk(scene)
    differing = [name for name in with_them if with_them[name] != without[name]]
    assert differing == []
    assert [name for name, said in with_them.items() if SECRET in str(said).lower()] == []
    assert [name for name, said in with_them.items() if "a fault" in said] == []


def telling(me: Access) -> set[str]:
    """The routes that tell this member of what others have coded, once the round is opened."""
    names = set(TELLING)
    if me.may["edit_codebook"]:
        names |= TELLING_EDITORS
    if me.may["withdraw"]:
        names.add("cases:withdraw")
    return names


def test_once_the_round_is_opened_the_net_catches_it_everywhere(scene: Scene) -> None:
    Round.objects.filter(pk=scene.held.pk).update(state="opened")
    names = telling(scene.me)
    with_them = walk(scene, names)
    take_away(scene.other)
    without = walk(scene, names)
    caught = {name.split()[2] for name in with_them if with_them[name] != without[name]}
    assert caught == names
    assert SECRET in str(with_them).lower()


@pytest.mark.parametrize("who", ["liam", "vera"])
def test_who_does_not_code_in_the_round_sees_all_of_it(cast: Cast, who: str) -> None:
    where = place(cast.alder, cast.olive)
    me, other = cast.access(who), cast.access("cora")
    held = Round.objects.create(
        project=cast.alder, number=2, name="Second", state="running", made_by=me.membership
    )
    Assignment.objects.create(round=held, source=where.world.source, coder=other.membership)
    coding = add(other, where, "every lesson", where.world.intranet)
    page = logged_in(me.user).get(
        f"/api/v1/projects/{cast.alder.pk}/sources/{where.world.source.pk}/codings/"
    )
    assert coding.pk in [row[0] for row in page.json()["codings"]]


def test_all_sources_of_the_round_are_hidden_not_only_ones_own(cast: Cast) -> None:
    where = place(cast.alder, cast.olive)
    me, other = cast.access("cody"), cast.access("cora")
    second = factories.source(cast.alder, "two", "P1: Here too.\n")
    held = Round.objects.create(
        project=cast.alder, number=2, name="Second", state="running", made_by=other.membership
    )
    Assignment.objects.create(round=held, source=where.world.source, coder=me.membership)
    Assignment.objects.create(round=held, source=second, coder=other.membership)
    factories.coding(second, where.world.intranet, other.membership, 4, 8)
    address = f"/api/v1/projects/{cast.alder.pk}/sources/{second.pk}/codings/"
    assert logged_in(me.user).get(address).json()["codings"] == []
    Round.objects.filter(pk=held.pk).update(state="closed")
    assert len(logged_in(me.user).get(address).json()["codings"]) == 1


def test_a_member_of_another_project_is_not_made_blind_by_this_one(cast: Cast) -> None:
    where = place(cast.alder, cast.olive)
    access = resolve(cast.otto, cast.brook.pk)
    world = factories.world(cast.brook)
    ghost = factories.member(cast.brook, None, "coder", label="ghost")
    factories.coding(world.source, world.intranet, ghost, 4, 8)
    held = Round.objects.create(
        project=cast.alder,
        number=2,
        name="Second",
        state="running",
        made_by=Membership.objects.get(project=cast.alder, user=cast.olive),
    )
    Assignment.objects.create(
        round=held, source=where.world.source, coder=cast.access("cora").membership
    )
    address = f"/api/v1/projects/{cast.brook.pk}/sources/{world.source.pk}/codings/"
    assert len(logged_in(access.user).get(address).json()["codings"]) == 1


def test_an_import_does_not_say_what_another_coder_has_coded_already(scene: Scene) -> None:
    coders = {row[2] for row in existing(scene.me).codings}
    assert "Cora" not in coders
    assert scene.me.membership.label in coders
    Round.objects.filter(pk=scene.held.pk).update(state="opened")
    assert "Cora" in {row[2] for row in existing(scene.me).codings}


def test_a_memo_that_others_threw_away_lies_in_no_trash_of_whoever_is_blind(
    scene: Scene,
) -> None:
    own = Coding.objects.filter(coder=scene.me.membership).latest("id")
    lead = scene.cast.access("liam" if scene.me.user == scene.cast.olive else "olive")
    thrown = notes.add_note(access=lead, coding=own, text=f"Hush, {SECRET}.").note
    assert thrown is not None
    notes.remove_note(access=lead, note=thrown)
    address = f"/projects/{scene.cast.alder.pk}/trash/"
    assert SECRET not in scene.client.get(address).content.decode()
    restored = scene.client.post(f"{address}{thrown.guid}/restore/")
    assert restored.status_code == 404
    Round.objects.filter(pk=scene.held.pk).update(state="opened")
    assert SECRET in scene.client.get(address).content.decode()
