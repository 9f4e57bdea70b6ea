"""What speech recognition writes for programs: JSON of Whisper and Rev.ai, tables with tabs."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from coding.core.transcripts.compose import one_line
from coding.core.transcripts.decode import check_characters
from coding.core.transcripts.document import Context, Document
from coding.core.transcripts.model import Draft, TranscriptProblem, Utterance, count, shown
from coding.core.transcripts.timecodes import FrameClock
from coding.core.transcripts.times import milliseconds

_COLUMNS: Mapping[str, frozenset[str]] = {
    "start": frozenset({"start", "start time", "in", "begin", "start timecode", "in point"}),
    "end": frozenset({"end", "end time", "out", "stop", "end timecode", "out point"}),
    "speaker": frozenset({"speaker", "name", "speaker name", "who"}),
    "text": frozenset({"text", "transcript", "content", "notes", "utterance"}),
}
_TIME_CELL = re.compile(r"\s*[\[({<]?\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.:;,]\d{1,3})?[\])}>]?\s*")


def json_kind(value: Any) -> str:
    """The key of the format that the JSON ``value`` has, "" when it is none of them."""
    segments: Any
    if isinstance(value, list):
        segments = value
    elif not isinstance(value, dict):
        return ""
    elif isinstance(value.get("monologues"), list):
        return "rev_json"
    elif isinstance(value.get("transcription"), list):
        return "whisper_cpp_json"
    else:
        segments = value.get("segments")
        if segments is None:
            return "whisper_json" if isinstance(value.get("text"), str) else ""
    if not isinstance(segments, list) or not all(isinstance(item, dict) for item in segments):
        return ""
    if segments and not any("text" in item for item in segments):
        return ""
    if any(item.get("speaker") is not None for item in segments):
        return "whisperx_json"
    return "whisper_json" if segments or isinstance(value, dict) else ""


def parse_json(text: str, name: str) -> Any:
    """The value of the JSON ``text``; raises TranscriptProblem naming the line of a fault."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptProblem(
            "json",
            f"{name} is no sound JSON: {error.msg} in line {error.lineno:,}, "
            f"column {error.colno:,}; the file may be cut off.",
            error.lineno,
        ) from None
    except RecursionError:
        raise TranscriptProblem("json", f"{name} is JSON nested too deeply to be read.") from None
    except ValueError:
        raise TranscriptProblem("json", f"{name} is JSON with a number too long to be read.") from (
            None
        )


def read_json(document: Document, context: Context) -> Draft:
    value = parse_json(document.text(), context.name)
    kind = json_kind(value)
    readers: Mapping[str, Callable[[Any, str, Draft], None]] = {
        "rev_json": _rev,
        "whisper_cpp_json": _whisper_cpp,
        "whisper_json": _whisper,
        "whisperx_json": _whisper,
    }
    if kind not in readers:
        raise TranscriptProblem(
            "json_kind",
            f"{context.name} is JSON, but not a transcript of Whisper, WhisperX, whisper.cpp "
            "or Rev.ai.",
        )
    draft = Draft(kind, glue=" ")
    readers[kind](value, context.name, draft)
    return draft


def _whisper(value: Any, name: str, draft: Draft) -> None:
    segments = value if isinstance(value, list) else value.get("segments")
    if not segments and isinstance(value, dict) and isinstance(value.get("text"), str):
        draft.utterances.append(Utterance("", _text(value["text"], name, "the text")))
        draft.notes.append("The file has no segments: its whole text is one paragraph.")
        return
    unnamed = 0
    for number, segment in enumerate(segments, 1):
        place = f"segment {number:,}"
        speaker = _speaker(segment.get("speaker"), name, place)
        unnamed += not speaker
        draft.utterances.append(
            Utterance(
                speaker,
                _text(segment.get("text"), name, place),
                _seconds(segment.get("start"), name, place),
                _seconds(segment.get("end"), name, place),
            )
        )
    if draft.format == "whisperx_json" and unnamed:
        draft.notes.append(f"{count(unnamed, 'segment')} without a speaker.")


def _whisper_cpp(value: Any, name: str, draft: Draft) -> None:
    for number, segment in enumerate(value["transcription"], 1):
        place = f"segment {number:,}"
        if not isinstance(segment, dict):
            raise _unreadable(name, place, "is no object")
        offsets, stamps = segment.get("offsets"), segment.get("timestamps")
        times: list[int | None] = [None, None]
        if isinstance(offsets, dict):
            times = [_number(offsets.get(side), name, place, 1) for side in ("from", "to")]
        elif isinstance(stamps, dict):
            times = [milliseconds(str(stamps.get(side, ""))) for side in ("from", "to")]
        draft.utterances.append(
            Utterance(
                _speaker(segment.get("speaker"), name, place),
                _text(segment.get("text"), name, place),
                *times,
            )
        )


def _rev(value: Any, name: str, draft: Draft) -> None:
    names = {}
    for speaker in value.get("speakers") or ():
        if isinstance(speaker, dict) and isinstance(speaker.get("name"), str):
            names[str(speaker.get("id"))] = speaker["name"]
    for number, monologue in enumerate(value["monologues"], 1):
        place = f"monologue {number:,}"
        if not isinstance(monologue, dict) or not isinstance(monologue.get("elements"), list):
            raise _unreadable(name, place, "has no elements")
        texts, starts, ends = [], [], []
        for element in monologue["elements"]:
            if not isinstance(element, dict):
                raise _unreadable(name, place, "has an element that is no object")
            texts.append(_text(element.get("value"), name, place))
            starts.append(_rev_time(element, "ts", "timestamp", name, place))
            ends.append(_rev_time(element, "end_ts", "end_timestamp", name, place))
        said = monologue.get("speaker_info")
        named = said.get("display_name") if isinstance(said, dict) else None
        speaker = _speaker(monologue.get("speaker"), name, place)
        if speaker.isdigit():
            speaker = names.get(speaker, f"Speaker {speaker}")
        draft.utterances.append(
            Utterance(
                named if isinstance(named, str) and named.strip() else speaker,
                one_line("".join(texts)),
                min((time for time in starts if time is not None), default=None),
                max((time for time in ends if time is not None), default=None),
            )
        )


def _rev_time(element: dict[str, Any], key: str, stamp: str, name: str, place: str) -> int | None:
    if element.get(key) is not None:
        return _seconds(element[key], name, place)
    return milliseconds(str(element.get(stamp) or ""))


def table_kind(lines: list[str]) -> str:
    """The key of the format that the tab-separated ``lines`` have, "" when it is none."""
    rows = [line.split("\t") for line in lines if line.strip()][:20]
    if not rows:
        return ""
    header = _header(rows[0])
    if {"start", "text"} <= header.keys():
        cells = [row[header["start"]] for row in rows[1:] if len(row) > header["start"]]
        numbers = sum(cell.strip().isdigit() for cell in cells)
        return "whisper_tsv" if numbers * 2 >= len(cells) else "inqscribe_tab"
    timed = sum(1 for row in rows if 3 <= len(row) <= 5 and all(map(_TIME_CELL.fullmatch, row[:2])))
    return "inqscribe_tab" if timed * 2 > len(rows) else ""


def read_table(document: Document, context: Context) -> Draft:
    """Rows of start, end, speaker and text apart by tabs, with or without a header."""
    lines = [line.text for line in document.lines()]
    draft = Draft(table_kind(lines) or "inqscribe_tab", glue=" ")
    first = next(line for line in lines if line.strip())
    columns = _header(first.split("\t"))
    has_header = {"start", "text"} <= columns.keys()
    clock = FrameClock(context.choices.frame_rate)
    if draft.format == "inqscribe_tab":
        clock.look(document.text())
    seen = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = line.split("\t")
        if not seen:
            seen = True
            if has_header:
                continue
        places = columns if has_header else _positions(len(cells))
        text = places["text"]
        if len(cells) <= text:
            raise TranscriptProblem(
                "table", f"{context.name} has too few columns in line {number:,}.", number
            )
        # A tab in what was said would otherwise end the text; only the last column can hold one.
        said = " ".join(cells[text:]) if text == max(places.values()) else cells[text]
        times = [
            _cell_time(cells[places[side]], draft.format, clock, context.name, number)
            if side in places
            else None
            for side in ("start", "end")
        ]
        speaker = cells[places["speaker"]] if "speaker" in places else ""
        draft.utterances.append(
            Utterance(speaker.strip().removesuffix(":"), one_line(said), *times)
        )
    draft.notes.extend(clock.notes())
    return draft


def _header(cells: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, cell in enumerate(cells):
        for key, names in _COLUMNS.items():
            if cell.strip().strip('"').casefold() in names:
                found.setdefault(key, number)
    return found


def _positions(cells: int) -> dict[str, int]:
    if cells <= 3:
        return {"start": 0, "end": 1, "text": 2}
    return {"start": 0, "end": 1, "speaker": 2, "text": 3}


def _cell_time(cell: str, key: str, clock: FrameClock, name: str, line: int) -> int | None:
    bare = cell.strip().strip("[](){}<>")
    if not bare:
        return None
    if key == "whisper_tsv":
        time = int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 12 else None
    else:
        time = clock.time(bare)
    if time is None:
        raise TranscriptProblem(
            "time", f"{name} has a time that cannot be read in line {line:,}: {bare[:40]}", line
        )
    return time


def _text(value: Any, name: str, place: str) -> str:
    if not isinstance(value, str):
        raise _unreadable(name, place, "has no text")
    check_characters(value, name, place)
    return value


def _speaker(value: Any, name: str, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _unreadable(name, place, "has a speaker that is no name")
    return _text(str(value), name, place).strip()


def _seconds(value: Any, name: str, place: str) -> int | None:
    return _number(value, name, place, 1000)


def _number(value: Any, name: str, place: str, factor: int) -> int | None:
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 <= value < 10**10
    ):
        raise _unreadable(name, place, f"has a time that is none: {shown(str(value), 20)}")
    return round(value * factor)


def _unreadable(name: str, place: str, what: str) -> TranscriptProblem:
    return TranscriptProblem("segment", f"{name} cannot be read: {place} {what}.", place=place)
