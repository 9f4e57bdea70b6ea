"""The child process of ``safely``: reads a request a line, answers a line, until the input ends."""

import gc
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coding.core.transcripts.model import Choices, Limits, TranscriptProblem
from coding.core.transcripts.reading import read_transcript, recognise

try:
    import resource
except ImportError:  # Windows has no such limits; the parent's clock remains.
    resource = None  # type: ignore[assignment]

_MEBIBYTE = 1 << 20


def main() -> None:
    limits = Limits.from_json(json.loads(sys.argv[1]))
    # Nothing but answers may reach the parent: a library's own words go where errors go.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit(limits)
    # Hundreds of thousands of small objects, and hardly a cycle among them: looking for cycles
    # while reading takes as long as reading.
    gc.disable()
    for line in sys.stdin.buffer:
        _allow_seconds(limits)
        answer = _answer(json.loads(line), limits)
        answers.write(json.dumps(answer).encode("ascii") + b"\n")
        answers.flush()
        del answer
        gc.collect()


def _answer(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    name = request["name"]
    try:
        with Path(request["path"]).open("rb") as file:
            data = file.read(limits.file_bytes + 1)
        if request["task"] == "recognise":
            return {"guesses": [asdict(guess) for guess in recognise(data, name)]}
        choices = Choices.from_json(request["choices"])
        return {"transcript": read_transcript(data, name, choices, limits).as_json()}
    except TranscriptProblem as problem:
        return _problem(problem)
    except MemoryError:
        return _problem(
            TranscriptProblem("limit", f"{name} was given up: reading it took too much memory.")
        )
    except RecursionError:
        return _problem(
            TranscriptProblem("depth", f"{name} cannot be read: it is nested too deeply.")
        )
    except OSError:
        return _problem(TranscriptProblem("missing", f"{name} cannot be opened."))
    except Exception:
        return _problem(
            TranscriptProblem(
                "crash", f"{name} cannot be read: its reader broke off; the file may be damaged."
            )
        )


def _problem(problem: TranscriptProblem) -> dict[str, Any]:
    return {
        "problem": {
            "code": problem.code,
            "message": problem.message,
            "line": problem.line,
            "place": problem.place,
        }
    }


def _limit(limits: Limits) -> None:
    """No more memory than said, no file written, no core left behind."""
    if resource is None:
        return
    for kind, value in (
        (resource.RLIMIT_AS, _address_space() + limits.memory_mb * _MEBIBYTE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _lower(kind, value)


def _address_space() -> int:
    """Bytes of address space in use already, mostly libraries; 0 where nobody tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _allow_seconds(limits: Limits) -> None:
    """Processor time for one more file, counted from what was used before."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + limits.seconds) + 2)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        # The hard limit of processor time stays: it grows again with the next file.
        resource.setrlimit(kind, (value, hard if kind == resource.RLIMIT_CPU else value))
    except (ValueError, OSError):
        # Some systems (macOS) do not take a limit of address space.
        return


if __name__ == "__main__":
    main()
