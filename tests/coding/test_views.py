"""The pages of coding: the list of sources, the reader, the codebook and its form."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coding.core import packed, sections
from coding.models import Code, Reading
from projects.models import Event
from tests import factories
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


class Reader(HTMLParser):
    """The transcript and the data of a reader page, as a browser takes them out of the HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.turns: list[tuple[dict[str, str | None], str]] = []
        self.sections: list[tuple[int, int]] = []
        self.json = ""
        self._inside = ""
        self.feed(html)
        self.data: dict[str, Any] = json.loads(self.json)
        self.data["codings"] = packed.rows(self.data["codings"])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "section" and found.get("class") == "section":
            self.sections.append((int(found["data-s"] or ""), int(found["data-e"] or "")))
        elif tag == "p" and found.get("class") == "turn":
            self.turns.append((found, ""))
            self._inside = "turn"
        elif tag == "script" and found.get("id") == "reader-data":
            self._inside = "json"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "script"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "turn":
            attributes, text = self.turns[-1]
            self.turns[-1] = attributes, text + data
        elif self._inside == "json":
            self.json += data


def reader(client: Client, world: World, query: str = "") -> Reader:
    response = client.get(f"/projects/{world.project.pk}/sources/{world.source.pk}/{query}")
    assert response.status_code == 200
    return Reader(response.content.decode())


# --- the reader ----------------------------------------------------------------------------------


def test_the_data_of_the_page(cast: Cast, world: World, text: str, client: Client) -> None:
    cora = cast.access("cora").membership
    row = factories.coding(world.source, world.intranet, cora, 40, 50)
    Reading.objects.create(source=world.source, coder=cora)
    client.force_login(cast.cora)
    data = reader(client, world).data
    project, source = cast.alder.pk, world.source.pk
    api = f"/api/v1/projects/{project}"
    assert data["project"] == project
    assert data["source"] == {
        "id": source,
        "title": "Interview int1",
        "kind": "interview",
        "length": len(text),
        "version": 1,
    }
    assert data["me"] == {
        "coder": cora.pk,
        "name": "Cora",
        "can_code": True,
        "can_make_codes": False,
        "can_choose_examples": False,
        "can_remove_others": False,
        "finished": True,
    }
    assert data["codes"] == [
        {
            "id": code.pk,
            "key": code.key,
            "name": code.name,
            "parent": code.parent_id,
            "depth": depth,
            "colour": 0,
            "definition": code.definition,
            "heading_only": False,
            "elicited": False,
            "retired": False,
        }
        for code, depth in ((world.gains, 0), (world.intranet, 1), (world.solving, 1))
    ]
    names = {c["name"] for c in data["coders"]}
    assert {"id": cora.pk, "name": "Cora"} in data["coders"]
    assert names == {"Olive", "Liam", "Cora", "Cody", "Vera"}
    assert data["codings"] == [[row.pk, 40, 50, world.intranet.pk, cora.pk]]
    assert (data["can_undo"], data["can_redo"], data["at"]) == (False, False, None)
    assert data["urls"] == {
        "codings": f"{api}/sources/{source}/codings/",
        "coding": f"{api}/codings/0/",
        "undo": f"{api}/sources/{source}/undo/",
        "redo": f"{api}/sources/{source}/redo/",
        "changes": f"{api}/sources/{source}/changes/",
        "sources": f"/projects/{world.project.pk}/sources/",
        "login": "/accounts/login/",
        "notes": f"{api}/codings/0/notes/",
        "note": f"{api}/notes/0/",
        "example": f"{api}/codings/0/example/",
        "finished": f"{api}/sources/{source}/finished/",
        "codes": f"{api}/codes/",
    }


@pytest.mark.parametrize(
    ("who", "can_code", "can_make", "can_remove"),
    [
        ("olive", True, True, True),
        ("liam", True, True, True),
        ("cora", True, False, False),
        ("vera", False, False, False),
    ],
)
def test_what_the_page_lets_each_role_do(
    cast: Cast,
    world: World,
    client: Client,
    who: str,
    can_code: bool,
    can_make: bool,
    can_remove: bool,
) -> None:
    client.force_login(getattr(cast, who))
    me = reader(client, world).data["me"]
    assert (me["can_code"], me["can_make_codes"], me["can_remove_others"]) == (
        can_code,
        can_make,
        can_remove,
    )


HARD = (
    "  Heading with <b>tags</b> & \"quotes\" 'and' &amp; more\n\n\n"
    "INT:\tWhat   is\u00a0here? </script><script>alert(1)</script>\n"
    "P1: 👩‍🏫 nai\u0308ve \u2028 line 🙂\n   second line\n\n"
    "P2: \u200fRTL\u200f text\n"
    "P1:\n"
    "P2: end"
)


@pytest.mark.parametrize("text", [factories.TEXT + "P1: So.\n", HARD], ids=["plain", "hard"])
def test_every_turn_reads_as_it_is_stored(
    cast: Cast, world: World, client: Client, text: str
) -> None:
    world.source = factories.source(cast.alder, "hard", text)
    client.force_login(cast.vera)
    page = reader(client, world)
    stored = list(world.source.turns.order_by("ordinal"))
    assert len(page.turns) == len(stored) > 3
    covered = 0
    for (attributes, words), turn in zip(page.turns, stored, strict=True):
        start, end = int(attributes["data-s"] or ""), int(attributes["data-e"] or "")
        assert words == text[start:end]
        assert (start, end) == (turn.start, turn.end)
        assert attributes["id"] == f"t{turn.ordinal}"
        assert attributes["data-n"] == str(turn.ordinal)
        assert attributes["data-b"] == str(turn.body_start)
        assert attributes["data-role"] == turn.role
        assert attributes["tabindex"] == "-1"
        # Between the turns there is nothing but white space.
        assert text[covered:start].strip() == ""
        covered = end
    assert text[covered:].strip() == ""


def test_times_of_turns_stand_beside_the_text(cast: Cast, world: World, client: Client) -> None:
    client.force_login(cast.vera)
    assert all("data-time" not in attributes for attributes, _words in reader(client, world).turns)
    first, second, *_rest = world.source.turns.order_by("ordinal")
    first.time_start, first.time_end = 0, 2_500
    first.save()
    second.time_start = 3_723_400
    second.save()
    page = reader(client, world)
    names = ("data-at", "data-until", "data-time")
    found = [tuple(attributes.get(name) for name in names) for attributes, _words in page.turns]
    assert found[:3] == [
        ("0", "2500", "0:00:00"),
        ("3723400", None, "1:02:03"),
        (None, None, None),
    ]
    assert page.turns[1][1] == world.source.content.text[second.start : second.end]


def test_long_texts_are_cut_between_turns(cast: Cast, world: World, client: Client) -> None:
    text = "".join(f"P1: turn {n} {'word ' * 30}\n" for n in range(100))
    world.source = factories.source(cast.alder, "long", text)
    client.force_login(cast.vera)
    page = reader(client, world)
    assert len(page.sections) > 3
    assert page.sections[0][0] == int(page.turns[0][0]["data-s"] or "")
    assert page.sections[-1][1] == int(page.turns[-1][0]["data-e"] or "")
    for (_start, end), (following, _end) in zip(page.sections, page.sections[1:], strict=False):
        assert end < following
    longest = max(end - start for start, end in page.sections)
    assert longest < sections.SECTION_LENGTH + 200
    assert len(page.turns) == 100


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("?at=120-164", [120, 164]),
        ("?at=0-3", [0, 3]),
        ("?at=", None),
        ("?at=5", None),
        ("?at=a-b", None),
        ("?at=-1-5", None),
        ("?at=1-2-3", None),
        ("?at=1-9999999999", None),
        ("?at=%D9%A1-%D9%A3", [1, 3]),  # Arabic digits are digits to Python: harmless
    ],
)
def test_the_place_to_open(
    cast: Cast, world: World, client: Client, query: str, at: list[int] | None
) -> None:
    client.force_login(cast.vera)
    assert reader(client, world, query).data["at"] == at


def test_a_withheld_source_has_no_page(cast: Cast, world: World, client: Client) -> None:
    world.participant.consent_use = False
    world.participant.save()
    client.force_login(cast.olive)
    home = f"/projects/{cast.alder.pk}/"
    assert client.get(f"{home}sources/{world.source.pk}/").status_code == 404
    page = client.get(f"{home}sources/").content.decode()
    assert "withheld" in page
    assert f"{home}sources/{world.source.pk}/" not in page


# --- lists ---------------------------------------------------------------------------------------


def rows_of(page: str) -> list[str]:
    return page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]


def test_the_list_of_sources_counts_what_is_there(cast: Cast, world: World, client: Client) -> None:
    cora, cody = cast.access("cora").membership, cast.access("cody").membership
    factories.coding(world.source, world.intranet, cora, 0, 3)
    factories.coding(world.source, world.solving, cora, 0, 3)
    gone = factories.coding(world.source, world.solving, cody, 0, 3)
    gone.removed_at = gone.created_at
    gone.save()
    client.force_login(cast.vera)
    (row,) = rows_of(client.get(f"/projects/{cast.alder.pk}/sources/").content.decode())
    assert 'data-label="Codings" class="num">2<' in row
    assert 'data-label="Coders" class="num">1<' in row
    assert f'data-label="Words" class="num">{world.source.words}<' in row


def test_the_codebook_counts_own_codings_and_those_below(
    cast: Cast, world: World, client: Client
) -> None:
    cora = cast.access("cora").membership
    factories.coding(world.source, world.gains, cora, 0, 3)
    for start in (0, 4):
        factories.coding(world.source, world.intranet, cora, start, start + 3)
    client.force_login(cast.vera)
    rows = rows_of(client.get(f"/projects/{cast.alder.pk}/codes/").content.decode())
    counts = [row.split('data-label="Codings" class="num">')[1].split("<")[0] for row in rows]
    assert counts == ["1", "2", "0"]
    assert 'data-label="with codes below" class="num">3<' in rows[0]


@pytest.mark.parametrize("items", [1, 3])
def test_a_constant_number_of_queries(cast: Cast, world: World, client: Client, items: int) -> None:
    for n in range(items):
        code = factories.code(cast.alder, f"Code {n}")
        person = factories.participant(cast.alder, f"Q{n}")
        extra = factories.source(cast.alder, f"more{n}", f"Q{n}: Hello {n}.\n")
        extra.participant = person
        extra.save()
        helper = factories.member(cast.alder, None, "coder", f"helper {n}")
        factories.coding(extra, code, helper, 4, 9)
        factories.coding(world.source, code, helper, n, n + 4)
    client.force_login(cast.liam)
    home = f"/projects/{cast.alder.pk}/"
    found = {}
    for name, page in {
        "sources": "sources/",
        "reader": f"sources/{world.source.pk}/",
        "codes": "codes/",
        "code": f"codes/{world.gains.pk}/",
        "edit": f"codes/{world.gains.pk}/edit/",
    }.items():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(home + page).status_code == 200
        found[name] = len(seen)
    assert found == {"sources": 4, "reader": 17, "codes": 6, "code": 14, "edit": 5}


# --- the form of a code --------------------------------------------------------------------------


def post(client: Client, cast: Cast, page: str, **data: Any) -> HttpResponse:
    filled = {"name": "Time", "parent": "", "definition": "", "colour": "4"} | data
    response: HttpResponse = client.post(f"/projects/{cast.alder.pk}/codes/{page}", filled)
    return response


def test_making_and_changing_a_code(cast: Cast, world: World, client: Client) -> None:
    client.force_login(cast.liam)
    response = post(client, cast, "new/", parent=world.gains.pk, definition="When?")
    code = Code.objects.get(name="Time")
    assert response["Location"] == f"/projects/{cast.alder.pk}/codes/{code.pk}/"
    assert (code.parent, code.colour, code.definition) == (world.gains, 4, "When?")
    post(client, cast, f"{code.pk}/edit/", name="Shared time", colour="5", heading_only="on")
    code.refresh_from_db()
    assert (code.name, code.key, code.parent, code.colour, code.heading_only) == (
        "Shared time",
        "time",
        None,
        5,
        True,
    )
    verbs = Event.objects.filter(object_guid=code.guid).order_by("id").values_list("verb")
    assert list(verbs) == [("code.created",), ("code.changed",)]


def test_what_the_service_refuses_stands_beside_the_field(
    cast: Cast, world: World, client: Client
) -> None:
    client.force_login(cast.liam)
    response = post(client, cast, "new/", name="Intranet", parent=world.gains.pk)
    assert response.status_code == 200
    assert response.context["form"].errors == {"name": ["There is already a code “Intranet” here."]}
    response = post(client, cast, f"{world.gains.pk}/edit/", name="Gains", parent=world.intranet.pk)
    assert response.context["form"].errors == {
        "parent": ["“Intranet” lies below “Gains”: a code cannot be its own descendant."]
    }
    world.gains.refresh_from_db()
    assert world.gains.parent is None


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"colour": "12"}, "colour"),
        ({"colour": "red"}, "colour"),
        ({"parent": "0"}, "parent"),
        ({"parent": "x"}, "parent"),
    ],
)
def test_what_the_form_refuses(
    cast: Cast, client: Client, data: dict[str, str], field: str
) -> None:
    client.force_login(cast.liam)
    response = post(client, cast, "new/", **data)
    assert set(response.context["form"].errors) == {field}
    assert not Code.objects.exists()


def test_a_parent_of_another_project_cannot_be_chosen(cast: Cast, client: Client) -> None:
    foreign = factories.code(cast.brook, "Foreign")
    client.force_login(cast.liam)
    response = post(client, cast, "new/", parent=foreign.pk)
    assert set(response.context["form"].errors) == {"parent"}


@pytest.mark.parametrize("who", ["cora", "vera"])
def test_the_form_is_for_leads(cast: Cast, world: World, client: Client, who: str) -> None:
    client.force_login(getattr(cast, who))
    assert post(client, cast, "new/").status_code == 403
    assert post(client, cast, f"{world.gains.pk}/edit/").status_code == 403
    assert Code.objects.count() == 3
