"""Reading in a child process: a file of a stranger may be made to crash or hang its reader.

The child is ``python -m coding.core.transcripts``. It gets limits of memory and processor time
from the system where the system has them, an empty environment, and one line of JSON for each
file; it answers with one line. Whatever happens to it becomes a TranscriptProblem here.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from coding.core.closing import Closing
from coding.core.transcripts.model import Choices, Guess, Limits, Transcript, TranscriptProblem

_ROOT = Path(__file__).resolve().parents[3]
# What a process needs on Windows to start at all.
_KEPT = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP")
# A child that has read this many files gives its memory back.
_FILES_PER_CHILD = 50


class SafeReader(Closing):
    """A child process that reads one file after the other, started anew after trouble.

    with SafeReader(limits) as reader:
        transcript = reader.read(path, "interview.docx", choices)

    Not for several threads at once.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._files = 0

    def read(self, path: Path, name: str, choices: Choices = Choices()) -> Transcript:  # noqa: B008
        """The transcript in the file ``path``, called ``name`` in sentences."""
        answer = self._ask("read", path, name, choices)
        return Transcript.from_json(answer["transcript"])

    def recognise(self, path: Path, name: str) -> list[Guess]:
        """The formats that the file ``path`` may have, best first."""
        answer = self._ask("recognise", path, name, Choices())
        return [Guess(**guess) for guess in answer["guesses"]]

    def close(self) -> None:
        """End the child process."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                # What was not yet sent to a child that is gone cannot be sent.
                with contextlib.suppress(OSError):
                    stream.close()

    def _ask(self, task: str, path: Path, name: str, choices: Choices) -> dict[str, Any]:
        try:
            size = path.stat().st_size
        except OSError:
            raise TranscriptProblem("missing", f"{name} cannot be opened.") from None
        if size > self.limits.file_bytes:
            # Not even handed over: the child would have to hold it in memory.
            raise TranscriptProblem(
                "too_large",
                f"{name} is too large: {size:,} bytes, and at most {self.limits.file_bytes:,} "
                "are read.",
            )
        if self._files >= _FILES_PER_CHILD:
            self.close()
        request = {
            "task": task,
            "path": str(path.resolve()),
            "name": name,
            "choices": choices.as_json(),
        }
        answer = self._exchange(request, name)
        problem = answer.get("problem")
        if problem:
            raise TranscriptProblem(**problem)
        return answer

    def _exchange(self, request: dict[str, Any], name: str) -> dict[str, Any]:
        child = self._running()
        self._files += 1
        lines: queue.Queue[bytes] = queue.Queue()
        if child.stdin is None or child.stdout is None:
            raise _broken(name, None)
        reading = threading.Thread(
            target=lambda stream=child.stdout: lines.put(_line(stream)), daemon=True
        )
        reading.start()
        try:
            child.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            child.stdin.flush()
            line = lines.get(timeout=self.limits.seconds)
        except queue.Empty:
            self._stop(reading)
            raise TranscriptProblem(
                "timeout",
                f"{name} was given up: reading it took longer than {self.limits.seconds:g} "
                "seconds.",
            ) from None
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            code = self._stop(reading)
            raise _broken(name, code)
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            self._stop(reading)
            raise _broken(name, None) from None
        return answer

    def _stop(self, reading: threading.Thread) -> int | None:
        child = self._child
        if child is not None:
            try:
                # A child that ended by itself says how.
                child.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            reading.join(timeout=1)
        self.close()
        return child.returncode if child is not None else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        self._files = 0
        environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
        # Libraries of numbers set memory aside for each processor, and none is needed here.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._child = subprocess.Popen(  # noqa: S603 - no shell, fixed arguments
            [
                sys.executable,
                # No environment, no user packages: what runs is what is installed here.
                "-E",
                "-s",
                "-m",
                "coding.core.transcripts",
                json.dumps(self.limits.as_json()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=environment,
            close_fds=True,
        )
        return self._child


def read_safely(
    path: Path,
    name: str,
    choices: Choices = Choices(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Transcript:
    """``read_transcript`` for the file ``path`` in a child process with the given limits."""
    with SafeReader(limits) as reader:
        return reader.read(path, name, choices)


def _line(stream: Any) -> bytes:
    try:
        line: bytes = stream.readline()
    except (OSError, ValueError):
        return b""
    return line


def _broken(name: str, code: int | None) -> TranscriptProblem:
    # SIGXCPU and SIGKILL are what the system sends when a limit is reached.
    if code in (-24, -9):
        return TranscriptProblem(
            "limit", f"{name} was given up: reading it took too much time or memory."
        )
    return TranscriptProblem(
        "crash", f"{name} cannot be read: its reader broke off; the file may be damaged."
    )
