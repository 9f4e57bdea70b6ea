"""A study folder on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path

from cases.core.archives.folder import (
    DEFAULT_LIMITS,
    ArchiveProblem,
    Limits,
    strip_top,
    too_deep,
    too_large,
    too_many,
    without_junk,
)


class DirectoryFolder:
    """A directory on this machine; ``files`` maps names to paths inside it."""

    def __init__(self, files: Mapping[str, Path], notes: list[str], limits: Limits) -> None:
        self._files = files
        self._limits = limits
        self.notes = notes

    def names(self) -> list[str]:
        return list(self._files)

    def size(self, name: str) -> int:
        return self._files[name].stat().st_size

    def read(self, name: str, limit: int | None = None) -> bytes:
        allowed = self._limits.file_size if limit is None else limit
        try:
            with self._files[name].open("rb") as stream:
                data = stream.read(allowed + 1)
        except OSError as error:
            raise ArchiveProblem(
                "unreadable", f"{name} cannot be read: {error.strerror}.", name
            ) from error
        if len(data) > allowed:
            raise too_large(name, allowed)
        return data


def open_directory(
    path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS
) -> DirectoryFolder:
    """The files below ``path``; ArchiveProblem if it is no directory or passes a limit."""
    root = Path(path)
    if not root.is_dir():
        raise ArchiveProblem("no_folder", f"{root} is not a folder.", str(root))
    files, notes = _walk(root.resolve(), limits)
    kept, more = without_junk(files)
    return DirectoryFolder(strip_top(kept), notes + more, limits)


def _walk(root: Path, limits: Limits) -> tuple[dict[str, Path], list[str]]:
    files: dict[str, Path] = {}
    notes: list[str] = []
    total = 0
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted([*names, *folders]):
            path = Path(folder, name)
            shown = path.relative_to(root).as_posix()
            if len(Path(shown).parts) > limits.depth:
                raise too_deep(shown, limits)
            if path.is_symlink():
                target = path.resolve()
                if not target.is_relative_to(root):
                    raise ArchiveProblem(
                        "symlink", f"{shown!r} is a link that leads out of the folder.", shown
                    )
                notes.append(f"{shown!r} is a link and was not read.")
                continue
            if path.is_dir():
                continue
            if not path.is_file():
                raise ArchiveProblem("special_file", f"{shown!r} is not a plain file.", shown)
            size = path.stat().st_size
            total += size
            if size > limits.file_size:
                raise too_large(shown, limits.file_size)
            if total > limits.total_size:
                raise ArchiveProblem(
                    "too_large",
                    f"The folder holds more than {limits.total_size:,} bytes, "
                    f"which is reached at {shown!r}.",
                    shown,
                )
            files[shown] = path
            if len(files) > limits.entries:
                raise too_many(limits, None)
    return files, notes
