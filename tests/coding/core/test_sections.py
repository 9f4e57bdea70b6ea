"""The HTML of a transcript: as a browser reads it, it is the stored text again."""

from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coding.core import sections


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "p":
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def turn(ordinal: int, start: int, end: int, **more: Any) -> dict[str, Any]:
    row = {"ordinal": ordinal, "start": start, "body_start": start, "end": end}
    return {**row, "speaker": "", "role": "", **more}


def test_exactly() -> None:
    text = "A: it's <b> & “so”\nB: no"
    built = sections.build(
        text,
        [turn(1, 0, 18, body_start=3, role="interviewer"), turn(2, 19, 24, role="participant")],
    )
    assert sections.html(built) == (
        '<section class="section" data-s="0" data-e="24">'
        '<p class="turn" id="t1" data-s="0" data-e="18" data-b="3" data-n="1"'
        ' data-role="interviewer" tabindex="-1">A: it\'s &lt;b&gt; &amp; “so”</p>'
        '<p class="turn" id="t2" data-s="19" data-e="24" data-b="19" data-n="2"'
        ' data-role="participant" tabindex="-1">B: no</p></section>'
    )


def test_markup_in_any_field_stays_words() -> None:
    nasty = "\"><script>alert('1')</script>&amp;"
    rows = [turn(1, 0, 5, role=nasty), turn(2, 5 + len(nasty), 10 + len(nasty))]
    rows[0] |= {"time_start": 0, "time_end": 7}
    page = Page(sections.html(sections.build("first" + nasty + "later", rows), at=nasty + "{time}"))
    assert [tag for tag, _ in page.tags] == ["section", "p", "p"]
    assert page.tags[1][1] == {
        "class": "turn",
        "id": "t1",
        "data-s": "0",
        "data-e": "5",
        "data-b": "0",
        "data-n": "1",
        "data-role": nasty,
        "data-gap": nasty,
        "data-at": "0",
        "data-until": "7",
        "data-time": "0:00:00",
        "aria-description": nasty + "0:00:00",
        "tabindex": "-1",
    }
    assert page.texts == ["first", "later"]


def test_a_gap_mark_says_so() -> None:
    rows = [turn(1, 0, 1, withdrawn=True), turn(2, 2, 3, withdrawn=False)]
    page = Page(sections.html(sections.build("x\ny", rows)))
    assert [("data-withdrawn" in attributes) for _, attributes in page.tags[1:]] == [True, False]


def test_a_time_without_an_end() -> None:
    row = turn(1, 0, 1) | {"time_start": 3_723_400, "time_end": None}
    attributes = Page(sections.html(sections.build("x", [row]), at="at {time}")).tags[1][1]
    assert attributes["data-at"] == "3723400"
    assert "data-until" not in attributes
    assert attributes["aria-description"] == "at 1:02:03"


def test_nothing() -> None:
    assert sections.html(sections.build("", [])) == ""


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"))))
def test_every_turn_reads_as_it_is_stored(texts: list[str]) -> None:
    rows, place = [], 0
    for number, words in enumerate(texts, start=1):
        rows.append(turn(number, place, place + len(words)))
        place += len(words) + 1
    page = Page(sections.html(sections.build("\n".join(texts), rows)))
    assert page.texts == texts
