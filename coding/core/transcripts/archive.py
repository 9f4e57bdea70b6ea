"""The parts of a packed document (DOCX, ODT), read without trusting what the ZIP says."""

import io
import zipfile
import zlib

from coding.core.transcripts.model import Limits, TranscriptProblem

# Small parts may be packed very well without being a bomb.
_SMALL = 1_000_000
_CHUNK = 1 << 20


class Parts:
    """The named parts of a ZIP, within the limits of entries, size and ratio."""

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.left = limits.zip_bytes
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
            infos = self.zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
            raise self._damaged() from None
        if len(infos) > limits.zip_entries:
            raise TranscriptProblem(
                "zip_entries",
                f"{name} has {len(infos):,} packed parts, and at most {limits.zip_entries:,} "
                "are read.",
            )
        self.infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            if info.filename in self.infos:
                raise TranscriptProblem(
                    "zip_twice", f"{name} has the packed part {info.filename[:80]} twice."
                )
            self.infos[info.filename] = info

    def __contains__(self, part: str) -> bool:
        return part in self.infos

    def names(self) -> list[str]:
        return list(self.infos)

    def read(self, part: str) -> bytes:
        """The bytes of ``part``; counts against the limit of the whole file."""
        info = self.infos[part]
        if info.flag_bits & 0x1:
            raise TranscriptProblem(
                "encrypted", f"{self.name} is protected by a password; save it without one."
            )
        pieces: list[bytes] = []
        size = 0
        try:
            with self.zip.open(info) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    self._check(part, size, info.compress_size)
                    pieces.append(chunk)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            NotImplementedError,
            ValueError,
        ) as e:
            if isinstance(e, TranscriptProblem):
                raise
            raise self._damaged() from None
        self.left -= size
        return b"".join(pieces)

    def _check(self, part: str, size: int, packed: int) -> None:
        too_large = size > self.left
        if too_large or (size > _SMALL and size > packed * self.limits.zip_ratio):
            raise TranscriptProblem(
                "zip_bomb",
                f"{self.name} is not read: its part {part[:80]} unpacks to more than "
                f"{size - 1 if too_large else packed * self.limits.zip_ratio:,} bytes "
                f"from {packed:,}.",
                place=part[:80],
            )

    def _damaged(self) -> TranscriptProblem:
        return TranscriptProblem(
            "zip", f"{self.name} is a packed document that is cut off or damaged."
        )
