"""What the counts of a source are made from: their hash, the rolling up of codes, the units."""

import hashlib
import json
from collections.abc import Collection

from coding.agreement.shapes import Evidence, RoundSource
from coding.core import units
from coding.core.spans import IntArray
from coding.models import Round, Source, SourceText, SourceVersion, Turn

# One number for what the counts mean: another, and all that are stored are made anew.
RULE = 1
SEGMENTS = (Round.Unit.TURN, Round.Unit.SENTENCE, Round.Unit.PARAGRAPH)


def basis(held: Evidence, source: RoundSource, unit: str) -> str:
    """A hash of all that the counts of a source are made from."""
    used = sorted({row[0] for share in source.finished for row in share.passages})
    above = [held.every.lines[code].above if code in held.every.lines else () for code in used]
    content = [
        RULE,
        unit,
        held.round.threshold if unit == Round.Unit.OVERLAP else 0,
        source.version,
        source.digest,
        sorted((share.coder, share.passages) for share in source.finished),
        list(zip(used, above, strict=True)),
    ]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def roll_up(held: Evidence) -> dict[int, tuple[int, ...]]:
    """Every code counts for itself, and as its negative for itself with all below it: so the same
    counts answer for single codes and for whole branches."""
    return {pk: (pk, *(-above for above in line.above)) for pk, line in held.every.lines.items()}


def unit_spans(sources: Collection[RoundSource], unit: str) -> dict[int, IntArray]:
    """The units of each source, from its stored text and turns. Four queries."""
    if unit not in SEGMENTS or not sources:
        return {}
    wanted = {source.id: source.version for source in sources}
    texts: dict[int, str] = {}
    bodies: dict[int, list[tuple[int, int]]] = {pk: [] for pk in wanted}
    present = dict(Source.objects.filter(pk__in=wanted).order_by().values_list("id", "version"))
    now = [pk for pk, version in wanted.items() if present.get(pk) == version]
    for pk, text in SourceText.objects.filter(source__in=now).values_list("source_id", "text"):
        texts[pk] = text
    turns = Turn.objects.with_words().filter(source__in=now).order_by("source_id", "ordinal")
    for pk, start, end in turns.values_list("source_id", "body_start", "end"):
        bodies[pk].append((start, end))
    then = [pk for pk in wanted if pk not in texts]
    if then:
        for row in SourceVersion.objects.filter(source__in=then):
            if row.number == wanted[row.source_id]:
                texts[row.source_id] = row.text
                bodies[row.source_id] = [
                    (turn[1], turn[2]) for turn in row.turns if not (len(turn) > 8 and turn[8])
                ]
    return {pk: units.units(texts[pk], bodies[pk], unit) for pk in wanted if pk in texts}
