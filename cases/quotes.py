"""Search results with their words: the hits marked, and enough around them to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases import queries
from cases.passages import after, before, no_quote, turn_at
from coding.core.search_text import Query, hits
from projects.access import Access

# Characters of a long turn that are shown, and how many of them before its first hit.
SHOWN = 600
LEAD = 160

Row = tuple[int, int, int]
Places = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Quote:
    """An answer with its words: ``parts`` are (text, is a hit); ``at`` opens the reader there."""

    source: dict[str, Any]
    at: str
    turn: int | None
    speaker: str
    before: str
    parts: list[tuple[str, bool]]
    after: str
    # As in the list behind a matrix cell: read by the team, but not to be quoted.
    no_quote: bool = False


def quotes(
    access: Access,
    rows: Sequence[Row],
    query: Query,
    *,
    context: bool = False,
    known: Mapping[Row, Places] | None = None,
) -> list[Quote]:
    """Rows with their words; a constant number of queries however many there are.

    With ``context`` also what stands before and after: for rows that are no whole turns. Where the
    places of the hits are ``known``, they are not looked for.
    """
    ids = {row[0] for row in rows}
    sources = queries.source_lines(access, ids)
    texts = queries.texts(access, ids)
    turns = queries.turn_lines(access, ids)
    result = []
    for source, start, end in rows:
        text = texts[source]
        turn = turn_at(turns.get(source, []), start)
        places = hits(text, start, end, query) if known is None else known[source, start, end]
        first, last = _window(text, start, end, places)
        at = places[0] if places else (start, end)
        result.append(
            Quote(
                source=sources[source],
                at=f"{at[0]}-{at[1]}",
                turn=turn["ordinal"] if turn else None,
                speaker=(turn["pseudonym"] or turn["speaker"]) if turn else "",
                before="…" if first > start else before(text, start) if context else "",
                parts=_parts(text, first, last, places),
                after="…" if last < end else after(text, end) if context else "",
                no_quote=no_quote(turns.get(source, []), start, end),
            )
        )
    return result


def _window(text: str, start: int, end: int, places: Places) -> tuple[int, int]:
    """What of a long turn is shown: from shortly before the first hit, at ends of words."""
    if end - start <= SHOWN:
        return start, end
    first = max(start, places[0][0] - LEAD) if places else start
    if first > start:
        cut = text.find(" ", first, first + LEAD)
        first = cut + 1 if cut >= 0 else first
    last = min(end, first + SHOWN)
    if places:
        last = max(last, min(places[0][1], end))
    if last < end:
        cut = text.rfind(" ", first, last)
        last = cut if cut > first and not (places and cut < places[0][1]) else last
    return first, last


def _parts(text: str, first: int, last: int, places: Places) -> list[tuple[str, bool]]:
    parts: list[tuple[str, bool]] = []
    at = first
    for start, end in places:
        if start >= last or end <= first:
            continue
        parts += [
            (text[at : max(start, at)], False),
            (text[max(start, first) : min(end, last)], True),
        ]
        at = min(end, last)
    parts.append((text[at:last], False))
    return [part for part in parts if part[0]]
