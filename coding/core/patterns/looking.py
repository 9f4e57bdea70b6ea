"""Asking the process that matches an expression, and ending it when it takes too long."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TURN_SECONDS = 2.0
TOTAL_SECONDS = 30.0
MEGABYTES = 400
# Matches of one turn; more of them are left out, and said to be.
MOST = 2_001
LOOK_EVERY = 0.2
_PROGRAM = Path(__file__).with_name("matcher.py")
_OVER: dict[str, Any] = {"over": True}

Span = tuple[int, int]


class PatternFailed(Exception):  # noqa: N818
    """An expression that gave no answer. ``reason`` is "broken" (``detail`` says what, ``at`` is
    the place in it, from 0, or None), "slow" (in the turn with number ``at``), "late" (all in all)
    or "memory"."""

    def __init__(self, reason: str, *, detail: str = "", at: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.at = reason, detail, at


@dataclass(frozen=True, slots=True)
class Matches:
    """``hits`` are (number of the turn, its matches), turns without one left out; ``empty`` counts
    the matches of nothing, which are no places; ``cut`` says that a turn has more than MOST."""

    hits: list[tuple[int, list[Span]]]
    empty: int
    cut: bool


class Looking:
    """One expression, in a process of its own for the length of a ``with``.

    ``pause`` is called every fifth of a second while there is no answer; what it raises ends all.
    """

    def __init__(
        self,
        pattern: str,
        *,
        match_case: bool,
        pause: Callable[[], None] = lambda: None,
        turn_seconds: float = TURN_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._order = {
            "pattern": pattern,
            "match_case": match_case,
            "seconds": turn_seconds,
            "megabytes": MEGABYTES,
            "most": MOST,
        }
        self._pause = pause
        self._total = total_seconds
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()

    def __enter__(self) -> Self:
        """Start, and have the expression compiled. Raises PatternFailed when it cannot be."""
        self._ends = time.monotonic() + self._total
        # Our own program with our own interpreter; nothing of what was typed is in the command.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            answer = self._ask(self._order)
            if "problem" in answer:
                raise PatternFailed("broken", detail=answer["problem"], at=answer["at"])
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def search(self, text: str, turns: Sequence[Span]) -> Matches:
        """Where the expression matches in ``text[start:end]`` of each turn, each turn by itself.

        Raises PatternFailed ("slow", "late" or "memory").
        """
        answer = self._ask({"text": text, "turns": [list(turn) for turn in turns]})
        if "slow" in answer:
            raise PatternFailed("slow", at=answer["slow"])
        hits = [(number, [(a, b) for a, b in found]) for number, found in answer["hits"]]
        return Matches(hits, answer["empty"], answer["cut"])

    def _ask(self, task: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101  (it was asked for)
        try:
            self._process.stdin.write(json.dumps(task).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise PatternFailed("memory") from None
        while True:
            try:
                answer = self._answers.get(timeout=LOOK_EVERY)
            except queue.Empty:
                self._pause()
                if time.monotonic() > self._ends:
                    raise PatternFailed("late") from None
                continue
            if time.monotonic() > self._ends:
                raise PatternFailed("late")
            # Whatever ended the process unasked, what it was asked for was too much for it.
            if answer is _OVER or "memory" in answer:
                raise PatternFailed("memory")
            return answer

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (it was asked for)
        try:
            for line in self._process.stdout:
                self._answers.put(json.loads(line))
        except ValueError:
            pass  # closed, or ended in the middle of a line
        self._answers.put(_OVER)

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                # What was not sent any more need not be.
                with contextlib.suppress(OSError):
                    pipe.close()
