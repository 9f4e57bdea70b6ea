"""Many uploaded files as one: laid end to end, with an index that says where each begins.

So an upload of 200 files is one file with one life, and whoever packs it looks into none of them.
ZIPs among them are opened here, under the limits of ``cases.core.archives``.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from cases.core.archives import ArchiveProblem, Limits, ZipFolder, open_zip
from cases.core.transcript_batch.names import shown_name
from coding.core.closing import Closing


class BatchProblem(ValueError):  # noqa: N818
    """An upload that is refused as a whole; ``str()`` is one sentence."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Sizes in bytes; ``total_size`` is of everything, unpacked."""

    files: int = 200
    file_size: int = 25_000_000
    total_size: int = 200_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the upload: ``file`` counts the uploads from 0, ``member`` is a name in a ZIP.

    ``problem`` says why it cannot be read at all.
    """

    file: int
    name: str
    size: int
    member: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    entries: list[Entry]
    notes: list[str]


def pack(files: Iterable[tuple[str, Iterable[bytes]]], to: BinaryIO) -> list[dict[str, Any]]:
    """Write the files one after another; returns the index: name, start and size of each."""
    index = []
    start = 0
    for number, (name, chunks) in enumerate(files, start=1):
        size = 0
        for chunk in chunks:
            to.write(chunk)
            size += len(chunk)
        index.append({"name": shown_name(name, number), "start": start, "size": size})
        start += size
    return index


class Bundle(Closing):
    """A packed upload, open for reading; use as a context manager."""

    def __init__(
        self, stream: BinaryIO, index: list[Mapping[str, Any]], limits: BatchLimits
    ) -> None:
        self._stream = stream
        self._index = index
        self._limits = limits
        self._folders: dict[int, ZipFolder] = {}

    def contents(self) -> Contents:
        """Every file, those inside ZIPs too. BatchProblem where there is nothing or too much."""
        notes: list[str] = []
        entries: list[Entry] = []
        for entry in self._walk(notes):
            entries.append(entry)
            if len(entries) > self._limits.files:
                raise BatchProblem(
                    f"There are more than {self._limits.files:,} files, the most that are taken at "
                    f"once; that is reached at “{entry.name}”. Upload them in several parts."
                )
        if not entries:
            names = ", ".join(f"“{file['name']}”" for file in self._index)
            raise BatchProblem(f"There is no transcript in {names}." if names else "No files.")
        if len(entries) == 1 and entries[0].member is None and entries[0].problem:
            raise BatchProblem(entries[0].problem)
        return Contents(entries, notes)

    def read(self, file: int, member: str | None) -> bytes:
        """The bytes of one file. ArchiveProblem if the ZIP around it is damaged there."""
        if member is not None:
            return self._folder(file).read(member, self._limits.file_size)
        return self._window(file).read()

    def _walk(self, notes: list[str]) -> Iterator[Entry]:
        for number, file in enumerate(self._index):
            name = file["name"]
            if not name.lower().endswith(".zip"):
                yield Entry(number, name, file["size"])
                continue
            try:
                folder = self._folder(number)
            except ArchiveProblem as problem:
                yield Entry(number, name, file["size"], problem=f"{name}: {problem.message}")
                continue
            yield from self._members(number, name, folder, notes)

    def _members(
        self, number: int, name: str, folder: ZipFolder, notes: list[str]
    ) -> Iterator[Entry]:
        if folder.junk:
            count = "1 file was" if folder.junk == 1 else f"{folder.junk:,} files were"
            notes.append(
                f"{name}: {count} left out that a computer puts beside people's own "
                "(__MACOSX, .DS_Store, Thumbs.db)."
            )
        members = folder.names()
        if not members and not folder.nested:
            sentence = f"{name}: there is no file in this ZIP that could be a transcript."
            yield Entry(number, name, self._index[number]["size"], problem=sentence)
        for position, member in enumerate(members, start=1):
            yield Entry(number, shown_name(member, position), folder.size(member), member)
        for position, inner in enumerate(folder.nested, start=1):
            shown = shown_name(inner, position)
            sentence = f"{shown} is a ZIP inside the ZIP {name}; upload it on its own."
            yield Entry(number, shown, 0, inner, problem=sentence)

    def _folder(self, number: int) -> ZipFolder:
        if number not in self._folders:
            limits = Limits(
                # A Mac adds one entry for each file, and folders are entries too.
                entries=4 * self._limits.files + 200,
                file_size=self._limits.file_size,
                total_size=self._limits.total_size,
            )
            self._folders[number] = open_zip(self._window(number), limits)
        return self._folders[number]

    def _window(self, number: int) -> io.BufferedReader:
        file = self._index[number]
        return io.BufferedReader(_Window(self._stream, file["start"], file["size"]))

    def close(self) -> None:
        for folder in self._folders.values():
            folder.close()
        self._folders.clear()


class _Window(io.RawIOBase):
    """A stretch of a file as a file of its own."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        self._stream = stream
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            # As files do: zipfile asks for such places and expects this answer.
            raise OSError("A place before the beginning of the file.")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), max(0, self._size - self._at))
        self._stream.seek(self._start + self._at)
        data = self._stream.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
