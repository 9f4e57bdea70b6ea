"""An upload of many files: names that are safe to show, files laid end to end, ZIPs among them."""

import io
import unicodedata
import zipfile
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.core.transcript_batch import (
    BatchLimits,
    BatchProblem,
    Bundle,
    Contents,
    date_in,
    free_key,
    pack,
    shown_name,
    suggest_key,
    suggest_title,
)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def bundle(files: list[tuple[str, bytes]], **limits: int) -> Bundle:
    stream = io.BytesIO()
    index = pack([(name, [content]) for name, content in files], stream)
    return Bundle(stream, index, BatchLimits(**limits))


def contents(files: list[tuple[str, bytes]], **limits: int) -> Contents:
    with bundle(files, **limits) as packed:
        return packed.contents()


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("coach 3.vtt", "coach 3.vtt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Desktop\\coach.docx", "coach.docx"),
        ("one\x00two\r\n.txt", "onetwo.txt"),
        # The mark turns "exe.gpj" around on the screen.
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u200fאב.txt", "אב.txt"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("   a   b .txt", "a b .txt"),
        ("...", "file 7"),
        ("", "file 7"),
        ("\u202e\u202d", "file 7"),
    ],
)
def test_a_name_is_shown_without_path_and_without_what_cannot_be_seen(raw: str, shown: str) -> None:
    assert shown_name(raw, 7) == shown


def test_a_long_name_keeps_its_ending() -> None:
    name = shown_name("a" * 300 + ".vtt", 1)
    assert len(name) == 200
    assert name.endswith("a….vtt")


@given(st.text(max_size=300))
def test_no_name_is_empty_long_or_unprintable(raw: str) -> None:
    name = shown_name(raw, 1)
    assert 0 < len(name) <= 200
    assert name.isprintable()
    assert "/" not in name
    assert "\\" not in name
    assert not any(unicodedata.category(c).startswith("C") for c in name)
    key = suggest_key(name)
    assert 0 < len(key) <= 60
    assert key.isprintable()
    assert 0 < len(suggest_title(name)) <= 200


@pytest.mark.parametrize(
    ("name", "key", "title"),
    [
        ("Coach_03 interview.vtt", "Coach_03-interview", "Coach 03 interview"),
        ("Müller, Anna (2).docx", "Müller-Anna-2", "Müller, Anna (2)"),
        ("notes v1.2 final.txt", "notes-v1.2-final", "notes v1.2 final"),
        ("🙂.txt", "source", "🙂"),
        ("README", "README", "README"),
    ],
)
def test_a_name_suggests_an_id_and_a_title(name: str, key: str, title: str) -> None:
    assert suggest_key(name) == key
    assert suggest_title(name) == title


def test_an_id_that_is_taken_gets_a_number() -> None:
    assert suggest_key("Coach.vtt", {"coach", "Coach-2"}) == "Coach-3"
    assert free_key("new", set()) == "new"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2019-03-12 coach.vtt", date(2019, 3, 12)),
        ("GMT20210405-130002_Recording.vtt", date(2021, 4, 5)),
        ("coach_2019_03_12.txt", date(2019, 3, 12)),
        ("2019-03-12 to 2019-03-13.txt", None),
        ("2019-02-30.txt", None),
        ("2019-0312.txt", None),
        ("12.03.2019.txt", None),
        ("1234567890120190312.txt", None),
        ("coach.txt", None),
    ],
)
def test_a_date_in_a_name(name: str, found: date | None) -> None:
    assert date_in(name) == found


# --- the bundle ----------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6))
def test_what_is_packed_comes_out_again(files: list[bytes]) -> None:
    with bundle([(f"{n}.txt", content) for n, content in enumerate(files)]) as packed:
        assert [packed.read(n, None) for n in range(len(files))] == files
        assert [e.size for e in packed.contents().entries] == [len(content) for content in files]


def test_files_beside_zips_in_the_order_of_the_upload() -> None:
    archive = zipped({"all/b.vtt": b"two", "all/deep/c.vtt": b"three"})
    files = [("a.vtt", b"one"), ("more.zip", archive), ("d.vtt", b"four")]
    with bundle(files) as packed:
        found = packed.contents()
        assert [(e.file, e.member, e.name, e.size, e.problem) for e in found.entries] == [
            (0, None, "a.vtt", 3, None),
            (1, "b.vtt", "b.vtt", 3, None),
            (1, "deep/c.vtt", "c.vtt", 5, None),
            (2, None, "d.vtt", 4, None),
        ]
        read = [packed.read(e.file, e.member) for e in found.entries]
    assert read == [b"one", b"two", b"three", b"four"]
    assert found.notes == []


def test_what_computers_add_is_left_out_with_a_note() -> None:
    archive = zipped(
        {"a.vtt": b"one", "__MACOSX/._a.vtt": b"x", ".DS_Store": b"x", "in/Thumbs.db": b"x"}
    )
    found = contents([("all.zip", archive)])
    assert [e.name for e in found.entries] == ["a.vtt"]
    assert found.notes == [
        "all.zip: 3 files were left out that a computer puts beside people's own "
        "(__MACOSX, .DS_Store, Thumbs.db)."
    ]


def test_a_zip_in_a_zip_is_refused_and_its_neighbours_are_not() -> None:
    archive = zipped({"a.vtt": b"one", "inner.ZIP": zipped({"b.vtt": b"two"})})
    found = contents([("all.zip", archive)])
    assert [(e.name, e.problem) for e in found.entries] == [
        ("a.vtt", None),
        ("inner.ZIP", "inner.ZIP is a ZIP inside the ZIP all.zip; upload it on its own."),
    ]


@pytest.mark.parametrize(
    ("archive", "sentence"),
    [
        (b"no zip at all", "x.zip: The file is not a ZIP, or it is cut off or damaged."),
        (b"", "x.zip: The file is not a ZIP, or it is cut off or damaged."),
        (zipped({}), "x.zip: there is no file in this ZIP that could be a transcript."),
        (
            zipped({".DS_Store": b"x"}),
            "x.zip: there is no file in this ZIP that could be a transcript.",
        ),
        (
            zipped({"../a.vtt": b"x"}),
            "x.zip: '../a.vtt' in the ZIP points outside the folder ('..').",
        ),
        (zipped({"a.vtt": b"0" * 5000}), "x.zip: 'a.vtt' in the ZIP has 5,000 bytes; "),
    ],
)
def test_a_bad_zip_is_refused_in_a_sentence(archive: bytes, sentence: str) -> None:
    with pytest.raises(BatchProblem) as refused:
        contents([("x.zip", archive)], file_size=4_999)
    assert str(refused.value).startswith(sentence)
    # Beside a good file it is one refused line, and the good file stays.
    found = contents([("x.zip", archive), ("a.vtt", b"one")], file_size=4_999)
    assert [e.problem is None for e in found.entries] == [False, True]
    assert (found.entries[0].problem or "").startswith(sentence)


def test_more_files_than_are_taken_at_once() -> None:
    archive = zipped({f"{n}.vtt": b"x" for n in range(200)})
    assert len(contents([("a.zip", archive)]).entries) == 200
    with pytest.raises(BatchProblem) as refused:
        contents([("a.zip", archive), ("last.vtt", b"x")])
    assert str(refused.value) == (
        "There are more than 200 files, the most that are taken at once; that is reached at "
        "“last.vtt”. Upload them in several parts."
    )


def test_a_damaged_member_is_told_when_it_is_read() -> None:
    archive = bytearray(zipped({"a.vtt": b"one two three four five six " * 40}))
    archive[60:70] = b"\xff" * 10
    files: Any = [("x.zip", bytes(archive)), ("b.vtt", b"x")]
    with bundle(files) as packed:
        entry = packed.contents().entries[0]
        with pytest.raises(ValueError, match=r"a\.vtt cannot be read from the ZIP"):
            packed.read(entry.file, entry.member)
