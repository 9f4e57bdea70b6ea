"""What holds for any talk: written in a layout and read back it is the same; damage is told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding.core.transcripts import (
    Choices,
    Transcript,
    TranscriptProblem,
    Utterance,
    compose,
    read_transcript,
    recognise,
)
from tests.coding.core.transcripts import files

SAMPLES = Path(__file__).parent / "samples"
NAMES = ("ANA", "BO", "LI WEI", "ZOË", "O'NEILL")
# Words with what trips readers up: emoji, letters of two code points, colons, tags, times.
WORDS = st.sampled_from(
    [
        "well",
        "so:",
        "10:30",
        "R&D",
        "<b",
        "a < b",
        "&amp;",
        "é",
        "😀",
        "שלום",
        "#5",
        "¤",
        "(laughs)",
        "[inaudible 00:01:02]",
        "Note:",
        "x",
        "—",
        "naïve",
        "1.",
        "{x}",
        '"yes"',
    ]
)
SAID = st.lists(WORDS, min_size=1, max_size=6).map(lambda words: "Yes " + " ".join(words))
TURNS = st.lists(
    st.tuples(st.integers(0, 4), SAID, st.integers(1, 4_000)), min_size=4, max_size=12
).map(lambda rows: _timed(rows))


def _timed(rows: list[tuple[int, str, int]]) -> list[Utterance]:
    """Two people who take turns (so that labels recur), each a whole number of half seconds."""
    turns, at = [], 0
    for number, (_, text, length) in enumerate(rows):
        turns.append(Utterance(NAMES[(rows[0][0] + number % 2) % 5], text, at, at + length * 500))
        at += length * 500
    return turns


def clock(time: int, mark: str = ".") -> str:
    whole = time // 1000
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{time % 1000:03}"


def span(turn: Utterance, mark: str = ".", arrow: str = " --> ") -> str:
    return clock(turn.start or 0, mark) + arrow + clock(turn.end or 0, mark)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def vtt(turns: list[Utterance]) -> bytes:
    return (
        "WEBVTT\n\n"
        + "\n\n".join(
            f"{n}\n{span(t)}\n<v {t.speaker}>{escaped(t.text)}</v>" for n, t in enumerate(turns)
        )
    ).encode()


def zoom(turns: list[Utterance]) -> bytes:
    return (
        "WEBVTT\r\n\r\n"
        + "\r\n\r\n".join(f"{span(t)}\r\n{t.speaker}: {escaped(t.text)}" for t in turns)
    ).encode()


def srt(turns: list[Utterance]) -> bytes:
    return "\n\n".join(
        f"{n}\n{span(t, ',')}\n{t.speaker}: {escaped(t.text)}" for n, t in enumerate(turns, 1)
    ).encode("utf-16")


def whisperx(turns: list[Utterance]) -> bytes:
    return json.dumps(
        {
            "segments": [
                {
                    "start": (t.start or 0) / 1000,
                    "end": (t.end or 0) / 1000,
                    "text": f" {t.text}",
                    "speaker": t.speaker,
                }
                for t in turns
            ]
        }
    ).encode()


def f4(turns: list[Utterance]) -> bytes:
    return "\n\n".join(
        f"{t.speaker}: {t.text} #{clock(t.end or 0)[:8]}-{(t.end or 0) % 1000 // 100}#"
        for t in turns
    ).encode()


def chat(turns: list[Utterance]) -> bytes:
    return (
        "@UTF8\n@Begin\n"
        + "\n".join(
            f"*{t.speaker.replace(' ', '_').replace(chr(39), '_').replace('Ë', 'E')}:\t{t.text} "
            f"\x15{t.start}_{t.end}\x15"
            for t in turns
        )
        + "\n@End\n"
    ).encode()


def table(turns: list[Utterance]) -> bytes:
    return (
        "start\tend\tspeaker\ttext\n"
        + "\n".join(f"{t.start}\t{t.end}\t{t.speaker}\t{t.text}" for t in turns)
    ).encode()


def plain(turns: list[Utterance]) -> bytes:
    return "\n".join(f"{t.speaker}: {t.text}" for t in turns).encode()


def docx(turns: list[Utterance]) -> bytes:
    return files.docx(*(files.paragraph((f"{t.speaker}:", True), f" {t.text}") for t in turns))


def odt(turns: list[Utterance]) -> bytes:
    return files.odt("".join(f"<text:p>{t.speaker}: {escaped(t.text)}</text:p>" for t in turns))


def nvivo(turns: list[Utterance]) -> bytes:
    rows = [(span(t, arrow=" - "), t.text, t.speaker) for t in turns]
    return files.docx(files.table([("Timespan", "Content", "Speaker"), *rows]))


def rtf(turns: list[Utterance]) -> bytes:
    def written(text: str) -> str:
        made = ""
        for char in text:
            if char in "\\{}":
                made += "\\" + char
            elif ord(char) < 128:
                made += char
            else:
                units = char.encode("utf-16-le")
                for at in range(0, len(units), 2):
                    made += f"\\u{int.from_bytes(units[at : at + 2], 'little', signed=True)}?"
        return made

    body = "\\par\r\n".join(f"{{\\b {written(t.speaker)}:}} {written(t.text)}" for t in turns)
    return f"{{\\rtf1\\ansi {body}\\par}}".encode()


def otter(turns: list[Utterance]) -> bytes:
    return "\n\n".join(
        f"{t.speaker}  {clock(t.start or 0)[:8]}  \n{t.text}" for t in turns
    ).encode()


def rev(turns: list[Utterance]) -> bytes:
    return "\n\n".join(
        f"{t.speaker} ({clock(t.start or 0)[:8]}):\n{t.text}" for t in turns
    ).encode()


LAYOUTS: list[tuple[Callable[[list[Utterance]], bytes], str, bool]] = [
    (vtt, "vtt", True),
    (zoom, "vtt", True),
    (srt, "srt", True),
    (whisperx, "whisperx_json", True),
    (f4, "f4", True),
    (chat, "chat", True),
    (table, "whisper_tsv", True),
    (nvivo, "nvivo", True),
    (plain, "text", False),
    (docx, "docx", False),
    (odt, "odt", False),
    (rtf, "rtf", False),
    (otter, "otter", False),
    (rev, "rev", False),
]


@pytest.mark.parametrize(("write", "key", "timed"), LAYOUTS)
@settings(max_examples=40, deadline=None)
@given(turns=TURNS)
def test_what_is_written_is_read_back(
    write: Callable[[list[Utterance]], bytes], key: str, timed: bool, turns: list[Utterance]
) -> None:
    transcript = read_transcript(write(turns), "x", Choices(merge=False))
    assert transcript.format == key
    expected = [turn.text for turn in turns]
    if write is chat:
        expected = [" ".join(text.split()) for text in expected]
    assert [item.text for item in transcript.utterances] == expected
    if write is not chat:
        assert [item.speaker for item in transcript.utterances] == [t.speaker for t in turns]
    if timed:
        assert [(u.start, u.end) for u in transcript.utterances] == [
            (t.start, t.end) for t in turns
        ]
    elif write in (otter, rev):
        assert [u.start for u in transcript.utterances] == [
            (t.start or 0) // 1000 * 1000 for t in turns
        ]
    composed = compose(transcript)
    assert composed.text == "".join(f"{u.speaker}: {u.text}\n" for u in transcript.utterances)
    for turn, item in zip(composed.turns, transcript.utterances, strict=True):
        assert composed.text[turn.body_start : turn.end] == item.text
        assert composed.text[turn.start : turn.body_start] == f"{item.speaker}: "
        assert (turn.time_start, turn.time_end) == (item.start, item.end)


@settings(max_examples=60, deadline=None)
@given(turns=TURNS)
def test_joining_neighbours_loses_no_word(turns: list[Utterance]) -> None:
    apart = read_transcript(vtt(turns + turns[-1:]), "x", Choices(merge=False))
    joined = read_transcript(vtt(turns + turns[-1:]), "x")
    assert " ".join(u.text for u in joined.utterances) == " ".join(u.text for u in apart.utterances)
    assert len(joined.utterances) == len(turns)


def _samples() -> list[bytes]:
    made = [write(_timed([(0, "Yes so: <b 10:30", 3)] * 6)) for write, _, _ in LAYOUTS]
    pages = files.pages_of(["ANA: One two.", "BO: Three.", "ANA: Four."] * 4, 5, "H {page}")
    return [*made, pages, *(path.read_bytes() for path in sorted(SAMPLES.rglob("*.*")))]


ALL = _samples()


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_files_are_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    damaged = bytearray(data.draw(st.sampled_from(ALL)))
    how = data.draw(st.sampled_from(["cut", "bytes", "splice", "double"]))
    if how == "cut":
        del damaged[data.draw(st.integers(0, len(damaged))) :]
    elif how == "bytes":
        for _ in range(data.draw(st.integers(1, 8))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    elif how == "splice":
        at = data.draw(st.integers(0, len(damaged)))
        other = data.draw(st.sampled_from(ALL))[: data.draw(st.integers(0, 2_000))]
        damaged[at:at] = other
    else:
        at = data.draw(st.integers(0, len(damaged)))
        damaged += damaged[at:]
    for read in (recognise, read_transcript):
        outcome = _outcome(read, bytes(damaged))
        if isinstance(outcome, TranscriptProblem):
            assert outcome.message.startswith("x")
            assert "\n" not in outcome.message
        elif isinstance(outcome, Transcript):
            compose(outcome).text.encode("utf-8")


def _outcome(read: Callable[[bytes, str], object], data: bytes) -> object:
    try:
        return read(data, "x")
    except TranscriptProblem as problem:
        return problem


@pytest.mark.parametrize(
    ("once", "key"),
    [
        ("<v ", "vtt"),
        (" ", None),
        ("[00:00:01] ", None),
        ("x\n", "otter"),
        ("[00:00:01.01] x\n", None),
        ("x #00:00:01-1#\n", None),
        ("¤<1>x ", None),
        ("(((", None),
        ("\n\nAna\nx", None),
        ("Ana: x\n00:00:01\n", "google_meet"),
        ("{\\b ", None),
        ("[", None),
        ("&amp;", "vtt"),
        ("\t%a: ", "chat"),
    ],
)
def test_much_of_one_thing_is_read_or_refused(once: str, key: str | None) -> None:
    """How long it takes is measured by ``bench.transcripts``; its square would not end here."""
    heads = {
        "vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n",
        "otter": "Ana  0:01\n",
        "google_meet": "x - Transcript\nAttendees\nBo\nTranscript\n",
        "chat": "@Begin\n*ANA:\tx\n",
    }
    head = heads.get(key or "", "{\\rtf1 " if "\\" in once else "ANA: x\nANA: y ")
    try:
        words = read_transcript(
            (head + once * 64_000).encode(), "x", Choices(format=key)
        ).utterances
    except TranscriptProblem as problem:
        words = tuple(str(problem))
    assert words
