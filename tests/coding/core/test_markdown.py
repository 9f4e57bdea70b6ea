"""Markdown of memos: what it becomes, and what hostile text does not become."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.markdown import Block, Run, blocks, html, mentioned

ALLOWED = {
    *("p", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br", "a"),
    *("h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {("a", "href"), ("a", "rel"), ("a", "title"), ("strong", "class"), ("ol", "start")}
ATTRIBUTES |= {("code", "class"), ("th", "style"), ("td", "style")}


class Seen(HTMLParser):
    """A parser that is not ours: what a browser would find in the result."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def check_harmless(text: str) -> None:
    for tag, attributes in Seen(html(text, ["Maria"])).tags:
        assert tag in ALLOWED, tag
        for name, value in attributes.items():
            assert (tag, name) in ATTRIBUTES, (tag, name)
            if name == "style":
                assert re.fullmatch(r"text-align:(left|right|center)", value or "")
        if tag == "a":
            assert re.match(r"(https?://|mailto:)", attributes["href"] or "", re.IGNORECASE)
            assert attributes["rel"] == "noopener nofollow"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>\n"),
        ("# A\n## B\n### C", "<h4>A</h4>\n<h5>B</h5>\n<h6>C</h6>\n"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>\n"),
        (
            "[x](https://a.example)",
            '<p><a href="https://a.example" rel="noopener nofollow">x</a></p>\n',
        ),
        (
            "<mailto:a@b.example>",
            '<p><a href="mailto:a@b.example" rel="noopener nofollow">mailto:a@b.example</a></p>\n',
        ),
        ("![a picture](https://a.example/x.png)", "<p>a picture</p>\n"),
        ("Ask @[Maria].", '<p>Ask <strong class="mention">@Maria</strong>.</p>\n'),
        ("Ask @[maria].", '<p>Ask <strong class="mention">@Maria</strong>.</p>\n'),
        ("Ask @[Nobody].", "<p>Ask @[Nobody].</p>\n"),
        ("`@[Maria]`", "<p><code>@[Maria]</code></p>\n"),
        ("[Maria]", "<p>[Maria]</p>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<img onerror=x src=y>", "<p>&lt;img onerror=x src=y&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("[x](/projects/1/)", "<p>[x](/projects/1/)</p>\n"),
    ],
)
def test_what_it_becomes(text: str, expected: str) -> None:
    assert html(text, ["Maria", "Mar"]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](<java script:alert(1)>)",
        "[x](vbscript:x) [y](data:text/html;base64,PHNjcmlwdD4=) [z](file:///etc/passwd)",
        "[x]\n\n[x]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1)) ![y](data:image/svg+xml,<svg onload=x>)",
        '![" onerror="alert(1)](https://a.example/x)',
        '[x](https://a.example "\\" onmouseover=\\"alert(1)")',
        "<a href='https://a.example' onclick='x'>y</a>",
        "<svg/onload=alert(1)>",
        "```<script>\nalert(1)\n```",
        "<!-- --><style>*{}</style>",
        "| a |\n|:-:|\n| <b onclick=x> |",
        "&lt;script&gt;&#60;script&#62;",
        "\x00<scr\x00ipt>",
    ],
)
def test_hostile_text_stays_text(text: str) -> None:
    check_harmless(text)


@given(
    st.text(
        alphabet=st.sampled_from(list("<>[]()!\"'`*_~#-|&;:=/\\ \n\tajavscript@1.")), max_size=80
    )
)
def test_no_text_makes_anything_else(text: str) -> None:
    check_harmless(text)


@pytest.mark.parametrize("piece", ["> ", "- ", "[", "*", "![](", "<", "a` "])
def test_nesting_has_an_end(piece: str) -> None:
    text = piece * 3_000 + "the end"
    check_harmless(text)
    assert "the end" in html(text)
    assert "the end" in "".join(block.text for block in blocks(text))


def test_a_megabyte_is_shown_as_it_is() -> None:
    text = "<b>**x**" * 125_000
    assert html(text) == "<p>" + "&lt;b&gt;**x**" * 125_000 + "</p>\n"
    assert blocks(text) == [Block("paragraph", (Run(text),))]


def test_blocks_for_files() -> None:
    text = (
        "## Why\n\nSee **this *one*** and [there](https://a.example).\n\n"
        "- a\n  1. b\n\n> said\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n\n---"
    )
    found = blocks(text)
    assert [(b.kind, b.level, b.marker, b.quoted, b.text) for b in found] == [
        ("heading", 2, "", 0, "Why"),
        ("paragraph", 0, "", 0, "See this one and there."),
        ("item", 1, "•", 0, "a"),
        ("item", 2, "1.", 0, "b"),
        ("paragraph", 0, "", 1, "said"),
        ("row", 0, "", 0, "x | y"),
        ("row", 0, "", 0, "1 | 2"),
        ("code", 0, "", 0, "code"),
        ("rule", 0, "", 0, ""),
    ]
    assert found[1].runs == (
        Run("See "),
        Run("this ", bold=True),
        Run("one", bold=True, italic=True),
        Run(" and "),
        Run("there", href="https://a.example"),
        Run("."),
    )


def test_who_is_mentioned() -> None:
    names = ["Maria", "Maria Ł.", "Tom [x]"]
    assert mentioned("@[maria ł.] and @[TOM [X]]", names) == ["Maria Ł.", "Tom [x]"]
    assert mentioned("@Maria, [Maria], @ [Maria]", names) == []
