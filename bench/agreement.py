"""Measure agreement between coders: from passages in memory to every coefficient and interval.

    python -m bench.agreement --sources 1000 --coders 3 --codes 50 --passages 50

Needs no database. The package ``krippendorff`` gets the same units, ready as the matrices it wants,
in the same run; its alphas and ours must be equal. Read README.md beside this file.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import krippendorff
import numpy as np

from bench.timing import Times
from coding.core.agreement import (
    Distance,
    Measure,
    Pooling,
    SourceCoding,
    SourceCounts,
    Statistic,
    Unit,
    bootstrap,
    comparisons,
    confusion,
    count_source,
    count_sources,
    estimate,
    jackknife,
    set_alpha,
    tabulate,
    unitizing,
)

SEGMENT = 100


def study(sources: int, coders: int, codes: int, passages: int, length: int, seed: int) -> Any:
    """Passages as a team makes them: most are shared and differ at the ends, some in the code,
    some are of one coder alone."""
    draw = np.random.default_rng(seed)
    made = []
    for source in range(sources):
        start = np.sort(draw.integers(0, length - 400, passages))
        end = start + draw.integers(20, 300, passages)
        code = draw.integers(0, codes, passages)
        columns: list[list[Any]] = [[], [], [], []]
        for coder in range(coders):
            own = draw.random(passages) < 0.25
            other = draw.random(passages) < 0.1
            begin = np.where(own, draw.integers(0, length - 400, passages), start)
            finish = np.where(own, begin + draw.integers(20, 300, passages), end)
            columns[0].append(np.full(passages, coder))
            columns[1].append(np.where(other, draw.integers(0, codes, passages), code))
            columns[2].append(np.maximum(begin + draw.integers(-5, 6, passages), 0))
            columns[3].append(finish + draw.integers(-5, 6, passages))
        borders = np.arange(0, length + 1, SEGMENT)
        made.append(
            SourceCoding(
                source, length, tuple(range(coders)), *(np.concatenate(c) for c in columns), borders
            )
        )
    return made


def exclusive(codings: list[SourceCoding], codes: int) -> list[SourceCoding]:
    """The same passages, cut so that no two of one coder overlap: for the uα family."""
    made = []
    for one in codings:
        order = np.lexsort((one.start, one.coder))
        coder, start, end = one.coder[order], one.start[order], one.end[order]
        following = np.append(np.where(coder[1:] == coder[:-1], start[1:], one.length), one.length)
        end = np.minimum(end, following)
        kept = end > start
        parts = (part[kept] for part in (coder, one.code[order], start, end))
        made.append(SourceCoding(one.source, one.length, one.coders, *parts))
    return made


def everything(codings: list[SourceCoding], unit: Unit, coders: int) -> Any:
    """Counts, and every coefficient of every code, pair, coder against the others, and pooled."""
    rows = tabulate(count_sources(codings, unit=unit))
    pairs = list(combinations(range(coders), 2))
    among: list[tuple[int, ...]] = [(), *pairs, *((coder,) for coder in range(coders))]
    return [
        estimate(rows, Statistic(measure, whom, pooling))
        for measure in Measure
        for whom in among
        for pooling in (None, *Pooling)
    ]


def matrices(codings: list[SourceCoding], coders: int, codes: int) -> Any:
    """Segments × coders for each code, as the package wants them: (codes, coders, segments)."""
    per_source = [len(one.borders) - 1 for one in codings if one.borders is not None]
    firsts = np.cumsum(per_source) - per_source
    data = np.zeros((codes, coders, sum(per_source)))
    for one, first in zip(codings, firsts.tolist(), strict=True):
        low, high = one.start // SEGMENT, -(-one.end // SEGMENT)
        for coder, code, a, b in zip(one.coder, one.code, low, high, strict=True):
            data[code, coder, first + a : first + b] = 1
    return data


def measured(name: str, repeat: int, step: Callable[[], Any]) -> tuple[Times, Any]:
    times, result = Times(), None
    for turn in range(repeat):
        result = times.run(lambda _: step(), turn)
    print(
        f"{name:<68}  {times.median:>9,.1f}  {times.low:>9,.1f}  {times.cpu_median:>9,.1f}",
        flush=True,
    )
    return times, result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--coders", type=int, default=3)
    parser.add_argument("--codes", type=int, default=50)
    parser.add_argument("--passages", type=int, default=50, help="of each coder in each source")
    parser.add_argument("--length", type=int, default=30_000, help="characters of a source")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    ask = parser.parse_args()
    codings = study(ask.sources, ask.coders, ask.codes, ask.passages, ask.length, ask.seed)
    passages = sum(len(one.coder) for one in codings)
    load = os.getloadavg()[0]
    print(
        f"{ask.sources:,} sources of {ask.length:,} characters, {ask.coders} coders, "
        f"{ask.codes} codes, {passages:,} passages; seed {ask.seed}, median of {ask.repeat}\n"
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"{os.cpu_count()} cores, load {load:.1f}\n"
    )
    print(f"{'':<68}  {'ms':>9}  {'min':>9}  {'CPU ms':>9}\n{'-' * 101}")
    _characters(codings, ask)
    _one_source(codings, ask)
    _segments(codings, ask)
    return 0


def _characters(codings: list[SourceCoding], ask: argparse.Namespace) -> None:
    def run(name: str, step: Callable[[], Any]) -> Any:
        return measured(name, ask.repeat, step)[1]

    counts = run("characters: counts of all sources, from passages", lambda: count_sources(codings))
    rows = run("… as a table", lambda: tabulate(counts))
    run(
        "characters: passages → every coefficient, code, pair, coder, pooled",
        lambda: everything(codings, Unit.CHARACTER, ask.coders),
    )
    for distance in (Distance.JACCARD, Distance.MASI):
        run(
            f"characters: alpha of sets, {distance.value}, and its interval",
            lambda distance=distance: set_alpha(codings, distance),
        )
    cut = exclusive(codings, ask.codes)
    run("characters: uα, |uα, cuα, (k)uα and their intervals", lambda: unitizing(cut))
    run(
        "characters: code × code, each coder against the others",
        lambda: [confusion(codings, coder) for coder in range(ask.coders)],
    )
    asked = [Statistic(Measure.ALPHA)]
    pairs = combinations(range(ask.coders), 2)
    asked += [Statistic(Measure.KAPPA, pair) for pair in pairs]
    name = f"{len(asked)} coefficients × {ask.codes} codes"
    run(f"jackknife of {name}", lambda: jackknife(rows, asked))
    run(
        f"bootstrap of {name}, {ask.resamples:,} resamples",
        lambda: bootstrap(rows, asked, resamples=ask.resamples),
    )


def _one_source(codings: list[SourceCoding], ask: argparse.Namespace) -> None:
    stored = {one.source: one.to_bytes() for one in count_sources(codings)}
    size = sum(map(len, stored.values()))
    changed = replace(codings[0], end=np.minimum(codings[0].end + 1, codings[0].length))

    def again() -> None:
        stored[changed.source] = count_source(changed).to_bytes()

    measured("one source changed: its counts anew, as bytes", ask.repeat, again)
    measured(
        f"all counts from bytes ({size / 1024:,.0f} KiB), as a table",
        ask.repeat,
        lambda: tabulate([SourceCounts.from_bytes(data) for data in stored.values()]),
    )
    _, places = measured(
        "one source: the places to talk about", ask.repeat, lambda: comparisons(codings[0])
    )
    assert places


def _segments(codings: list[SourceCoding], ask: argparse.Namespace) -> None:
    data = matrices(codings, ask.coders, ask.codes)

    def ours() -> list[float | None]:
        rows = tabulate(count_sources(codings, unit=Unit.SEGMENT), codes=range(ask.codes))
        return [one.value for one in estimate(rows, Statistic(Measure.ALPHA))]

    def theirs() -> list[float]:
        return [
            krippendorff.alpha(reliability_data=one, level_of_measurement="nominal") for one in data
        ]

    counted = [np.stack([(one == 0).sum(axis=0), one.sum(axis=0)], axis=1) for one in data]

    def theirs_from_counts() -> list[float]:
        return [
            krippendorff.alpha(value_counts=one.astype(int), level_of_measurement="nominal")
            for one in counted
        ]

    what = f"{data.shape[2]:,} segments: alpha of {ask.codes} codes"
    times, found = measured(f"{what}, from passages", ask.repeat, ours)
    for name, step in (("from matrices", theirs), ("from values counted", theirs_from_counts)):
        others, wanted = measured(f"… krippendorff {name}", 1, step)
        for one, other in zip(found, wanted, strict=True):
            assert one is not None
            assert abs(one - other) < 1e-9, (one, other)
        wall, processor = others.low / times.median, others.cpu_median / times.cpu_median
        print(f"{'… ÷ ours; all values are equal':<68}  {wall:>9,.1f}  {'':>9}  {processor:>9,.1f}")


if __name__ == "__main__":
    raise SystemExit(main())
