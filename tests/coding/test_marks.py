"""The reading and print view: every word as it is stored, every passage numbered and named."""

from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coding.models import Turn
from tests import factories
from tests.coding.test_views import HARD
from tests.factories import Cast, World

pytestmark = pytest.mark.django_db


class Marks(HTMLParser):
    """What the page says: the words of each turn, the marks in them, the labels, the lists."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.turns: list[str] = []
        self.marks: list[tuple[str, dict[str, str | None]]] = []
        self.begins: list[str] = []
        self.ends: list[str] = []
        self.items: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("class") or ""
        self._open.append((tag, name))
        if name == "marked-words":
            self.turns.append("")
        elif tag == "mark" and name == "":
            self.marks.append(("", found))
        elif name == "mark-begin":
            self.begins.append("")
        elif name == "mark-end":
            self.ends.append("")
        elif tag == "li" and "value" in found:
            self.items.append(f"{found['value']}: ")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1][0] != tag:
            self._open.pop()
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        names = [name for _tag, name in self._open]
        tags = [tag for tag, _name in self._open]
        if "mark-begin" in names:
            self.begins[-1] += data
        elif "mark-end" in names:
            self.ends[-1] += data
        elif "marked-words" in names:
            self.turns[-1] += data
            if "mark" in tags:
                words, attributes = self.marks[-1]
                self.marks[-1] = words + data, attributes
        elif "li" in tags and self.items and "ol" in tags and not data.isspace():
            self.items[-1] += data


def page(client: Client, world: World, query: str = "") -> Marks:
    response = client.get(f"/projects/{world.project.pk}/sources/{world.source.pk}/marks/{query}")
    assert response.status_code == 200
    html = response.content.decode()
    return Marks(html[html.index('<div class="marked">') :])


def code_words(world: World, code: object, coder: object, words: str) -> object:
    start = factories.TEXT.index(words)
    return factories.coding(world.source, code, coder, start, start + len(words))  # type: ignore[arg-type]


def test_overlapping_passages_are_cut_numbered_and_named(
    cast: Cast, world: World, client: Client
) -> None:
    cora, cody = cast.access("cora").membership, cast.access("cody").membership
    world.solving.colour = 3
    world.solving.save()
    code_words(world, world.intranet, cora, "every lesson on the intranet")
    code_words(world, world.solving, cody, "the intranet 🙂 naïve")
    client.force_login(cast.vera)
    found = page(client, world)
    assert found.marks == [
        ("every lesson on ", {"data-colour": "0"}),
        ("the intranet", {"data-colour": "0", "data-second": "3", "data-depth": "2"}),
        (" 🙂 naïve", {"data-second": "3"}),
    ]
    assert found.begins == [" [begin of 1 Intranet · Cora] ", " [begin of 2 Solving · Cody] "]
    assert found.ends == [" [end of 1 Intranet · Cora] ", " [end of 2 Solving · Cody] "]
    assert found.items == [
        "1: Gains › Intranet · Cora · turn 2",
        "2: Gains › Solving · Cody · turn 2",
    ]


@pytest.mark.parametrize("text", [factories.TEXT + "P1: So.\n", HARD], ids=["plain", "hard"])
def test_every_word_is_there_as_it_is_stored(
    cast: Cast, world: World, client: Client, text: str
) -> None:
    world.source = factories.source(cast.alder, "hard", text)
    cora = cast.access("cora").membership
    for start in range(0, len(text) - 9, 4):
        factories.coding(world.source, world.solving, cora, start, start + 9)
    factories.coding(world.source, world.gains, cora, 0, len(text))
    client.force_login(cast.vera)
    found = page(client, world)
    stored = [text[turn.start : turn.end] for turn in world.source.turns.order_by("ordinal")]
    assert found.turns == stored
    assert "".join(words for words, _look in found.marks) == "".join(stored)
    assert len(found.begins) == len(found.ends) == len(found.items)


def test_a_passage_over_several_turns_says_so(cast: Cast, world: World, client: Client) -> None:
    cora = cast.access("cora").membership
    text = factories.TEXT
    # From the line end after the first turn to the label of the last.
    factories.coding(world.source, world.gains, cora, text.index("\n"), text.rindex("P1") + 2)
    client.force_login(cast.vera)
    found = page(client, world)
    assert [words for words, _look in found.marks] == [
        "P1: ",
        "We put every lesson on the intranet 🙂 naïve or not. We built it together.",
        "INT: ",
        "And problems?",
        "P1",
    ]
    assert found.items == ["1: Gains · Cora · turns 2–4"]


def test_a_passage_of_line_ends_alone_stands_in_the_list(
    cast: Cast, world: World, client: Client
) -> None:
    cora = cast.access("cora").membership
    at = factories.TEXT.index("\nINT: And")
    factories.coding(world.source, world.gains, cora, at, at + 1)
    client.force_login(cast.vera)
    found = page(client, world)
    assert (found.marks, found.items) == ([], ["1: Gains · Cora · turn 2"])


def test_times_pseudonyms_and_what_stands_between_turns(
    cast: Cast, world: World, client: Client
) -> None:
    world.participant.pseudonym = "Anna"
    world.participant.save()
    turn = world.source.turns.get(ordinal=2)
    Turn.objects.filter(pk=turn.pk).update(time_start=3_725_900)
    # Words outside every turn, as a correction of the turns might leave them.
    Turn.objects.filter(source=world.source, ordinal=3).delete()
    cora = cast.access("cora").membership
    code_words(world, world.gains, cora, "problems")
    client.force_login(cast.vera)
    response = client.get(f"/projects/{cast.alder.pk}/sources/{world.source.pk}/marks/")
    html = response.content.decode()
    assert '<span class="marked-time">1:02:05</span>' in html
    assert html.count('<span class="marked-name">Anna</span>') == 2
    found = page(client, world)
    assert found.turns[2] == "\nINT: And problems?\n"
    assert found.marks == [("problems", {"data-colour": "0"})]
    assert found.items == ["1: Gains · Cora · turn 2"]


def test_filters_by_code_with_those_below_and_by_coder(
    cast: Cast, world: World, client: Client
) -> None:
    cora, cody = cast.access("cora").membership, cast.access("cody").membership
    other = factories.code(cast.alder, "Other")
    code_words(world, world.intranet, cora, "the intranet")
    code_words(world, world.gains, cody, "every lesson")
    code_words(world, other, cora, "on Friday")
    gone = code_words(world, other, cora, "together")
    gone.removed_at = gone.created_at  # type: ignore[attr-defined]
    gone.save()  # type: ignore[attr-defined]
    client.force_login(cast.vera)

    def marked(query: str = "") -> list[str]:
        return [words for words, _look in page(client, world, query).marks]

    assert marked() == ["every lesson", "the intranet", "on Friday"]
    assert marked(f"?code={world.gains.pk}") == ["every lesson", "the intranet"]
    assert marked(f"?code={world.gains.pk}&coder={cora.pk}") == ["the intranet"]
    assert marked(f"?code=&coder={cora.pk}&coder={cody.pk}") == marked()
    assert marked(f"?code={world.solving.pk}") == []
    address = f"/projects/{cast.alder.pk}/sources/{world.source.pk}/marks/"
    html = client.get(f"{address}?coder={cora.pk}").content.decode()
    assert "2 of 3 coded passages" in html
    # The codebook offers every code; the legend holds those that are shown.
    assert html.count('<mark class="sample"') == 2


@pytest.mark.parametrize("query", ["code=0", "code=x", "coder=0", "coder=x", "code=9" + "9" * 20])
def test_a_filter_that_is_not_there_is_no_page(
    cast: Cast, world: World, client: Client, query: str
) -> None:
    client.force_login(cast.vera)
    address = f"/projects/{cast.alder.pk}/sources/{world.source.pk}/marks/"
    assert client.get(f"{address}?{query}").status_code == 404


def test_codes_and_coders_of_another_project_are_not_there(
    cast: Cast, world: World, client: Client
) -> None:
    foreign = factories.world(cast.brook)
    client.force_login(cast.olive)
    address = f"/projects/{cast.alder.pk}/sources/{world.source.pk}/marks/"
    assert client.get(f"{address}?code={foreign.gains.pk}").status_code == 404
    otto = cast.access("otto", cast.brook).membership
    assert client.get(f"{address}?coder={otto.pk}").status_code == 404


def test_a_withheld_source_is_not_printed(cast: Cast, world: World, client: Client) -> None:
    world.participant.consent_use = False
    world.participant.save()
    client.force_login(cast.olive)
    address = f"/projects/{cast.alder.pk}/sources/{world.source.pk}/marks/"
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("items", [1, 12])
def test_a_constant_number_of_queries(cast: Cast, world: World, client: Client, items: int) -> None:
    cora = cast.access("cora").membership
    for n in range(items):
        code = factories.code(cast.alder, f"Code {n}")
        helper = factories.member(cast.alder, None, "coder", f"helper {n}")
        factories.coding(world.source, code, helper, n, n + 4)
    factories.coding(world.source, world.gains, cora, 3, 9)
    client.force_login(cast.liam)
    address = f"/projects/{cast.alder.pk}/sources/{world.source.pk}/marks/?coder={cora.pk}"
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    assert len(seen) == 9
