"""Words, folding and queries; hits against a plain reading of the same rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.search_text import (
    MAX_INDEXED,
    QueryProblem,
    encode,
    fold,
    hits,
    indexed_words,
    parse_query,
    tokens,
)


def found(text: str, query: str) -> list[str]:
    return [text[a:b] for a, b in hits(text, 0, len(text), parse_query(query))]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("We naïve ones, nai\u0308ve", "NAIVE", ["naïve", "nai\u0308ve"]),
        ("I don’t, they don't", "don't", ["don’t", "don't"]),
        ("a follow-up, to follow up", "follow-up", ["follow-up", "follow up"]),
        ("team-based", "based", ["based"]),
        ("👩🏽‍💻 put it 🙂 there 🏳️‍🌈", "there", ["there"]),
        ("Straße STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("coach coaches encoach", "coach*", ["coach", "coaches"]),
        ("we built it, built we it", '"we built"', ["we built"]),
        ("we build, we built", "“we buil*”", ["we build", "we built"]),
        ("a plan or a map", "plan OR map", ["plan", "map"]),
        ("学校の教室", "教室", ["教室"]),
        ("שָׁלוֹם means", "שלום", ["שָׁלוֹם"]),
        ("की का", "की", ["की"]),
        ("very very very", '"very very"', ["very very very"]),
    ],
)
def test_what_is_found(text: str, query: str, expected: list[str]) -> None:
    assert found(text, query) == expected


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("🙂", "“🙂” has no letters or digits to look for."),
        ("coach -", "“-” has no letters or digits to look for."),
        ("do*t", "“do*t”: a star stands only at the end of a word."),
        ("*ing", "“*ing”: a star stands only at the end of a word."),
        ("OR a", "OR stands between two words or phrases."),
        ("a OR", "OR stands between two words or phrases."),
        ("x" * 301, "A query has at most 300 characters; this has 301."),
        ("a " * 21, "A query has at most 20 words and phrases."),
    ],
)
def test_what_cannot_be_looked_for(query: str, sentence: str) -> None:
    with pytest.raises(QueryProblem) as caught:
        parse_query(query)
    assert str(caught.value) == sentence


@given(st.text(), st.text())
def test_codes_are_plain_and_keep_words_and_prefixes_apart(a: str, b: str) -> None:
    a, b = a[:64], b[:64]
    assert set(encode(a)) <= set("abcdefghijklmnopqrstuvwxyz0123456789")
    assert (encode(a) == encode(b)) == (a == b)
    assert encode(a).startswith(encode(b)) == a.startswith(b)


@given(st.text(alphabet="aBé\u0301'’-_ 🙂学\u200dש\u05b8\n1"), st.integers(0, 9), st.integers(0, 9))
def test_a_turn_has_the_same_words_inside_its_text_as_alone(text: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    alone = [(t.word, t.start + start, t.end + start) for t in tokens(text[start:end])]
    assert [tuple(t) for t in tokens(text, start, end)] == alone
    assert all(fold(text[s:e]) for _w, s, e in alone)


def test_a_giant_turn_is_cut_at_a_word() -> None:
    words = indexed_words("lesson " * 200_000)
    assert MAX_INDEXED - 7 < len(words) <= MAX_INDEXED
    assert set(words.split(" ")) == {"lesson"}
