"""A codebook in the exchange format REFI-QDA (``.qdc``, version 1.0 of the schema, 2019).

The format has a name, a colour, a description and "codable" for each code. What else is known is
written into the description, under lines such as "When to use:", and found there again.
"""

import io
import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import (
    Comment,
    Element,
    ParseError,
    SubElement,
    indent,
    register_namespace,
    tostring,
)

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from cases.core.codebook_files.rows import (
    KINDS,
    MAX_DEPTH,
    MAX_NAME,
    MAX_ROWS,
    MAX_TEXT,
    PALETTE,
    UNUSABLE,
    Book,
    CodebookProblem,
    Entry,
    Reading,
    Row,
    Value,
    as_colour,
)
from cases.core.study_folder import Problem
from cases.core.study_folder.cells import as_key, key_fault

NAMESPACE = "urn:QDA-XML:codebook:1.0"
register_namespace("", NAMESPACE)

_SECTIONS = {
    "when_to_use": "When to use:",
    "when_not_to_use": "When not to use:",
    "kind": "Kind:",
    "elicited": "Elicited by the protocol:",
    "retired": "Retired:",
    "key": "Code id:",
}
_MARK = re.compile(rf"(\\*)({'|'.join(map(re.escape, _SECTIONS.values()))})(.*)")
_NAMED = {mark: name for name, mark in _SECTIONS.items()}
_LONG = ("when_to_use", "when_not_to_use")
_SHORT: dict[str, Callable[[str], object]] = {
    "kind": lambda text: text.casefold() in KINDS.values(),
    "elicited": lambda text: text.casefold() in ("yes", "no"),
    "retired": re.compile(r"\d{4}-\d\d-\d\d").fullmatch,
    "key": lambda text: not key_fault(text, MAX_NAME),
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Elements inside each other: the codes, and a little for what is around them.
_MAX_NESTING = MAX_DEPTH + 10


# --- writing -------------------------------------------------------------------------------------


def qdc_file(book: Book) -> bytes:
    """The file; the schema wants at least one code."""
    root = Element(f"{{{NAMESPACE}}}CodeBook", {"origin": book.software})
    stamp = "; ".join(f"{name}: {text}" for name, text in book.stamp)
    root.append(Comment(" " + re.sub("-(?=-)", "- ", stamp).rstrip("-") + " "))
    codes = SubElement(root, f"{{{NAMESPACE}}}Codes")
    above: dict[str, Element] = {}
    for entry in book.entries:
        element = SubElement(above.get(entry.parent, codes), f"{{{NAMESPACE}}}Code")
        element.set("guid", entry.guid)
        element.set("name", entry.name)
        element.set("isCodable", "false" if entry.heading_only else "true")
        element.set("color", PALETTE[entry.colour])
        if text := description(entry):
            SubElement(element, f"{{{NAMESPACE}}}Description").text = text
        above[entry.key] = element
    # Only between elements: a text is never touched by it.
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def description(entry: Entry) -> str:
    parts = [_unmarked(entry.definition)] if entry.definition else []
    for name in _LONG:
        if text := getattr(entry, name):
            parts.append(f"{_SECTIONS[name]}\n{_unmarked(text)}")
    short = {
        "kind": KINDS.get(entry.kind, ""),
        "elicited": "yes" if entry.elicited else "",
        "retired": entry.retired,
        "key": "" if entry.plain_key else entry.key,
    }
    lines = [f"{_SECTIONS[name]} {text}" for name, text in short.items() if text]
    return "\n\n".join([*parts, "\n".join(lines)] if lines else parts)


def _unmarked(text: str) -> str:
    """A backslash before lines of a text that would be taken for the beginning of a section."""
    return "\n".join("\\" + line if _MARK.fullmatch(line) else line for line in text.split("\n"))


# --- reading -------------------------------------------------------------------------------------


def read_qdc(data: bytes, file: str) -> Reading:
    """The codes of a file, whichever version of the format; CodebookProblem if it is none."""
    reader = _Reader(file)
    try:
        for event, element in iterparse(
            io.BytesIO(data.lstrip(b"\xef\xbb\xbf \r\n\t")),
            events=("start", "end"),
            forbid_dtd=True,
        ):
            if event == "start":
                reader.begin(element)
            else:
                reader.end(element)
    except DefusedXmlException as error:
        message = f"{file} declares a document type or entities, which are not read."
        raise CodebookProblem(Problem(file, None, None, message)) from error
    except (ParseError, UnicodeError, ValueError, LookupError) as error:
        if isinstance(error, CodebookProblem):
            raise
        line = error.position[0] if isinstance(error, ParseError) else None
        message = f"{file} is no well-formed XML, or it is cut off."
        raise CodebookProblem(Problem(file, line, None, message)) from error
    if not reader.has_codes:
        message = f"{file} is no codebook: it has no element Codes."
        raise CodebookProblem(Problem(file, None, None, message))
    if not reader.rows and not reader.problems:
        raise CodebookProblem(Problem(file, None, None, f"{file} holds no code."))
    return Reading(reader.rows, reader.problems, reader.notes)


class _Reader:
    """Follows the elements, of which only the local names count."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.has_codes = False
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self._path: list[str] = []
        # Numbers of the codes around, and what their descriptions say.
        self._open: list[tuple[int, Element]] = []
        self._order: dict[int, Row | None] = {}
        self._texts: dict[int, str] = {}
        self._count = 0

    def begin(self, element: Element) -> None:
        local = _local(element)
        self._path.append(local)
        if len(self._path) > _MAX_NESTING:
            message = f"Codes lie inside each other more than {MAX_DEPTH} levels deep."
            raise CodebookProblem(Problem(self.file, self._count, None, message))
        if local == "Codes":
            self.has_codes = True
        elif local == "Code" and "Codes" in self._path:
            self._count += 1
            if self._count > MAX_ROWS:
                message = f"The file has more codes than are read: {MAX_ROWS:,}."
                raise CodebookProblem(Problem(self.file, self._count, None, message))
            self._open.append((self._count, element))
        elif local == "Sets" and not any(note.startswith("Sets") for note in self.notes):
            self.notes.append("Sets of codes are not kept here and were left out.")

    def end(self, element: Element) -> None:
        local = self._path.pop()
        if local == "Description" and self._path[-1:] == ["Code"] and self._open:
            self._texts[self._open[-1][0]] = element.text or ""
        elif local == "Code" and self._open:
            number, _element = self._open.pop()
            above = self._open[-1][0] if self._open else None
            row = self._row(number, element, above)
            if row is not None:
                self.rows.append(row)
            element.clear()
        elif local in ("Codes", "CodeBook"):
            # Codes end after those inside them; they are wanted in the order of the file.
            self.rows.sort(key=lambda row: row.number)

    def _row(self, number: int, element: Element, above: int | None) -> Row | None:
        before = len(self.problems)

        def wrong(attribute: str, message: str) -> None:
            self.problems.append(Problem(self.file, number, attribute, message))

        name = (element.get("name") or "").strip()
        if not name:
            wrong("name", "The code has no name.")
        elif len(name) > MAX_NAME:
            wrong("name", f"The name has {len(name):,} characters; at most {MAX_NAME} are allowed.")
        elif UNUSABLE.search(name):
            wrong("name", "The name has a control character, which cannot be stored.")
        guid = (element.get("guid") or "").strip().strip("{}").casefold()
        guid = guid if _GUID.fullmatch(guid) else ""
        said = dict(sections(self._texts.pop(number))) if number in self._texts else {}
        values: dict[str, Value] = {
            name: said[name] for name in ("definition", *_LONG) if name in said
        }
        for field, text in values.items():
            if len(str(text)) > MAX_TEXT:
                most = f"at most {MAX_TEXT:,} are read"
                wrong("Description", f"The {field} has {len(str(text)):,} characters; {most}.")
        kinds = {label: kind for kind, label in KINDS.items()}
        if "kind" in said:
            values["kind"] = kinds[said["kind"].casefold()]
        if "elicited" in said:
            values["elicited"] = said["elicited"].casefold() == "yes"
        values["heading_only"] = (element.get("isCodable") or "true").strip() in ("false", "0")
        self._colour(element.get("color") or "", values)
        key = as_key(said.get("key", ""))
        if len(self.problems) > before:
            return None
        return Row(
            number=number,
            name=name,
            key=key,
            guid=guid,
            nested=True,
            above=above,
            values=values,
            retired=bool(said.get("retired")),
        )

    def _colour(self, text: str, values: dict[str, Value]) -> None:
        found = as_colour(text) if text else None
        if found is not None:
            values["colour"] = found[0]
        note = "Colours that are not among ours became the nearest one."
        if text and (found is None or not found[1]) and note not in self.notes:
            self.notes.append(note)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def sections(text: str) -> Iterator[tuple[str, str]]:
    """(field, text) of what a description says; what stands before the first mark is the
    definition.

    The first mark of a kind counts; later ones belong to the text that they stand in, and so does
    a short mark with something after it that no file of ours would have there.
    """
    lines: dict[str, list[str]] = {"definition": []}
    short: dict[str, str] = {}
    here = "definition"
    for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"):
        match = _MARK.fullmatch(line)
        name = _NAMED[match[2]] if match else ""
        if match and match[1]:
            lines[here].append(line[1:])
        elif match and name in _LONG and name not in lines:
            here = name
            lines[here] = [match[3]]
        elif match and name in _SHORT and name not in short and _SHORT[name](match[3].strip()):
            short[name] = match[3].strip()
        else:
            lines[here].append(line)
    for name, found in lines.items():
        yield name, "\n".join(found).strip()
    yield from short.items()
