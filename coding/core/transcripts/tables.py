"""Transcripts kept in a table: NVivo's Timespan, Content, Speaker, and those made by hand."""

import re
from collections import Counter
from dataclasses import dataclass

from coding.core.transcripts.document import Context, Document, Table
from coding.core.transcripts.model import Draft, Utterance, count
from coding.core.transcripts.times import CLOCK, milliseconds

_HEADS = {
    "time": frozenset({"timespan", "time", "times", "timestamp", "time span", "start", "timecode"}),
    "text": frozenset({"content", "text", "transcript", "utterance", "transcription", "words"}),
    "speaker": frozenset({"speaker", "speakers", "name", "who", "person", "participant"}),
}
_SPAN = re.compile(rf"\s*[\[(]?({CLOCK})[\])]?(?:\s*(?:-|–|—|-->|to)\s*[\[(]?({CLOCK})[\])]?)?\s*")
_MAX_SPEAKER = 60


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what (None where the table has none), and whether a header says so."""

    text: int
    speaker: int | None
    time: int | None
    header: bool


def transcript_columns(table: Table) -> Columns | None:
    """The columns of a table that holds a transcript; None for any other table."""
    rows = [row for row in table.rows if any(cell.strip() for cell in row)]
    if not rows:
        return None
    found: dict[str, int] = {}
    for number, cell in enumerate(rows[0]):
        for key, names in _HEADS.items():
            if cell.strip().rstrip(":").casefold() in names:
                found.setdefault(key, number)
    if "text" in found and len(found) > 1:
        return Columns(found["text"], found.get("speaker"), found.get("time"), True)
    return _by_content(rows)


def read_tables(document: Document, context: Context) -> Draft:
    """Rows as utterances; what stands around the tables as paragraphs without speaker."""
    draft = Draft("nvivo", glue="\n")
    extra = 0
    for item in document.items:
        if not isinstance(item, Table):
            draft.utterances.append(Utterance("", item.text))
            continue
        columns = transcript_columns(item)
        if columns is None:
            draft.utterances.extend(Utterance("", "\t".join(row)) for row in item.rows)
            continue
        used = {columns.text, columns.speaker, columns.time}
        body = [row for row in item.rows if any(cell.strip() for cell in row)]
        for row in body[columns.header :]:
            start, end = _span(_cell(row, columns.time))
            speaker = " ".join(_cell(row, columns.speaker).split()).removesuffix(":").strip()
            others = [cell for number, cell in enumerate(row) if number not in used and cell]
            extra += len(others)
            draft.utterances.append(Utterance(speaker, _cell(row, columns.text), start, end))
    if extra:
        draft.notes.append(f"{count(extra, 'cell')} in other columns of the table left out.")
    return draft


def _by_content(rows: list[list[str]]) -> Columns | None:
    """Columns of a table without header: times, short names that recur, and the words."""
    width = min(len(row) for row in rows)
    if not 2 <= width <= 4 or len(rows) < 3:
        return None
    time = speaker = None
    for number in range(width):
        cells = [row[number].strip() for row in rows]
        filled = [cell for cell in cells if cell]
        if not filled:
            continue
        if sum(bool(_SPAN.fullmatch(cell)) for cell in filled) * 5 >= len(filled) * 4:
            time = number if time is None else time
        elif (
            speaker is None
            and max(map(len, filled)) <= _MAX_SPEAKER
            and len(Counter(filled)) * 2 <= len(filled) + 1
            and not any(cell.isdigit() for cell in filled)
        ):
            speaker = number
    rest = [number for number in range(width) if number not in (time, speaker)]
    if speaker is None or not rest:
        return None
    text = max(rest, key=lambda number: sum(len(row[number]) for row in rows))
    return Columns(text, speaker, time, False)


def _cell(row: list[str], column: int | None) -> str:
    return row[column].strip() if column is not None and column < len(row) else ""


def _span(cell: str) -> tuple[int | None, int | None]:
    match = _SPAN.fullmatch(cell)
    if match is None:
        return None, None
    return milliseconds(match[1]), milliseconds(match[2]) if match[2] else None
