"""What the pages of the desk show: the sources of a round, and one source with its places."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.utils.translation import gettext as _

from coding import queries
from coding.core.deciding import Span
from coding.desk.sieve import Sieve
from coding.desk.text import Drawn, DrawnTurn, draw, window
from coding.desk.words import listed, others_of, sentence, spans_of
from coding.models import Code, Coding, Comparison, Round, Source
from coding.notebook import Memo, memos
from coding.queries import Lane
from coding.services.adjudication import result_of
from projects.access import Access

# Places in the list beside the text.
PAGE = 50
# Words of a place in that list, and around it where its borders are set by hand.
EXCERPT, BY_HAND = 120, 400
# Coders whose passages are taken by a key; further ones by their button.
KEYS = "abcd"
# More lanes than these share the last line.
MOST_LANES = 6

Decision = Comparison.Decision
KINDS = [(kind.value, kind.label) for kind in Comparison.Kind]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source of a round: places by kind (agree, boundary, missed, other), and what is open."""

    source: Source
    kinds: list[int]
    open: int

    @property
    def places(self) -> int:
        return sum(self.kinds)

    @property
    def decided(self) -> int:
        return self.places - self.open


def source_lines(access: Access, held: Round, sieve: Sieve) -> list[SourceLine]:
    """Every compared source, those without a place that is asked for included."""
    rows = sieve.apply(queries.visible_comparisons(access, held)).order_by()
    counts: dict[tuple[int, str, bool], int] = {}
    if sieve.pair is None:
        for source, kind, decision, n in rows.values_list("source", "kind", "decision").annotate(
            n=Count("id")
        ):
            key = (source, kind, decision == Decision.OPEN)
            counts[key] = counts.get(key, 0) + n
    else:
        for source, kind, decision, passages in rows.values_list(
            "source", "kind", "decision", "passages"
        ):
            if sieve.differ(passages):
                key = (source, kind, decision == Decision.OPEN)
                counts[key] = counts.get(key, 0) + 1
    return [
        SourceLine(
            source,
            [
                counts.get((source.pk, kind, True), 0) + counts.get((source.pk, kind, False), 0)
                for kind, _label in KINDS
            ],
            sum(counts.get((source.pk, kind, True), 0) for kind, _label in KINDS),
        )
        for source in queries.compared_sources(access, held)
    ]


# --- one source ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place in the list beside the text."""

    compared: Comparison
    code: Code
    words: str
    turn: int
    said: int
    here: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be decided, as a button: value, words, key."""

    value: str
    words: str
    key: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Has:
    """What one coder has at the place in hand."""

    lane: Lane
    words: list[str]
    instead: list[Code]
    key: str
    chosen: bool = False


@dataclass(slots=True)
class Way:
    """The places that are asked for, in the order of the text, and where one stands among them."""

    ids: list[int]
    open: set[int]
    total: int
    at: int = 0

    @property
    def here(self) -> int | None:
        return self.ids[self.at] if self.ids else None

    @property
    def previous(self) -> int | None:
        return self.ids[self.at - 1] if self.at else None

    @property
    def next(self) -> int | None:
        return self.ids[self.at + 1] if self.at + 1 < len(self.ids) else None


def way(access: Access, held: Round, source: Source, sieve: Sieve, at: int | None = None) -> Way:
    """``at`` is the place to stand at; without it, or where it does not answer the filters, the
    first that waits. Two queries."""
    rows = queries.visible_comparisons(access, held).filter(source=source)
    total = rows.count()
    if sieve.pair is None:
        found = list(sieve.apply(rows).values_list("pk", "decision"))
    else:
        asked = sieve.apply(rows).values_list("pk", "decision", "passages")
        found = [(pk, decision) for pk, decision, p in asked if sieve.differ(p)]
    ids = [pk for pk, _decision in found]
    waiting = {pk for pk, decision in found if decision == Decision.OPEN}
    if at is not None and at in ids:
        return Way(ids, waiting, total, ids.index(at))
    first = next((n for n, pk in enumerate(ids) if pk in waiting), 0)
    return Way(ids, waiting, total, first)


def next_open(access: Access, held: Round, source: Source, sieve: Sieve, after: int) -> int | None:
    """The next place that waits, after this one in the text, else from the beginning."""
    rows = queries.visible_comparisons(access, held).filter(source=source)
    order = {pk: n for n, pk in enumerate(rows.values_list("pk", flat=True))}
    asked = way(access, held, source, sieve)
    waiting = [pk for pk in asked.ids if pk in asked.open and pk != after]
    later = (pk for pk in waiting if order[pk] > order.get(after, -1))
    return next(later, waiting[0] if waiting else None)


@dataclass(slots=True)
class Desk:
    """The page of one source. ``lanes`` are the coders, and the last one what was agreed on."""

    source: Source
    way: Way
    lanes: list[Lane]
    page: Page[int]
    lines: list[PlaceLine]
    current: Comparison | None = None
    code: Code | None = None
    sentence: str = ""
    who: list[Has] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    turns: list[DrawnTurn] = field(default_factory=list)
    thread: list[Memo] = field(default_factory=list)
    hand: dict[str, Any] = field(default_factory=dict)
    agreed: list[Coding] = field(default_factory=list)
    agreed_words: list[str] = field(default_factory=list)
    nameless: bool = False

    @property
    def agreed_lane(self) -> int:
        return min(len(self.lanes), MOST_LANES - 1)

    @property
    def lane_count(self) -> int:
        return self.agreed_lane + 1

    @property
    def lane_names(self) -> list[str]:
        letters = [lane.letter for lane in self.lanes[: MOST_LANES - 1]]
        return [*letters, "="]

    @property
    def place_number(self) -> int:
        return self.way.at + 1

    @property
    def page_before(self) -> int:
        return self.way.ids[(self.page.number - 2) * PAGE]

    @property
    def page_after(self) -> int:
        return self.way.ids[self.page.number * PAGE]


def desk(access: Access, held: Round, source: Source, sieve: Sieve, at: int | None) -> Desk:
    """A constant number of queries, however many places there are."""
    going = way(access, held, source, sieve, at)
    lanes = queries.lanes(held, source)
    text = queries.text(source)
    turns = queries.read_turns(source)
    page = Paginator(going.ids, PAGE).page(going.at // PAGE + 1)
    codes = {
        code.pk: code for code in access.project.codes.select_related("merged_into__merged_into")
    }
    rows = (
        queries.visible_comparisons(access, held)
        .select_related("decided_by")
        .in_bulk(list(page.object_list))
    )
    said = queries.thread_counts(access, [row.guid for row in rows.values()])
    starts = [turn["start"] for turn in turns]
    made = Desk(source, going, lanes, page, [], nameless=queries.nameless(held))
    for pk in page.object_list:
        row = rows[pk]
        turn = bisect_right(starts, row.start)
        made.lines.append(
            PlaceLine(
                row,
                codes[row.code_id],
                _short(text[row.start : row.end]),
                turns[turn - 1]["ordinal"] if turn else 0,
                said.get(row.guid, 0),
                pk == going.here,
            )
        )
    if going.here is not None:
        _in_hand(access, held, made, rows[going.here], codes, text, turns)
    return made


def _in_hand(
    access: Access,
    held: Round,
    made: Desk,
    row: Comparison,
    codes: Mapping[int, Code],
    text: str,
    turns: Sequence[dict[str, Any]],
) -> None:
    """Everything about the place in hand."""
    made.current, made.code = row, queries.last_of_merges(codes[row.code_id])
    names = {pk: code.name for pk, code in codes.items()}
    made.sentence = sentence(row, made.lanes, names)
    spans, others = spans_of(row), others_of(row)
    for n, lane in enumerate(made.lanes):
        own = spans.get(lane.coder, [])
        made.who.append(
            Has(
                lane,
                [text[start:end] for start, end in own],
                [codes[pk] for pk in others.get(lane.coder, []) if pk in codes],
                KEYS[n] if own and n < len(KEYS) else "",
                row.decision == Decision.TAKEN and row.taken_from_id == lane.coder,
            )
        )
    made.offers = _offers(row, made.lanes, spans)
    shown = window(text, turns, row.start, row.end)
    made.turns = draw(text, turns, shown, _drawn(access, held, made, row, codes, shown))
    made.thread = memos(access, list(queries.thread(access, row)))
    made.agreed = [coding for coding in made.agreed if coding.decision_id == row.pk]
    made.agreed_words = [text[coding.start : coding.end] for coding in made.agreed]
    low, high = max(0, row.start - BY_HAND), min(len(text), row.end + BY_HAND)
    start, end = row.start, row.end
    if made.agreed:
        start, end = made.agreed[0].start, made.agreed[-1].end
    low, high = min(low, start), max(high, end)
    made.hand = {
        "start": low,
        "before": text[low:start],
        "passage": text[start:end],
        "after": text[end:high],
        "more_before": low > 0,
        "more_after": high < len(text),
    }


def _drawn(
    access: Access,
    held: Round,
    made: Desk,
    here: Comparison,
    codes: Mapping[int, Code],
    shown: tuple[int, int],
) -> list[Drawn]:
    """The passages of all coders in the window, and what was agreed on there."""
    lane_of = {lane.coder: min(n, MOST_LANES - 2) for n, lane in enumerate(made.lanes)}
    near = queries.visible_comparisons(access, held).filter(
        source=made.source, start__lt=shown[1], end__gt=shown[0]
    )
    found = [
        Drawn(start, end, lane_of[coder], codes[row.code_id].colour, row.pk == here.pk)
        for row in near
        for coder, spans in spans_of(row).items()
        for start, end in spans
        if coder in lane_of
    ]
    made.agreed = list(
        queries.visible_agreed(access, held)
        .filter(source=made.source, start__lt=shown[1], end__gt=shown[0])
        .order_by("start", "end", "id")
    )
    return found + [
        Drawn(
            coding.start,
            coding.end,
            made.agreed_lane,
            codes[coding.code_id].colour,
            coding.decision_id == here.pk,
        )
        for coding in made.agreed
    ]


def _offers(row: Comparison, lanes: Sequence[Lane], spans: Mapping[int, list[Span]]) -> list[Offer]:
    """What can be decided beside taking one coder's passages; nothing twice, nothing empty."""
    offers: list[Offer] = []
    if len(spans) > 1:
        names = listed([lane.name for lane in lanes if lane.coder in spans])
        every = result_of(row, Decision.UNION)
        offers.append(
            Offer(
                Decision.UNION,
                _("All that anybody coded (union)"),
                "u",
                row.decision == Decision.UNION,
            )
        )
        both = result_of(row, Decision.INTERSECTION)
        if both and both != every:
            offers.append(
                Offer(
                    Decision.INTERSECTION,
                    _("Only what %(who)s share (intersection)") % {"who": names},
                    "i",
                    row.decision == Decision.INTERSECTION,
                )
            )
    offers.append(
        Offer(Decision.REJECTED, _("Not coded here"), "x", row.decision == Decision.REJECTED)
    )
    return offers


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= EXCERPT else words[: EXCERPT - 1].rstrip() + "…"
