"""A study folder in a ZIP, which is read without being unpacked."""

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from cases.core.archives.folder import (
    DEFAULT_LIMITS,
    ArchiveProblem,
    Limits,
    is_junk,
    strip_top,
    too_deep,
    too_large,
    too_many,
    without_junk,
)
from coding.core.closing import Closing

_CHUNK = 1 << 16
_SMALL = 1_000_000
_PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UTF8_FLAG = 0x800
# zipfile reports damage with whatever the layer below it raised.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # NotImplementedError among them
)


class ZipFolder(Closing):
    """An open ZIP; use as a context manager, or call ``close()``."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        entries: Mapping[str, zipfile.ZipInfo],
        notes: list[str],
        limits: Limits,
        left_out: Sequence[str] = (),
    ) -> None:
        self._archive = archive
        self._entries = entries
        self._limits = limits
        self.notes = notes
        # ZIPs inside the ZIP, which are not opened, and how many files the computer put in.
        self.nested = [name for name in left_out if not is_junk(name)]
        self.junk = len(left_out) - len(self.nested)

    def names(self) -> list[str]:
        return list(self._entries)

    def size(self, name: str) -> int:
        return self._entries[name].file_size

    def read(self, name: str, limit: int | None = None) -> bytes:
        allowed = self._limits.file_size if limit is None else limit
        parts, count = [], 0
        try:
            with self._archive.open(self._entries[name]) as stream:
                while chunk := stream.read(_CHUNK):
                    count += len(chunk)
                    if count > allowed:
                        raise too_large(name, allowed)
                    parts.append(chunk)
        except ArchiveProblem:
            raise
        except _DAMAGE as error:
            raise ArchiveProblem(
                "damaged", f"{name} cannot be read from the ZIP: the archive is damaged.", name
            ) from error
        return b"".join(parts)

    def close(self) -> None:
        self._archive.close()


def open_zip(
    source: str | os.PathLike[str] | BinaryIO, limits: Limits = DEFAULT_LIMITS
) -> ZipFolder:
    """The checked content of a ZIP; ArchiveProblem if anything about it is unsafe or broken.

    ``source`` is a path, or a seekable binary file (which stays open until the folder is closed).
    """
    try:
        _count_entries(source, limits)
        archive = zipfile.ZipFile(source)
    except ArchiveProblem:
        raise
    except _DAMAGE as error:
        raise _not_a_zip() from error
    try:
        files = _checked_entries(archive, limits)
    except BaseException:
        archive.close()
        raise
    kept, notes = without_junk(files)
    left_out = [name for name in files if name not in kept]
    return ZipFolder(archive, strip_top(kept), notes, limits, left_out)


def _count_entries(source: str | os.PathLike[str] | BinaryIO, limits: Limits) -> None:
    """Refuses too many entries before an object is made for each of them.

    The count in the end record is a claim, so the directory itself is walked: 46 bytes per entry
    and the lengths of its three texts (PKWARE APPNOTE 4.3.12, 4.3.14, 4.3.16).
    """
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as stream:
            _count_entries(stream, limits)
        return
    size = source.seek(0, os.SEEK_END)
    tail_start = max(0, size - 65_557)
    source.seek(tail_start)
    tail = source.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise _not_a_zip()
    claimed, length = struct.unpack_from("<HL", tail, at + 10)
    end = tail_start + at
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        (where,) = struct.unpack_from("<Q", tail, at - 20 + 8)
        if where > size - 56:
            raise _not_a_zip()
        source.seek(where)
        record = source.read(56)
        if record[:4] != b"PK\x06\x06":
            raise _not_a_zip()
        claimed, length = struct.unpack_from("<QQ", record, 32)
        end = where
    # The directory's own size is bounded by what so many entries could reasonably take.
    if claimed > limits.entries or length > limits.entries * 2_048:
        raise too_many(limits, claimed)
    if length > end:
        raise _not_a_zip()
    source.seek(end - length)
    directory = source.read(length)
    position = count = 0
    while directory[position : position + 4] == b"PK\x01\x02":
        count += 1
        if count > limits.entries:
            raise too_many(limits, None)
        if position + 46 > length:
            raise _not_a_zip()
        position += 46 + sum(struct.unpack_from("<HHH", directory, position + 28))
    if count != claimed or position != length:
        raise ArchiveProblem(
            "damaged",
            f"The ZIP is damaged: its directory announces {claimed:,} entries and lists {count:,}.",
        )


def _checked_entries(archive: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    files: dict[str, zipfile.ZipInfo] = {}
    seen: dict[str, str] = {}
    total = packed = 0
    for info in infos:
        raw = _decoded_name(info)
        name = _checked_name(raw, limits)
        _check_entry(info, raw, limits)
        total += info.file_size
        packed += info.compress_size
        if total > limits.total_size:
            raise ArchiveProblem(
                "too_large",
                f"The ZIP unpacks to more than {limits.total_size:,} bytes, "
                f"which is reached at {raw!r}.",
                raw,
            )
        if raw.endswith("/") or not name:
            continue
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise ArchiveProblem(
                "duplicate_name",
                f"The ZIP holds {name!r} twice"
                + (f" (also as {seen[folded]!r})." if seen[folded] != name else "."),
                name,
            )
        seen[folded] = name
        files[name] = info
    if total > _SMALL and total > limits.ratio * packed:
        raise ArchiveProblem(
            "ratio",
            f"The ZIP unpacks to {total:,} bytes from {packed:,}, "
            f"more than {limits.ratio} times its size.",
        )
    # Entries that share compressed bytes defeat every ratio: together they must fit the file.
    if packed > archive.start_dir:
        raise ArchiveProblem("overlap", "The ZIP is damaged: its entries overlap.")
    return files


def _check_entry(info: zipfile.ZipInfo, name: str, limits: Limits) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise ArchiveProblem(
            "symlink", f"{name!r} in the ZIP is a symbolic link; only files are read.", name
        )
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveProblem("special_file", f"{name!r} in the ZIP is not a plain file.", name)
    if info.flag_bits & 0x1:
        raise ArchiveProblem(
            "encrypted", f"{name!r} in the ZIP is encrypted; save the ZIP without password.", name
        )
    if info.compress_type not in _PLAIN_METHODS:
        raise ArchiveProblem(
            "compression",
            f"{name!r} in the ZIP is compressed in a way that is not read; "
            "only the usual one (deflate) is.",
            name,
        )
    if info.file_size > limits.file_size:
        raise ArchiveProblem(
            "too_large",
            f"{name!r} in the ZIP has {info.file_size:,} bytes; "
            f"a file may have at most {limits.file_size:,}.",
            name,
        )
    if info.file_size > _SMALL and info.file_size > limits.ratio * info.compress_size:
        raise ArchiveProblem(
            "ratio",
            f"{name!r} in the ZIP unpacks to {info.file_size:,} bytes from "
            f"{info.compress_size:,}, more than {limits.ratio} times its size.",
            name,
        )


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """The entry's name; some programs write UTF-8 without saying so."""
    name = info.orig_filename
    if info.flag_bits & _UTF8_FLAG or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _checked_name(raw: str, limits: Limits) -> str:
    """The name without "." segments; ArchiveProblem if it could point outside the folder."""
    if "\\" in raw:
        raise ArchiveProblem("backslash", f"{raw!r} in the ZIP has a backslash in its name.", raw)
    if raw.startswith("/") or raw[1:2] == ":":
        raise ArchiveProblem("absolute_path", f"{raw!r} in the ZIP is an absolute path.", raw)
    if not raw or any(ord(char) < 32 or ord(char) == 127 for char in raw):
        raise ArchiveProblem(
            "control_character", f"The name {raw!r} in the ZIP has a control character.", raw
        )
    parts = [part for part in raw.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ArchiveProblem(
            "parent_path", f"{raw!r} in the ZIP points outside the folder ('..').", raw
        )
    if len(parts) > limits.depth:
        raise too_deep(raw, limits)
    return "/".join(parts)


def _not_a_zip() -> ArchiveProblem:
    return ArchiveProblem("not_a_zip", "The file is not a ZIP, or it is cut off or damaged.")
