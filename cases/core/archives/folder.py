"""What a study folder is to its readers, its limits, and what both kinds of it share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")

_JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What a study folder may hold; sizes in bytes, ``ratio`` is uncompressed to compressed."""

    entries: int = 2_000
    file_size: int = 25_000_000
    total_size: int = 200_000_000
    ratio: int = 100
    depth: int = 6


DEFAULT_LIMITS = Limits()


class ArchiveProblem(ValueError):  # noqa: N818
    """A folder that is refused as a whole. ``message`` is one sentence naming the entry."""

    def __init__(self, code: str, message: str, entry: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.entry = entry


class Folder(Protocol):
    """Files by name; names use "/" and are relative to the study folder."""

    @property
    def notes(self) -> list[str]:
        """Sentences about what was left out."""

    def names(self) -> list[str]: ...

    def size(self, name: str) -> int:
        """Bytes of the file, as announced."""

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The whole file; ArchiveProblem if it is damaged or has more than ``limit`` bytes."""


def is_junk(name: str) -> bool:
    """What a computer puts beside people's files: __MACOSX, .DS_Store, Thumbs.db."""
    return any(part in _JUNK_NAMES or part.startswith(".") for part in name.casefold().split("/"))


def without_junk(files: Mapping[str, T]) -> tuple[dict[str, T], list[str]]:
    kept: dict[str, T] = {}
    notes = []
    for name, value in files.items():
        if is_junk(name):
            continue
        if name.casefold().endswith(".zip"):
            notes.append(f"{name!r} is a ZIP inside the folder and was not opened.")
            continue
        kept[name] = value
    return kept, notes


def strip_top(files: Mapping[str, T]) -> dict[str, T]:
    """The same files without the one folder that holds them all, if there is one."""
    tops = {name.partition("/")[0] for name in files}
    if len(tops) != 1 or not all("/" in name for name in files):
        return dict(files)
    return {name.partition("/")[2]: value for name, value in files.items()}


def too_many(limits: Limits, count: int | None) -> ArchiveProblem:
    has = "too many" if count is None or count <= limits.entries else f"{count:,}"
    return ArchiveProblem(
        "too_many_entries", f"The folder has {has} entries; at most {limits.entries:,} are read."
    )


def too_large(name: str, limit: int) -> ArchiveProblem:
    return ArchiveProblem(
        "too_large", f"{name!r} has more than {limit:,} bytes; that is the most for a file.", name
    )


def too_deep(name: str, limits: Limits) -> ArchiveProblem:
    message = f"{name!r} has more than {limits.depth} parts in its path."
    return ArchiveProblem("too_deep", message, name)
