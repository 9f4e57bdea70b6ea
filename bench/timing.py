"""Measuring two ways of doing the same thing side by side, and printing what came out."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Step = Callable[[int], Any]


@dataclass(slots=True)
class Times:
    """Milliseconds of every run: by the clock, and of this process's CPU."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, step: Step, turn: int) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = step(turn)
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)
        return result

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    @property
    def low(self) -> float:
        return min(self.wall)

    @property
    def cpu_median(self) -> float:
        return statistics.median(self.cpu)


@dataclass(slots=True)
class Operation:
    """Something the program does (``ours``) and the least a database could do for it (``floor``).

    Both get the number of the run, from 0. ``check`` sees every result of ``ours``, ``check_floor``
    every one of the floor; they raise AssertionError for a wrong one, outside of the measured time.
    ``before`` runs, unmeasured, before each of the two.
    """

    name: str
    ours: Step
    floor: Step
    check: Callable[[Any], None]
    check_floor: Callable[[Any], None]
    before: Callable[[], None] = lambda: None
    warm_up: bool = True
    size: Callable[[Any], int] | None = None


@dataclass(slots=True)
class Outcome:
    name: str
    ours: Times
    floor: Times
    queries: int
    bytes: int | None


def measure(operation: Operation, repeat: int, count_queries: Callable[[Step], int]) -> Outcome:
    """Run both sides in turn, ``repeat`` times each, changing who is first."""
    ours, floor = Times(), Times()
    sides = [
        (ours, operation.ours, operation.check),
        (floor, operation.floor, operation.check_floor),
    ]
    runs = 0
    if operation.warm_up:
        for _, step, check in sides:
            operation.before()
            check(step(runs))
        runs += 1
    result = None
    for turn in range(repeat):
        for times, step, check in sides if turn % 2 == 0 else sides[::-1]:
            operation.before()
            found = times.run(step, runs)
            check(found)
            if times is ours:
                result = found
        runs += 1
    operation.before()
    queries = count_queries(lambda _: operation.ours(runs))
    return Outcome(
        operation.name, ours, floor, queries, operation.size(result) if operation.size else None
    )


def table(outcomes: Sequence[Outcome]) -> str:
    head = ("operation", "ours ms", "min", "CPU ms", "queries", "KiB", "floor ms", "min", "ratio")
    rows = [
        (
            o.name,
            f"{o.ours.median:.1f}",
            f"{o.ours.low:.1f}",
            f"{o.ours.cpu_median:.1f}",
            str(o.queries),
            "" if o.bytes is None else f"{o.bytes / 1024:,.0f}",
            f"{o.floor.median:.2f}",
            f"{o.floor.low:.2f}",
            f"{o.ours.median / o.floor.median:.1f}",
        )
        for o in outcomes
    ]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [head, tuple("-" * width for width in widths), *rows]
    ]
    return "\n".join(line.rstrip() for line in lines)
