"""Where the readers put what they find: problems, notes, progress, and known names."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Sized
from typing import Protocol, TypeVar

from cases.core.study_folder.rows import Cancelled, Problem

MAX_PROBLEMS = 500
_SHOWN_VALUE = 80
# Above this many names a suggestion costs more than it helps.
_MAX_COMPARED = 5_000

_EVERY = 1_000

Progress = Callable[[int, int, str], object]
Item = TypeVar("Item", covariant=True)


class SizedIterable(Sized, Protocol[Item]):
    def __iter__(self) -> Iterator[Item]: ...


class Report:
    """Collects problems (the first 500, and how many more there are) and notes."""

    def __init__(
        self,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.problems: list[Problem] = []
        self.count = 0
        self.notes: list[str] = []
        self._progress = progress
        self._cancelled = cancelled

    @property
    def full(self) -> bool:
        return self.count >= MAX_PROBLEMS

    def problem(
        self,
        file: str,
        row: int | None,
        column: str | None,
        message: str,
        value: str | None = None,
    ) -> None:
        self.count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(file, row, column, message, value))

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def step(self, done: int, total: int, phase: str) -> None:
        """Reports progress; raises Cancelled if the reading was stopped."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        if self._progress is not None:
            self._progress(done, total, phase)

    def counted(
        self, items: SizedIterable[Item], phase: str, every: int = _EVERY
    ) -> Iterator[Item]:
        """The same items, with a step before the first, after each ``every`` and at the end."""
        total = len(items)
        for done, item in enumerate(items):
            if done % every == 0:
                self.step(done, total, phase)
            yield item
        self.step(total, total, phase)

    def all_problems(self) -> list[Problem]:
        """The problems, closed by one that counts those left out."""
        more = self.count - len(self.problems)
        if not more:
            return list(self.problems)
        closing = Problem("", None, None, f"… and {more:,} more.")
        return [*self.problems, closing]


class Names:
    """The keys of one table that other tables may refer to.

    ``doubtful`` keys have a row with a problem of its own; ``open`` means that the table could
    not be read. Neither may cause a second complaint about a reference.
    """

    def __init__(self, existing: Iterable[str] = ()) -> None:
        self.usable: set[str] = set(existing)
        self.doubtful: set[str] = set()
        self.open = False

    def excuses(self, key: str) -> bool:
        return self.open or key in self.doubtful


def shown(value: str) -> str:
    """The value in quotation marks, cut where it gets long."""
    flat = " ".join(value.split())
    return f"“{flat if len(flat) <= _SHOWN_VALUE else flat[:_SHOWN_VALUE] + '…'}”"


def suggestion(value: str, known: Collection[str]) -> str:
    """ " (did you mean “x”?)" when a known name is close, else ""."""
    if len(known) > _MAX_COMPARED or len(value) > 200:
        return ""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(value.casefold(), folded, n=1, cutoff=0.7)
    return f" (did you mean {shown(folded[close[0]])}?)" if close else ""


def listing(items: Collection[str], most: int = 5) -> str:
    """ "a, b, c and 4 more"."""
    first = list(items)[:most]
    more = len(items) - len(first)
    return ", ".join(first) + (f" and {more:,} more" if more else "")


def several(number: int, noun: str) -> str:
    """ "1 coding", "2 codings"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
