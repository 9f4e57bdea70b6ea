"""How a file of an upload stands beside the project and the other files."""

from dataclasses import replace

import pytest

from cases.core.transcript_batch import FileFacts, Known, Standing, Status, Take, is_sure, standings
from coding.core.transcripts import Guess

NORTH = Known(7, "north", "North, first", "north.vtt", "text-north", "bytes-north")
FILE = FileFacts(
    name="south.vtt",
    key="south",
    kind="interview",
    text_sha256="text-south",
    original_sha256="bytes-south",
    speakers=2,
)


def one(**changes: object) -> Standing:
    (standing,) = standings([replace(FILE, **changes)], [NORTH])  # type: ignore[arg-type]
    return standing


def test_a_new_file_is_ready() -> None:
    assert one() == Standing(Status.READY)


def test_what_is_settled_before_anything_else() -> None:
    assert one(text_sha256="") == Standing(Status.WAITING)
    assert one(problem="south.vtt is empty.") == Standing(Status.REFUSED, ("south.vtt is empty.",))
    assert one(take=Take.NO) == Standing(Status.LEFT_OUT)
    assert one(imported=9, text_sha256="text-north") == Standing(Status.IMPORTED, source=9)


def test_the_same_bytes_or_the_same_text_as_a_source() -> None:
    assert one(original_sha256="bytes-north", text_sha256="text-north") == Standing(
        Status.DUPLICATE,
        ("It is the same file as that of the source “North, first”.",),
        source=7,
    )
    # A yes does not make a duplicate of it any less.
    assert one(text_sha256="text-north", take=Take.YES) == Standing(
        Status.DUPLICATE,
        (
            "Its text is the same as that of the source “North, first”. "
            "Times that differ are not taken over.",
        ),
        source=7,
    )


def test_a_twin_in_the_upload_is_a_duplicate_of_the_first_that_is_taken() -> None:
    files = [
        replace(FILE, name="left.vtt", take=Take.NO),
        FILE,
        replace(FILE, name="copy.vtt", key="copy"),
        replace(FILE, name="copy.srt", key="copy-2", original_sha256="other"),
    ]
    assert [(s.status, s.twin, s.reasons) for s in standings(files, [])] == [
        (Status.LEFT_OUT, None, ()),
        (Status.READY, None, ()),
        (Status.DUPLICATE, 1, ("It is the same file as “south.vtt” in this upload.",)),
        (Status.DUPLICATE, 1, ("Its text is the same as that of “south.vtt” in this upload.",)),
    ]


@pytest.mark.parametrize(
    ("changes", "reason", "source"),
    [
        ({"sure": False}, "The format was not recognised with certainty.", None),
        ({"speakers": 0}, "No speaker was found, although it is to be an interview.", None),
        (
            {"name": "North.VTT"},
            "The source “North, first” came from a file of this name, with other content.",
            7,
        ),
        (
            {"name": "north.docx"},
            "The source “North, first” came from a file of this name, with other content.",
            7,
        ),
    ],
)
def test_a_doubt_waits_for_a_yes(
    changes: dict[str, object], reason: str, source: int | None
) -> None:
    assert one(**changes) == Standing(Status.DECIDE, (reason,), source=source)
    assert one(**changes, take=Take.YES) == Standing(Status.READY)


def test_no_doubt_where_there_is_no_reason() -> None:
    # A document needs no speakers.
    assert one(speakers=0, kind="document").status == Status.READY


@pytest.mark.parametrize(
    ("scores", "sure"),
    [
        ([], True),
        ([0.2], True),
        ([0.99, 0.2], True),
        ([0.7], True),
        ([0.69, 0.2], False),
        ([0.95, 0.84], True),
        ([0.95, 0.9], False),
    ],
)
def test_when_a_format_is_beyond_doubt(scores: list[float], sure: bool) -> None:
    assert is_sure([Guess(f"format {n}", score, "") for n, score in enumerate(scores)]) is sure


def test_an_id_that_is_taken_has_to_be_changed() -> None:
    assert one(key="NORTH", take=Take.YES) == Standing(
        Status.DECIDE,
        ("The source id “NORTH” belongs to “North, first”; give it another one.",),
        source=7,
        must_change=True,
    )
    other = replace(FILE, name="b.vtt", text_sha256="b", original_sha256="b")
    first, second = standings([FILE, other], [])
    assert first.status == Status.READY
    assert second == Standing(
        Status.DECIDE,
        ("The source id “south” is also that of “south.vtt”; give it another.",),
        twin=0,
        must_change=True,
    )
