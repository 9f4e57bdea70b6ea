"""Memos are written in Markdown; here it becomes HTML for pages, and blocks for files.

What members type is not trusted: there is no raw HTML, no picture (its description stays), and a
link leads to the web or to a mail address or is no link. ``@[Name]`` stands out where the name is
one of those given.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

# The longest memo; what is longer, or nested deeper, is shown as it is, unparsed.
MOST = 20_000
_SAFE = re.compile(r"(?:https?://|mailto:)\S+\Z", re.IGNORECASE)
# The page has its own headings above those of a memo.
_BELOW = {"h1": "h4", "h2": "h5"}
_NESTING = 20


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of words that look alike."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    struck: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a file: ``kind`` is paragraph, heading, item, code, row or rule.

    ``level`` counts headings and the depth of lists from 1; ``marker`` is that of a list's item;
    ``quoted`` is the depth of quotation.
    """

    kind: str
    runs: tuple[Run, ...] = ()
    level: int = 0
    marker: str = ""
    quoted: int = 0

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def html(text: str, mentions: Iterable[str] = ()) -> str:
    """Safe HTML; ``mentions`` are the names that stand out after an ``@``."""
    env = _env(mentions)
    tokens = _parsed(text, env)
    if tokens is None:
        return f"<p>{escape(text)}</p>\n"
    return str(_PARSER.renderer.render(tokens, _PARSER.options, env))


def blocks(text: str) -> list[Block]:
    """The same as paragraphs with runs, for files that are no HTML."""
    tokens = _parsed(text, _env(()))
    return [Block("paragraph", (Run(text),))] if tokens is None else _Blocks(tokens).found


def mentioned(text: str, names: Iterable[str]) -> list[str]:
    """Which of ``names`` are mentioned, as ``@[Name]``, in any case."""
    low = text.casefold()
    return [name for name in names if f"@[{name.casefold()}]" in low]


# --- the parser ----------------------------------------------------------------------------------


def _parsed(text: str, env: dict[str, Any]) -> list[Token] | None:
    if len(text) > MOST:
        return None
    tokens = _PARSER.parse(text, env)
    # The parser leaves out what lies deeper than it goes.
    return tokens if all(token.level < _NESTING - 1 for token in tokens) else None


def _env(mentions: Iterable[str]) -> dict[str, Any]:
    return {"mentions": sorted(mentions, key=len, reverse=True)}


def _mention(state: StateInline, silent: bool) -> bool:
    """``@[Name]``. The "@" has been read as text already when the bracket is met."""
    if state.src[state.pos] != "[" or not state.pending.endswith("@"):
        return False
    start = state.pos + 1
    for name in state.env.get("mentions", ()):
        if state.src[start : start + len(name) + 1].casefold() == f"{name}]".casefold():
            if not silent:
                state.pending = state.pending[:-1]
                state.push("mention", "", 0).content = name
            state.pos += len(name) + 2
            return True
    return False


def _render_mention(
    _self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any
) -> str:
    return f'<strong class="mention">@{escape(tokens[index].content)}</strong>'


def _render_image(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return escape(_alt(tokens[index]))


def _render_link(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "noopener nofollow")
    return str(self.renderToken(tokens, index, options, env))


def _render_heading(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].tag = _BELOW.get(tokens[index].tag, "h6")
    return str(self.renderToken(tokens, index, options, env))


def _alt(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTING})
    parser.enable(["table", "strikethrough"])
    parser.disable(["html_block", "html_inline"])
    parser.validateLink = lambda url: bool(_SAFE.match(url.strip()))  # type: ignore[method-assign]
    parser.inline.ruler.before("link", "mention", _mention)
    parser.add_render_rule("mention", _render_mention)
    parser.add_render_rule("image", _render_image)
    parser.add_render_rule("link_open", _render_link)
    parser.add_render_rule("heading_open", _render_heading)
    parser.add_render_rule("heading_close", _render_heading)
    return parser


_PARSER = _parser()


# --- blocks --------------------------------------------------------------------------------------


class _Blocks:
    """Walks through the parser's tokens once."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.found: list[Block] = []
        self.lists: list[int | None] = []
        self.marker = ""
        self.heading = self.quoted = 0
        self.cells: list[Run] | None = None
        for token in tokens:
            self._take(token)

    def _take(self, token: Token) -> None:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            start = int(token.attrGet("start") or 1)
            self.lists.append(start if kind.startswith("ordered") else None)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif kind == "list_item_open":
            number = self.lists[-1]
            self.marker = "•" if number is None else f"{number}."
            if number is not None:
                self.lists[-1] = number + 1
        elif kind in ("blockquote_open", "blockquote_close"):
            self.quoted += 1 if kind.endswith("open") else -1
        elif kind == "heading_open":
            self.heading = int(token.tag[1])
        elif kind == "heading_close":
            self.heading = 0
        elif kind == "tr_open":
            self.cells = []
        elif kind == "tr_close":
            self._add("row", tuple(self.cells or ()))
            self.cells = None
        elif kind in ("fence", "code_block"):
            self._add("code", (Run(token.content.rstrip("\n"), code=True),))
        elif kind == "hr":
            self._add("rule", ())
        elif kind == "inline":
            self._inline(_runs(token.children or ()))

    def _inline(self, runs: tuple[Run, ...]) -> None:
        if self.cells is not None:
            self.cells += [Run(" | "), *runs] if self.cells else runs
        elif self.heading:
            self._add("heading", runs)
        else:
            self._add("item" if self.lists else "paragraph", runs)

    def _add(self, kind: str, runs: tuple[Run, ...]) -> None:
        level = self.heading if kind == "heading" else len(self.lists)
        self.found.append(Block(kind, runs, level, self.marker if self.lists else "", self.quoted))
        self.marker = ""


def _runs(tokens: Sequence[Token]) -> tuple[Run, ...]:
    bold = italic = struck = 0
    href = ""
    found: list[Run] = []
    for token in tokens:
        kind = token.type
        step = 1 if kind.endswith("_open") else -1
        if kind.startswith("strong_"):
            bold += step
        elif kind.startswith("em_"):
            italic += step
        elif kind.startswith("s_"):
            struck += step
        elif kind == "link_open":
            href = str(token.attrGet("href") or "")
        elif kind == "link_close":
            href = ""
        else:
            words = "\n" if kind in ("softbreak", "hardbreak") else token.content
            if kind == "image":
                words = _alt(token)
            if words:
                code = kind == "code_inline"
                found.append(Run(words, bold > 0, italic > 0, code, struck > 0, href))
    return tuple(found)
