"""The files that documents.csv names: found however they were typed, read, and taken only once."""

import hashlib
import unicodedata
from dataclasses import dataclass

from cases.core.archives import ArchiveProblem, Folder
from cases.core.study_folder.report import Report, shown, suggestion
from cases.core.study_folder.rows import Existing
from cases.core.study_folder.tables import Table
from coding.core.text import NormalisedText, TextProblem, decode_text

DOCUMENTS = "documents/"
MAX_FILE_NAME = 255
_FOREIGN = (
    (b"PK\x03\x04", "a Word file or another packed one"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "an RTF file"),
    (b"\xd0\xcf\x11\xe0", "an old Word file"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """``file`` is the name in the folder; ``sha256`` and ``size`` are of its bytes."""

    file: str
    text: NormalisedText
    sha256: str
    size: int


def folded_name(name: str) -> str:
    """How file names are compared: the same letters, however composed and in either case."""
    return unicodedata.normalize("NFC", name).casefold()


class Files:
    """Loads the file of each row; refuses what is missing, unreadable or there already."""

    def __init__(self, folder: Folder, table: Table, existing: Existing, report: Report) -> None:
        self._folder = folder
        self._table = table
        self._existing = existing
        self._report = report
        self._names = {folded_name(name): name for name in folder.names()}
        self._originals: dict[str, tuple[str, int]] = {}
        self._texts: dict[str, tuple[str, int]] = {}
        self.listed: set[str] = set()

    def load(self, number: int, key: str, written: str) -> Loaded | None:
        """The file of row ``number``; None, with the problem reported, if it is refused."""
        name = self._find(number, written)
        if name is None:
            return None
        self.listed.add(name)
        if len(name) > MAX_FILE_NAME:
            self._refuse(
                number, f"The file name has more than {MAX_FILE_NAME} characters.", written
            )
            return None
        try:
            data = self._folder.read(name)
            foreign = next((what for start, what in _FOREIGN if data.startswith(start)), None)
            if foreign:
                message = f"{name} is {foreign}; save it as plain text (UTF-8)."
                self._refuse(number, message, written)
                return None
            text = decode_text(data, name)
        except (ArchiveProblem, TextProblem) as problem:
            self._refuse(number, problem.message, written)
            return None
        loaded = Loaded(name, text, hashlib.sha256(data).hexdigest(), len(data))
        duplicate = self._duplicate(key, loaded)
        if duplicate:
            column, message = duplicate
            label = self._table.label(column)
            value = key if column == "doc_id" else written
            self._report.problem(self._table.file, number, label, message, value)
            return None
        self._originals[loaded.sha256] = key, number
        self._texts[text.sha256] = key, number
        return loaded

    def _find(self, number: int, written: str) -> str | None:
        if not written:
            self._refuse(number, "The file is empty; it must name a file in documents/.", "")
            return None
        wanted = folded_name(written.replace("\\", "/").removeprefix("./"))
        for name in (wanted, DOCUMENTS + wanted):
            if name in self._names:
                return self._names[name]
        hint = "" if self._report.full else suggestion(written, self._names.values())
        self._refuse(number, f"There is no file {shown(written)} in the folder{hint}.", written)
        return None

    def _duplicate(self, key: str, loaded: Loaded) -> tuple[str, str] | None:
        """Column and message if the project or an earlier row has this document."""
        for found, there, what in (
            (self._originals, self._existing.originals, "the same file"),
            (self._texts, self._existing.texts, "the same text"),
        ):
            digest = loaded.sha256 if found is self._originals else loaded.text.sha256
            if digest in found:
                other, row = found[digest]
                return (
                    "file",
                    f"{loaded.file} is {what} as the document {shown(other)} (row {row}).",
                )
            kind = "file" if there is self._existing.originals else "text"
            if (title := self._existing.trash.get((kind, digest))) is not None:
                return "file", (
                    f"{loaded.file} is {what} as {shown(title)}, which is in the trash: restore it "
                    "from there."
                )
            if digest in there:
                other = shown(there[digest])
                return "file", f"{loaded.file} is {what} as the document {other} in the project."
        if (title := self._existing.trash.get(("document", key))) is not None:
            return "doc_id", (
                f"The document {shown(key)} ({shown(title)}) is in the trash: restore it from "
                "there, or give this one another id."
            )
        if key in self._existing.documents:
            return "doc_id", f"The project already has a document {shown(key)} with another text."
        return None

    def _refuse(self, number: int, message: str, value: str) -> None:
        self._report.problem(self._table.file, number, self._table.label("file"), message, value)
