"""Text is normalised once, changed no further than a reader can see, and its words are found."""

import codecs
import hashlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding.core.text import NormalisedText, TextProblem, decode_text, word_spans


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"na\xc3\xafve \xf0\x9f\x98\x80\nb", "utf-8"),
        (b"\xef\xbb\xbfna\xc3\xafve \xf0\x9f\x98\x80\r\nb", "utf-8"),
        (b"na\xc3\xafve \xf0\x9f\x98\x80\rb", "utf-8"),
        (codecs.BOM_UTF16_LE + "naïve 😀\r\nb".encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + "naïve 😀\nb".encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_every_readable_form_gives_the_same_text(data: bytes, encoding: str) -> None:
    result = decode_text(data, "a.txt")
    assert result.text == "naïve 😀\nb"
    assert len(result.text) == 9
    assert result.encoding == encoding
    # The hash of the normalised text, whatever the file looked like.
    assert result.sha256 == hashlib.sha256(b"na\xc3\xafve \xf0\x9f\x98\x80\nb").hexdigest()


def test_changes_are_named_and_nothing_else_is_changed() -> None:
    untouched = "  e\u0301 \u00a0\ttext\u200b \ufeff \n\n"
    plain = decode_text(untouched.encode(), "a.txt")
    assert plain.text == untouched
    assert plain.notes == ()
    changed = decode_text(codecs.BOM_UTF8 + b"a\r\n\r\nb\r", "a.txt")
    assert changed.text == "a\n\nb\n"
    assert changed.notes == (
        "The byte order mark was removed.",
        "Line ends were changed to LF.",
    )


@pytest.mark.parametrize(
    ("data", "code", "line", "byte", "message"),
    [
        (
            b"one\ntwo\nr\xe9sum\xe9",
            "encoding",
            3,
            9,
            "d/a.txt is not UTF-8: byte 0xE9 at position 9 (line 3) cannot be read; "
            "save the file as UTF-8.",
        ),
        (
            b"\xef\xbb\xbfone\r\ntwo\r\xff",
            "encoding",
            3,
            12,
            "d/a.txt is not UTF-8: byte 0xFF at position 12 (line 3) cannot be read; "
            "save the file as UTF-8.",
        ),
        (
            b"\xff\xfea\x00\n\x00\x00\xdc",
            "encoding",
            2,
            6,
            "d/a.txt is not UTF-16: byte 0x00 at position 6 (line 2) cannot be read; "
            "save the file as UTF-8.",
        ),
        (
            b"one\r\ntw\x0co",
            "control_character",
            2,
            None,
            "d/a.txt has a control character (U+000C, form feed) in line 2, "
            "which cannot be stored; remove it and save the file again.",
        ),
        (
            b"o\x00n\x00e\x00",
            "control_character",
            1,
            None,
            "d/a.txt has a control character (U+0000, NUL) in line 1, which cannot be stored; "
            "this may be UTF-16 without a byte order mark or no text at all; save it as UTF-8.",
        ),
        (b"", "empty", None, None, "d/a.txt is empty."),
        (b"\xef\xbb\xbf", "empty", None, None, "d/a.txt is empty."),
        (b" \n\t\r\n\xc2\xa0", "empty", None, None, "d/a.txt holds nothing but white space."),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused_in_one_sentence(
    data: bytes, code: str, line: int | None, byte: int | None, message: str
) -> None:
    with pytest.raises(TextProblem) as caught:
        decode_text(data, "d/a.txt")
    problem = caught.value
    assert (problem.code, problem.line, problem.byte) == (code, line, byte)
    assert str(problem) == message


def test_the_size_limit_counts_bytes_of_the_file() -> None:
    assert decode_text(b"12345", "a.txt", limit=5).text == "12345"
    with pytest.raises(TextProblem) as caught:
        decode_text(b"1234\xc3\xa9", "a.txt", limit=5)
    assert caught.value.code == "too_large"
    assert str(caught.value) == "a.txt is too large: 6 bytes, and at most 5 are read."


@given(st.binary(max_size=200))
def test_random_bytes_are_a_clean_text_or_a_problem(data: bytes) -> None:
    result: NormalisedText | TextProblem
    try:
        result = decode_text(data, "a.txt")
    except TextProblem as problem:
        result = problem
    if isinstance(result, TextProblem):
        assert str(result).startswith("a.txt ")
    else:
        assert "\r" not in result.text
        assert "\x00" not in result.text
        assert result.text.strip()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It’s Ruth's co-worker.", ["It’s", "Ruth's", "co-worker"]),
        ("three--four -five six- 'seven'", ["three", "four", "five", "six", "seven"]),
        ("naïve 😀 Zoë\n3.5 a_b", ["naïve", "Zoë", "3", "5", "a_b"]),
        ("… — !", []),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    spans = word_spans(text)
    assert spans.dtype == np.int32
    assert spans.shape == (len(words), 2)
    assert [text[start:end] for start, end in spans.tolist()] == words


def test_a_word_that_touches_a_skipped_interval_is_left_out() -> None:
    text = "S01: one two INT: three"
    spans = word_spans(text, [(13, 18), (0, 5), (2, 3)])
    assert [text[start:end] for start, end in spans.tolist()] == ["one", "two", "three"]
    # Sharing an edge is not touching; sharing one character is.
    assert word_spans("one two", [(3, 4)]).tolist() == [[0, 3], [4, 7]]
    assert word_spans("one two", [(2, 4)]).tolist() == [[4, 7]]
    assert word_spans("one two", [(3, 5)]).tolist() == [[0, 3]]
    assert word_spans("one two", [(4, 4)]).tolist() == [[0, 3], [4, 7]]


@given(
    st.text(alphabet="ab'-’ :\n", max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5),
)
def test_words_agree_with_a_direct_reading_of_the_rule(
    text: str, skip: list[tuple[int, int]]
) -> None:
    def kept(start: int, end: int) -> bool:
        return not any(a < end and start < b for a, b in skip if b > a)

    expected = [
        [found.start(), found.end()]
        for found in re.finditer(r"\w+(?:['’\-]\w+)*", text)
        if kept(found.start(), found.end())
    ]
    assert word_spans(text, skip).tolist() == expected


def test_words_are_counted_in_five_megabytes() -> None:
    text = "INT: what we learn\n" * 280_000
    spans = word_spans(text, [(19 * i, 19 * i + 5) for i in range(280_000)])
    assert len(spans) == 3 * 280_000
