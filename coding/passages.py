"""Coded passages with their words, for a code's page, its examples and looking at them again.

The team reads every passage that it may see. An example is quoted, so the words of somebody who
has refused to be quoted are not among them (``quotable``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coding import queries
from coding.models import Coding, SourceText, Turn
from projects.access import Access

# Characters before and after a passage that help to read it.
CONTEXT = 160


@dataclass(frozen=True, slots=True)
class Passage:
    coding: Coding
    before: str
    text: str
    after: str
    turn: int | None
    speaker: str
    quotable: bool

    @property
    def at(self) -> str:
        return f"{self.coding.start}-{self.coding.end}"


def passages(access: Access, codings: Sequence[Coding]) -> list[Passage]:
    """In the order given; two queries however many there are."""
    ids = {coding.source_id for coding in codings}
    allowed = queries.visible_sources(access).filter(pk__in=ids)
    texts = dict(SourceText.objects.filter(source__in=allowed).values_list("source_id", "text"))
    turns: dict[int, list[dict[str, Any]]] = {}
    rows = Turn.objects.filter(source__in=allowed).order_by("source_id", "ordinal")
    for row in rows.values(
        "source_id",
        "ordinal",
        "start",
        "end",
        "speaker",
        "participant__pseudonym",
        "participant__consent_quote",
    ):
        turns.setdefault(row["source_id"], []).append(dict(row))
    return [_passage(texts[c.source_id], turns.get(c.source_id, []), c) for c in codings]


def _passage(text: str, turns: list[dict[str, Any]], coding: Coding) -> Passage:
    touched = [t for t in turns if t["start"] < coding.end and t["end"] > coding.start]
    first = touched[0] if touched else None
    before = text[max(0, coding.start - CONTEXT) : coding.start]
    after = text[coding.end : coding.end + CONTEXT]
    return Passage(
        coding=coding,
        before=_from_word(before, coding.start > CONTEXT),
        text=text[coding.start : coding.end],
        after=_to_word(after, coding.end + CONTEXT < len(text)),
        turn=first["ordinal"] if first else None,
        speaker=(first["participant__pseudonym"] or first["speaker"]) if first else "",
        quotable=not any(t["participant__consent_quote"] is False for t in touched),
    )


def _from_word(piece: str, cut: bool) -> str:
    return "…" + piece[piece.find(" ") + 1 :] if cut else piece


def _to_word(piece: str, cut: bool) -> str:
    at = piece.rfind(" ")
    return (piece[:at] if at > 0 else piece) + "…" if cut else piece
