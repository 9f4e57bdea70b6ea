"""From a coefficient to the words: the places of one code, source by source, side by side."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from cases import passages, queries
from cases.agreement.table import Agreement
from coding import queries as coding_queries
from coding.agreement import CodeLine, RoundSource
from coding.core.agreement import Kind, Passage, Place, comparisons

_ORDER = (Kind.MISSED, Kind.OTHER_CODE, Kind.BOUNDARY, Kind.AGREE)


@dataclass(frozen=True, slots=True)
class Spot:
    """One place with its words: who coded what there, and who did not."""

    source: int
    title: str
    kind: str
    words: str
    start: int
    end: int
    before: str
    text: str
    after: str
    turn: int | None
    speaker: str
    no_quote: bool
    marked: list[tuple[str, str]]
    lacking: list[tuple[str, str]]
    # The place in the review, where the round has been prepared for it.
    review: int | None = None

    @property
    def at(self) -> str:
        return f"{self.start}-{self.end}"


@dataclass(slots=True)
class CodePlaces:
    """All places of a code without their words; ``by_source`` are (id, title, differing, agreed),
    sources with most differences first."""

    found: list[Place]
    by_source: list[tuple[int, str, int, int]] = field(default_factory=list)


def kind_words() -> dict[str, str]:
    return {
        Kind.AGREE: _("agreed"),
        Kind.BOUNDARY: _("boundary only"),
        Kind.MISSED: _("missed"),
        Kind.OTHER_CODE: _("other code"),
    }


def code_places(found: Agreement, code: CodeLine, source: int | None = None) -> CodePlaces:
    """The places of a code in the sources that count, differences first; of one source alone where
    one is named (the table of sources stays whole)."""
    compared = {pk for pk, _label in found.coders}
    rolled = None
    if found.spec.rolled_up:
        rolled = {line.id: (line.top,) for line in found.held.every.lines.values()}
    every: list[Place] = []
    titles = {}
    for one in found.chosen:
        coding = one.coding
        coders = tuple(coder for coder in coding.coders if coder in compared)
        if len(coders) < 2:
            continue
        kept = [coder in compared for coder in coding.coder.tolist()]
        narrowed = type(coding)(
            coding.source,
            coding.length,
            coders,
            coding.coder[kept],
            coding.code[kept],
            coding.start[kept],
            coding.end[kept],
        )
        titles[one.id] = one.title
        threshold = found.held.round.threshold
        every += comparisons(narrowed, [code.id], threshold=threshold, roll_up=rolled)
    counts: dict[int, list[int]] = {}
    for place in every:
        counts.setdefault(place.source, [0, 0])[place.kind is Kind.AGREE] += 1
    by_source = [(pk, titles[pk], differ, agreed) for pk, (differ, agreed) in counts.items()]
    by_source.sort(key=lambda row: (-row[2], row[1]))
    rank = {row[0]: n for n, row in enumerate(by_source)}
    shown = [place for place in every if source is None or place.source == source]
    shown.sort(key=lambda p: (p.kind is Kind.AGREE, rank[p.source], p.start, p.end))
    return CodePlaces(shown, by_source)


def spots(found: Agreement, chosen: list[Place]) -> list[Spot]:
    """Places with their words. Four queries however many there are.

    Where a round is decided without names there are none here either, but the same letters.
    """
    wanted = {place.source for place in chosen}
    by_id = {one.id: one for one in found.chosen}
    texts = queries.texts(found.access, wanted)
    turns = queries.turn_lines(found.access, wanted)
    present = queries.source_versions(found.access, wanted)
    held, lines = found.held.round, found.held.every.lines
    sides = queries.compared_places(held, wanted, chosen[0].code) if chosen else {}
    words = kind_words()
    made = []
    for place in chosen:
        source = by_id[place.source]
        labels = _names(found, source)
        # A text that was corrected since is not the one that was coded: no words rather than wrong.
        same = present.get(place.source) == source.version
        text = texts.get(place.source, "") if same else ""
        own: list[dict[str, Any]] = turns.get(place.source, []) if same else []
        turn = passages.turn_at(own, place.start)
        made.append(
            Spot(
                source=place.source,
                title=source.title,
                kind=place.kind.value,
                words=words[place.kind],
                start=place.start,
                end=place.end,
                before=passages.before(text, place.start) if text else "",
                text=text[place.start : place.end]
                or _("The text has been corrected since it was coded."),
                after=passages.after(text, place.end) if text else "",
                turn=turn["ordinal"] if turn else None,
                speaker=(turn["pseudonym"] or turn["speaker"]) if turn else "",
                no_quote=passages.no_quote(own, place.start, place.end),
                marked=[
                    (labels[one.coder], _own_words(text, one, place)) for one in place.passages
                ],
                lacking=[
                    (
                        labels[coder],
                        ", ".join(lines[c].name for c in place.others.get(coder, ()) if c in lines),
                    )
                    for coder in place.lacking
                ],
                review=sides.get((place.source, place.start, place.end)),
            )
        )
    return made


def _names(found: Agreement, source: RoundSource) -> dict[int, str]:
    if not coding_queries.nameless(found.held.round):
        return dict(found.coders)
    people = [(share.coder, found.held.coders[share.coder]) for share in source.finished]
    lanes = coding_queries.lanes_of(found.held.round, source.guid, people)
    return {lane.coder: lane.name for lane in lanes}


def _own_words(text: str, one: Passage, place: Place) -> str:
    """What a coder's passage covers, where that is not the whole place."""
    whole = (one.start, one.end) == (place.start, place.end)
    return "" if whole else _excerpt(text[one.start : one.end])


def _excerpt(text: str, most: int = 90) -> str:
    if len(text) <= most:
        return text
    return text[: most // 2].rstrip() + " … " + text[-most // 2 :].lstrip()
