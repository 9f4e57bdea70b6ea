"""Reading in a child process: a file of a stranger may be made to crash or hang its reader."""

from pathlib import Path
from types import TracebackType
from typing import Self

from coding.core.transcripts.model import Choices, Limits, Transcript
from coding.core.transcripts.reading import read_transcript


class SafeReader:
    """A child process that reads one file after the other, started anew after trouble.

    with SafeReader(limits) as reader:
        transcript = reader.read(path, "interview.docx", choices)
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.limits = limits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, path: Path, name: str, choices: Choices = Choices()) -> Transcript:  # noqa: B008
        """The transcript in the file ``path``, called ``name`` in sentences."""
        return read_transcript(path.read_bytes(), name, choices, self.limits)

    def close(self) -> None:
        """End the child process."""


def read_safely(
    path: Path,
    name: str,
    choices: Choices = Choices(),  # noqa: B008 - frozen
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> Transcript:
    """``read_transcript`` for the file ``path`` in a child process with the given limits."""
    with SafeReader(limits) as reader:
        return reader.read(path, name, choices)
