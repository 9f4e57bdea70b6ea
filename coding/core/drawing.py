"""Drawing sources for a round, and sharing them out among coders.

A draw can be repeated from its seed and the identifiers of what it was drawn from: they are put in
order first, and of ``random.Random`` only ``random()`` is used, which gives the same numbers in
every version of Python.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from random import Random

ALL, CHOSEN, RANDOM, STRATIFIED = "all", "chosen", "random", "stratified"
# With more ways than this to choose who codes a source, coders are added one by one.
MOST_WAYS = 2_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """What can be drawn: ``guid`` never changes, ``stratum`` is the group that it belongs to."""

    guid: str
    words: int = 0
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Of how many how many were drawn."""

    name: str
    of: int
    drawn: int


@dataclass(frozen=True, slots=True)
class Draw:
    """Identifiers of what was drawn, in their order, and how that divides among the strata."""

    guids: tuple[str, ...]
    strata: tuple[Stratum, ...]


def draw(
    candidates: Iterable[Candidate],
    *,
    how: str,
    seed: int = 0,
    number: int | None = None,
    percent: float | None = None,
    chosen: Iterable[str] = (),
) -> Draw:
    """Draw ``number`` of the candidates, or ``percent`` of them, at least one.

    ``STRATIFIED`` divides the number among the strata in proportion to their sizes; what is left
    over goes to the largest remainders.
    """
    rows = sorted(candidates, key=lambda row: row.guid)
    rng = Random(seed)  # noqa: S311  (a draw that can be repeated, no secret)
    keys = {row.guid: (rng.random(), row.guid) for row in rows}
    if how == CHOSEN:
        wanted = set(chosen)
        taken = {row.guid for row in rows if row.guid in wanted}
    elif how == ALL:
        taken = {row.guid for row in rows}
    else:
        n = how_many(len(rows), number=number, percent=percent)
        parts = strata(rows) if how == STRATIFIED else {"": rows}
        shares = apportion({name: len(part) for name, part in parts.items()}, n)
        taken = {
            row.guid
            for name, part in parts.items()
            for row in sorted(part, key=lambda row: keys[row.guid])[: shares[name]]
        }
    return Draw(
        tuple(row.guid for row in rows if row.guid in taken),
        tuple(
            Stratum(name, len(part), sum(row.guid in taken for row in part))
            for name, part in sorted(strata(rows).items())
        ),
    )


def how_many(total: int, *, number: int | None = None, percent: float | None = None) -> int:
    """How many of ``total`` are drawn: halves are rounded up, and nobody draws nothing."""
    if number is None:
        number = int(total * (percent or 0) / 100 + 0.5)
    return min(max(number, 1), total)


def strata(rows: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for row in rows:
        found.setdefault(row.stratum, []).append(row)
    return found


def apportion(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """Divide ``n`` in proportion to ``sizes``, which add up to at least ``n`` (largest remainder;
    of equal remainders the larger stratum, then the first by name)."""
    total = sum(sizes.values())
    if not total:
        return dict.fromkeys(sizes, 0)
    shares = {name: n * size // total for name, size in sizes.items()}
    order = sorted(sizes, key=lambda name: (-(n * sizes[name] % total), -sizes[name], name))
    for name in order[: n - sum(shares.values())]:
        shares[name] += 1
    return shares


def share_out(
    sources: Iterable[Candidate], coders: Sequence[str], *, each: int, seed: int = 0
) -> dict[str, tuple[str, ...]]:
    """Who codes which source: ``each`` different coders for every source.

    Everybody gets the same number of sources, give or take one. Among the ways to do that, pairs
    of coders meet as evenly as can be seen from one source to the next, and then the words are
    spread, the longest sources first.
    """
    people = sorted(coders)
    each = min(each, len(people))
    rows = sorted(sources, key=lambda row: row.guid)
    rng = Random(seed)  # noqa: S311
    keys = {row.guid: rng.random() for row in rows}
    luck = {coder: rng.random() for coder in people}
    load, words = Counter[str](), Counter[str]()
    met = Counter[tuple[str, str]]()
    shares: dict[str, tuple[str, ...]] = {}
    for row in sorted(rows, key=lambda row: (-row.words, keys[row.guid], row.guid)):
        team = _team(people, each, load, words, met, luck)
        for coder in team:
            load[coder] += 1
            words[coder] += row.words
        met.update(combinations(team, 2))
        shares[row.guid] = team
    return {row.guid: shares[row.guid] for row in rows}


def _team(
    people: Sequence[str],
    each: int,
    load: Counter[str],
    words: Counter[str],
    met: Counter[tuple[str, str]],
    luck: Mapping[str, float],
) -> tuple[str, ...]:
    """The coders of one source: those with the fewest sources, and who of equals is best."""
    edge = sorted(load[coder] for coder in people)[each - 1] if each else 0
    sure = [coder for coder in people if load[coder] < edge]
    open_to = [coder for coder in people if load[coder] == edge]
    left = each - len(sure)

    def cost(team: tuple[str, ...]) -> tuple[int, int, list[float]]:
        pairs = combinations(sorted((*sure, *team)), 2)
        return (
            sum(2 * met[pair] + 1 for pair in pairs),
            sum(words[coder] for coder in team),
            sorted(luck[coder] for coder in team),
        )

    if comb(len(open_to), left) <= MOST_WAYS:
        best = min(combinations(open_to, left), key=cost)
    else:
        best = ()
        for _n in range(left):
            rest = [coder for coder in open_to if coder not in best]
            best = min(((*best, coder) for coder in rest), key=cost)
    return tuple(sorted((*sure, *best)))


def overlaps(shares: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], int]:
    """How many sources each pair of coders has in common."""
    pairs = Counter[tuple[str, str]]()
    for team in shares.values():
        pairs.update(combinations(sorted(team), 2))
    return dict(pairs)
