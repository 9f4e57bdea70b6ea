"""Words to search by, the same for every database: how a text is split, what counts as the same
word, what a query asks for, and where in a text its hits stand.

A word is a run of letters, digits and underscores with the marks that belong to it; apostrophes
hold a word together ("don't" is one), hyphens part it, so that "follow-up" and "follow up" find
each other. Each ideograph and each kana is a word of its own, because those scripts are written
without spaces. Two words are the same when they differ in case, accents, vowel points, width or
the shape of the apostrophe alone.

Databases split and fold text each in their own way. They are therefore given words that need
neither: ``encode`` leaves nothing but the letters a-z and digits in them. It writes characters one
by one, so the beginning of a word is the beginning of its code, and prefixes stay prefixes.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MAX_QUERY = 300
MAX_TERMS = 20
# The longest word that is told apart; PostgreSQL takes at most 2,046 bytes for one.
MAX_WORD = 64
# Of one turn, in bytes of coded words (about 150,000 words): PostgreSQL's limit for a vector.
MAX_INDEXED = 1_000_000


def _mark_ranges() -> str:
    """All combining marks as the inside of a character class; ``re`` has no name for them."""
    ranges: list[list[int]] = []
    # Beyond these planes there are none but variation selectors, which do no harm there.
    for number in range(0x300, min(0x1F000, sys.maxunicode)):
        if unicodedata.category(chr(number))[0] == "M":
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


# Joiners stand inside words of Persian and of the scripts of India.
_INNER = _mark_ranges() + "\u200c\u200d"
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_LETTER = rf"(?:(?![{_SINGLE}])[\w{_INNER}])"
_WORD = re.compile(
    rf"(?=[{_SINGLE}])\w[{_INNER}]*|(?![{_SINGLE}])\w{_LETTER}*(?:['’ʼ＇]{_LETTER}+)*"
)
_ASCII_WORD = re.compile(r"\w+(?:'\w+)*")
_APOSTROPHES = str.maketrans("’ʼ＇", "'''")
_QUOTES = str.maketrans("“”„‟«»＂", '"' * 7)
_CHUNK = re.compile(r'"([^"]*)"(\*?)|"?(\S+)')
# The letter that opens and closes a coded character; it is coded itself.
_ESCAPE = "q"
_PLAIN = frozenset("abcdefghijklmnoprstuvwxyz0123456789")


class QueryProblem(ValueError):  # noqa: N818
    """A query that cannot be understood. ``str()`` is one sentence for the user."""


class Token(NamedTuple):
    """A word of a text: its code, and where it stands (code points, end excluded)."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other; with ``prefix`` the last one is only begun."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: of every group at least one term."""

    groups: tuple[tuple[Term, ...], ...]

    @property
    def terms(self) -> list[Term]:
        return [term for group in self.groups for term in group]


def _is_accent(char: str) -> bool:
    # Accents (class 200 and more) and Hebrew and Arabic points; vowel signs of other scripts are
    # letters in all but name.
    number = unicodedata.combining(char)
    return number >= 200 or 10 <= number <= 35


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """``word`` without what does not tell words apart: case, accents, width."""
    if word.isascii():
        return word.lower()
    flat = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    kept = "".join(
        char
        for char in flat
        if not _is_accent(char)
        and char not in "\u200c\u200d"
        and not "\ufe00" <= char <= "\ufe0f"
        and unicodedata.category(char) != "Me"
    )
    return unicodedata.normalize("NFC", kept).translate(_APOSTROPHES)


@lru_cache(maxsize=65_536)
def encode(word: str) -> str:
    """A folded word in the letters a-z and digits alone; different words, different codes."""
    word = word[:MAX_WORD]
    if _PLAIN.issuperset(word):
        return word
    return "".join(char if char in _PLAIN else f"{_ESCAPE}{ord(char):x}{_ESCAPE}" for char in word)


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The words of ``text[start:end]`` in order, with their places in ``text``."""
    end = len(text) if end is None else end
    pattern = _ASCII_WORD if text.isascii() else _WORD
    found = (
        Token(encode(fold(match[0])), match.start(), match.end())
        for match in pattern.finditer(text, start, end)
    )
    return [token for token in found if token.word]


def indexed_words(text: str) -> str:
    """What the database keeps of a turn: the codes of its words, with single spaces between."""
    joined = " ".join(token.word for token in tokens(text))
    return joined if len(joined) <= MAX_INDEXED else joined[:MAX_INDEXED].rpartition(" ")[0]


def parse_query(text: str) -> Query:
    """A query as typed: words (all of them), "a phrase", begin*, one OR another.

    Raises QueryProblem when there is nothing to look for in it, or in a part of it: a part that
    would silently do nothing would make a wrong list.
    """
    if len(text) > MAX_QUERY:
        raise QueryProblem(f"A query has at most {MAX_QUERY} characters; this has {len(text)}.")
    groups: list[list[Term]] = []
    joined = False
    for match in _CHUNK.finditer(text.translate(_QUOTES)):
        chunk = match[3] if match[3] is not None else match[1]
        if match[3] == "OR":
            if joined or not groups:
                raise QueryProblem("OR stands between two words or phrases.")
            joined = True
            continue
        term = _term(chunk + (match[2] or ""))
        if joined:
            groups[-1].append(term)
        else:
            groups.append([term])
        joined = False
    if joined:
        raise QueryProblem("OR stands between two words or phrases.")
    if sum(map(len, groups)) > MAX_TERMS:
        raise QueryProblem(f"A query has at most {MAX_TERMS} words and phrases.")
    return Query(tuple(tuple(group) for group in groups))


def _term(chunk: str) -> Term:
    body = chunk.rstrip('"').rstrip()
    prefix = body.endswith("*")
    body = body.rstrip("*")
    found = tokens(body)
    if not found:
        raise QueryProblem(f"“{chunk}” has no letters or digits to look for.")
    if "*" in body or (prefix and found[-1].end != len(body)):
        raise QueryProblem(f"“{chunk}”: a star stands only at the end of a word.")
    return Term(tuple(token.word for token in found), prefix)


def hits(text: str, start: int, end: int, query: Query) -> list[tuple[int, int]]:
    """Where the terms of ``query`` stand in ``text[start:end]``, in order; overlapping ones as one.

    Every term is looked for, whether or not the whole query is met there.
    """
    found = tokens(text, start, end)
    words = [token.word for token in found]
    places: list[tuple[int, int]] = []
    for term in dict.fromkeys(query.terms):
        size = len(term.words)
        for at in range(len(words) - size + 1):
            if _stands(words, at, term):
                places.append((found[at].start, found[at + size - 1].end))
    return _merged(places)


def _stands(words: list[str], at: int, term: Term) -> bool:
    last = len(term.words) - 1
    for offset, wanted in enumerate(term.words):
        word = words[at + offset]
        if word != wanted and not (term.prefix and offset == last and word.startswith(wanted)):
            return False
    return True


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(set(places)):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
