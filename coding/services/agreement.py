"""Counting how far the coders of a round agree, and keeping the counts of each source.

The counts are additive: a filter, an interval or a new source is a sum. What is kept says by a hash
what it was made from, so that after a change of one source one source is counted again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from coding import agreement
from coding.agreement import Evidence, RoundSource
from coding.core import units
from coding.core.agreement import SourceCounts, Unit, count_source
from coding.core.spans import IntArray
from coding.models import AgreementCount, Round
from projects.access import Access

# Beyond so many passages to be counted a job does it.
IN_REQUEST = 5_000

ENGINE_UNITS: Mapping[str, Unit] = {
    Round.Unit.TURN: Unit.SEGMENT,
    Round.Unit.SENTENCE: Unit.SEGMENT,
    Round.Unit.PARAGRAPH: Unit.SEGMENT,
    Round.Unit.CHARACTER: Unit.CHARACTER,
    Round.Unit.OVERLAP: Unit.PASSAGE,
    Round.Unit.SOURCE: Unit.SOURCE,
}

Tick = Callable[[int, int], None]


@dataclass(slots=True)
class Counted:
    """The counts of each source, and for turns, sentences and paragraphs where its units are.

    ``stale`` are the sources that have still to be counted.
    """

    counts: dict[int, SourceCounts] = field(default_factory=dict)
    spans: dict[int, IntArray] = field(default_factory=dict)
    stale: list[RoundSource] = field(default_factory=list)

    @property
    def passages(self) -> int:
        """How many passages have still to be counted."""
        return sum(len(share.passages) for one in self.stale for share in one.finished)


def stored(held: Sequence[Evidence], unit: str) -> list[Counted]:
    """What is kept of these rounds and still holds. One query."""
    if not held:
        return []
    rows = AgreementCount.objects.filter(round__in=[one.round for one in held], unit=unit)
    kept = {
        (pk, source): (basis, bytes(data))
        for pk, source, basis, data in rows.values_list("round_id", "source_id", "basis", "counts")
    }
    found = []
    for one in held:
        counted = Counted()
        for source in one.counting:
            basis, data = kept.get((one.round.pk, source.id), ("", b""))
            if basis and basis == agreement.basis(one, source, unit):
                counts, spans = units.unpack(data)
                counted.counts[source.id] = counts
                if spans is not None:
                    counted.spans[source.id] = spans
            else:
                counted.stale.append(source)
        found.append(counted)
    return found


def count_agreement(
    *,
    access: Access,
    held: Evidence,
    unit: str,
    counted: Counted | None = None,
    one_by_one: bool = False,
    tick: Tick | None = None,
) -> Counted:
    """Count the sources of a round that are not counted yet, or have changed since; keep them.

    Whoever may not code sees the figures and leaves nothing behind. ``one_by_one``: each source is
    kept as soon as it is counted, so that what was done is done.
    """
    access.require("read")
    counted = counted if counted is not None else stored([held], unit)[0]
    stale, counted.stale = counted.stale, []
    portions = [[source] for source in stale] if one_by_one else [stale] if stale else []
    rolled = agreement.roll_up(held)
    done = 0
    for portion in portions:
        if tick is not None:
            tick(done, len(stale))
        spans = agreement.unit_spans(portion, unit)
        made = []
        for source in portion:
            own = spans.get(source.id)
            counts = _count(held, source, unit, own, rolled)
            counted.counts[source.id] = counts
            if own is not None:
                counted.spans[source.id] = own
            made.append(
                AgreementCount(
                    round=held.round,
                    source_id=source.id,
                    unit=unit,
                    basis=agreement.basis(held, source, unit),
                    counts=units.pack(counts, own),
                )
            )
        if access.may["code"]:
            AgreementCount.objects.bulk_create(
                made,
                update_conflicts=True,
                unique_fields=["round", "source", "unit"],
                update_fields=["basis", "counts"],
                batch_size=200,
            )
        done += len(portion)
    if tick is not None:
        tick(done, len(stale))
    return counted


def _count(
    held: Evidence,
    source: RoundSource,
    unit: str,
    spans: IntArray | None,
    rolled: Mapping[int, Collection[int]],
) -> SourceCounts:
    coding = source.coding if spans is None else units.in_units(source.coding, spans)
    return count_source(
        coding, None, ENGINE_UNITS[unit], threshold=held.round.threshold, roll_up=rolled
    )
