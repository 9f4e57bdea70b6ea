"""The codebook in and out: what is written is read again, bad files are refused in a sentence."""

import csv
import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from cases.core.codebook_files import (
    PALETTE,
    SAYABLE,
    WRITERS,
    Book,
    CodebookProblem,
    Entry,
    Known,
    Row,
    clean,
    plan_codebook,
    read_codebook_file,
)
from cases.core.codebook_files.rows import MAX_TEXT, as_colour
from cases.core.codebook_files.tables import CUT

MADE = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
SYNTHETIC = "Synthetic: people and words are invented."
STAMP = [("Project", 'Alder, "north" -- =1+1'), ("Data", SYNTHETIC)]


def book(*entries: Entry) -> Book:
    return Book("Codebook: Alder", entries, STAMP, MADE, "coachstudy 0")


def written(fmt: str, *entries: Entry) -> bytes:
    return WRITERS[fmt][0](book(*entries))


def guid(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


GAINS = Entry(
    guid(1), "gains", "Gains", definition="What the team gets", heading_only=True, number="1"
)
NET = Entry(
    guid(2),
    "net",
    "Intranet",
    parent="gains",
    path="Gains › Intranet",
    number="1.1",
    depth=1,
    definition="Sharing on the intranet",
    when_to_use="A file is put there.\nOr taken.",
    when_not_to_use="Mail",
    kind="in_vivo",
    elicited=True,
    colour=5,
    passages=12,
    examples=("We put every lesson there",),
    unquoted=2,
)
OLD = Entry(
    guid(3), "old", "Old code", number="2", retired="2024-01-02", merged_into="net", colour=11
)


# --- round trip ----------------------------------------------------------------------------------

AWKWARD = [
    *("=1+1", "'=x", "''@a", "'", "+49", "-", "@me", '"', 'a "b" c', "# Project: x", "#1"),
    *("🙂👩‍🏫", "שלום", "é", "e\u0301", "\ufeff=1", "&lt;<b>]]>", "_x0041_", "_x005F_"),
    *("a\nb", "a > b", "a,b;c\td", "When to use:", "Kind: in vivo", "\\Kind: in vivo"),
    *("Code id: x", "Retired: 2020-01-01"),
]
awkward = st.sampled_from(AWKWARD)
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
texts = st.lists(awkward | words, max_size=3).map(lambda parts: clean("\n".join(parts)))
names = st.lists(awkward | words, min_size=1, max_size=2).map(lambda p: clean(" ".join(p)))
keys = st.lists(awkward | words.filter(str.isprintable), min_size=1, max_size=2).map(
    lambda p: clean(" ".join("".join(p).split()))
)


@st.composite
def codebooks(draw: Any) -> list[Entry]:
    """Trees in reading order, with unique ids and, below one parent, unique names."""
    made: list[Entry] = []
    taken: set[tuple[str, str]] = set()
    for n in range(draw(st.integers(1, 6))):
        key = unicodedata.normalize("NFC", draw(keys)) or f"k{n}"
        name = draw(names) or f"n{n}"
        # What comes next in reading order lies below the last code, or below one above that.
        line = [made[-1].key] if made else []
        while line and (up := next(e for e in made if e.key == line[-1]).parent):
            line.append(up)
        parent = draw(st.sampled_from(["", *line]))
        if not key.isprintable() or key in {e.key for e in made}:
            key = f"k{n}"
        if key in {e.key for e in made} or (parent, name.casefold()) in taken:
            continue
        taken.add((parent, name.casefold()))
        made.append(
            Entry(
                guid(n),
                key,
                name,
                parent=parent,
                definition=draw(texts),
                when_to_use=draw(texts),
                when_not_to_use=draw(texts),
                kind=draw(st.sampled_from(["", "a_priori", "in_vivo", "emergent"])),
                elicited=draw(st.booleans()),
                colour=draw(st.integers(0, 11)),
                heading_only=draw(st.booleans()),
                retired=draw(st.sampled_from(["", "2024-01-02"])),
                passages=draw(st.integers(0, 3)),
                examples=tuple(draw(st.lists(texts, max_size=2))),
            )
        )
    return made


def said(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.guid,
        entry.key,
        entry.name,
        entry.parent,
        bool(entry.retired),
        {name: getattr(entry, name) for name in SAYABLE},
    )


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "qdc"])
@settings(max_examples=150, deadline=None)
@given(entries=codebooks())
def test_what_is_written_is_read_again(fmt: str, entries: list[Entry]) -> None:
    reading = read_codebook_file(written(fmt, *entries), f"book.{fmt}")
    assert reading.problems == []
    plan = plan_codebook(reading.rows, [], f"book.{fmt}")
    assert plan.conflicts == []
    key_of = {item.row.number: item.row.key for item in plan.new}
    found = []
    for item in plan.new:
        values = dict.fromkeys(SAYABLE, "") | {"elicited": False} | dict(item.row.values)
        parent = "" if item.parent is None else key_of[item.parent]  # type: ignore[index]
        row = item.row
        found.append((row.guid, row.key, row.name, parent, row.retired, values))
    assert found == [said(entry) for entry in entries]


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "qdc"])
@settings(max_examples=60, deadline=None)
@given(entries=codebooks())
def test_a_codebooks_own_file_changes_nothing_of_it(fmt: str, entries: list[Entry]) -> None:
    guids = {entry.key: entry.guid for entry in entries}
    known = [
        Known(
            e.guid,
            e.key,
            e.name,
            guids.get(e.parent),
            {name: getattr(e, name) for name in SAYABLE},
            retired=bool(e.retired),
        )
        for e in entries
    ]
    rows = read_codebook_file(written(fmt, *entries), "book").rows
    plan = plan_codebook(rows, known, "book")
    assert (plan.new, plan.changed, plan.conflicts) == ([], [], [])
    assert plan.unchanged == len(entries)


# --- writing -------------------------------------------------------------------------------------


def test_no_cell_becomes_a_formula() -> None:
    evil = Entry(guid(1), "=key", "=cmd|'/c calc'!A1", definition="@SUM(1)", when_to_use="-1")
    data = written("csv", evil).decode("utf-8-sig")
    row = data.splitlines()[1]
    assert row.startswith('"\'=key","\'=cmd|\'/c calc\'!A1","",')
    page = openpyxl.load_workbook(io.BytesIO(written("xlsx", evil)))["Codebook"]
    cells = [cell for line in page.iter_rows() for cell in line if cell.value is not None]
    assert [cell.data_type for cell in cells if cell.data_type == "f"] == []
    assert page["B2"].value == "'=cmd|'/c calc'!A1"


def test_tables_say_what_people_want_to_read() -> None:
    page = openpyxl.load_workbook(io.BytesIO(written("xlsx", GAINS, NET, OLD)))["Codebook"]
    head, _gains, net, old = ([c or "" for c in line] for line in page.iter_rows(values_only=True))
    line = dict(zip(head, net, strict=True))
    assert line["path"] == "Gains › Intranet"
    assert line["examples"] == "We put every lesson there"
    assert line["kind"] == "in vivo"
    assert line["passages"] == 12
    assert line["colour"] == "#4c4c04"
    assert dict(zip(head, old, strict=True))["retired"] == "2024-01-02"
    about = openpyxl.load_workbook(io.BytesIO(written("xlsx", GAINS)))["About"]
    assert about["B3"].value == SYNTHETIC
    assert written("csv", GAINS).decode().splitlines()[-1] == (
        "# Data: Synthetic: people and words are invented."
    )


def test_a_text_that_no_workbook_holds_is_cut_and_says_so() -> None:
    long = Entry(guid(1), "a", "A", definition="x" * 40_000)
    data = written("xlsx", long)
    cell = openpyxl.load_workbook(io.BytesIO(data))["Codebook"]["E2"].value
    assert cell.endswith(CUT)
    assert len(cell) <= 32_767
    (problem,) = read_codebook_file(data, "b.xlsx").problems
    assert (problem.row, problem.column) == (2, "definition")


@pytest.fixture(scope="module")
def schema(request: pytest.FixtureRequest) -> etree.XMLSchema:
    shared: Path = request.getfixturevalue("shared")
    return etree.XMLSchema(etree.parse(str(shared / "formats/refi/Codebook.xsd")))


@settings(max_examples=60, deadline=None)
@given(entries=codebooks())
def test_a_qdc_file_is_valid(schema: etree.XMLSchema, entries: list[Entry]) -> None:
    if entries:
        schema.assertValid(etree.fromstring(written("qdc", *entries)))


def test_a_qdc_file_says_it_for_other_programs(schema: etree.XMLSchema) -> None:
    root = etree.fromstring(written("qdc", GAINS, NET, OLD))
    schema.assertValid(root)
    space = {"q": "urn:QDA-XML:codebook:1.0"}
    (net,) = root.xpath("//q:Code[@name='Gains']/q:Code", namespaces=space)
    assert dict(net.attrib) == {
        "guid": guid(2),
        "name": "Intranet",
        "isCodable": "true",
        "color": "#4c4c04",
    }
    assert net.findtext("q:Description", namespaces=space) == (
        "Sharing on the intranet\n\nWhen to use:\nA file is put there.\nOr taken.\n\n"
        "When not to use:\nMail\n\nKind: in vivo\nElicited by the protocol: yes\nCode id: net"
    )
    assert root.xpath("//q:Code[@name='Gains']/@isCodable", namespaces=space) == ["false"]
    assert root.get("origin") == "coachstudy 0"
    assert b"Synthetic" in written("qdc", GAINS)


USE = ("When to use", "When not to use")


def test_a_word_file_is_fit_for_an_appendix() -> None:
    document = docx.Document(io.BytesIO(written("docx", GAINS, NET, OLD)))
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert section.page_width > section.page_height
    lines = [p.text for p in document.paragraphs]
    assert lines[0] == "Codebook: Alder"
    assert "Data: Synthetic: people and words are invented." in lines
    (table,) = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows == [
        [
            "Code",
            "Definition",
            "When to use",
            "When not to use",
            "Examples",
            "Kind",
            "Passages (n)",
        ],
        ["1 Gains\nheading only", "What the team gets", "", "", "", "", "–"],
        [
            "1.1 Intranet\nelicited by the protocol",
            "Sharing on the intranet",
            "A file is put there.\nOr taken.",
            "Mail",
            "“We put every lesson there”\n(2 more, not to be quoted)",
            "in vivo",
            "12",
        ],
        ["2 Old code\nretired 2024-01-02, merged into net", "", "", "", "", "", "0"],
    ]
    assert "w:tblHeader" in table.rows[0]._tr.xml
    assert "w:tblHeader" not in table.rows[1]._tr.xml
    only = docx.Document(io.BytesIO(written("docx", GAINS))).tables[0]
    assert [c.text for c in only.rows[0].cells] == ["Code", "Definition", "Passages (n)"]


def test_markdown_shows_the_tree_and_nothing_in_it_becomes_markup() -> None:
    wild = Entry(
        guid(4), "w_1", "*bold* <b> [x](y)", number="3", definition="# no\n1. list\n- dash"
    )
    text = written("md", GAINS, NET, wild).decode()
    assert "# Codebook: Alder\n" in text
    assert "\n## 1 Gains\n" in text
    assert "\n### 1.1 Intranet\n" in text
    assert "Code id: net · 12 passages · in vivo · elicited by the protocol" in text
    assert "**When to use:** A file is put there.  \nOr taken." in text
    assert "\n> We put every lesson there\n" in text
    assert r"## 3 \*bold\* \<b\> \[x\](y)" in text
    assert "\\# no  \n1\\. list  \n\\- dash" in text
    assert r"Code id: w\_1" in text


def test_our_colours_are_those_of_the_pages() -> None:
    css = (Path(__file__).parents[3] / "static/css/tokens.css").read_text()
    found = re.findall(r"--code-(\d+): light-dark\((#[0-9a-f]{6}),", css)
    assert [colour for _n, colour in found] == list(PALETTE)
    assert [int(n) for n, _colour in found] == list(range(12))


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#4f6cc8", (0, True)),
        ("4F6CC8", (0, True)),
        ("#506dc8", (0, False)),
        ("rgb(191, 70, 154)", (11, True)),
        ("7", (7, True)),
        ("12", None),
        ("blue-ish", None),
        ("rgb(300,0,0)", None),
    ],
)
def test_colours_of_others_become_the_nearest(text: str, colour: tuple[int, bool] | None) -> None:
    assert as_colour(text) == colour


# --- reading tables ------------------------------------------------------------------------------


def rows_of(data: bytes, file: str = "b.csv") -> list[Row]:
    reading = read_codebook_file(data, file)
    assert reading.problems == []
    return reading.rows


def refused(data: bytes, file: str = "b.csv") -> tuple[Any, ...]:
    with pytest.raises(CodebookProblem) as caught:
        read_codebook_file(data, file)
    problem = caught.value.problem
    assert problem.file == file
    return problem.row, problem.column, problem.message


@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_columns_are_found_by_name_in_any_order(sep: str) -> None:
    lines = [
        "Definition|Use when|Parent|Name|Colour|Type|Heading|Do not use",
        "d|u|p|N|#bf469a|inductive|x|n",
    ]
    data = "\n".join(lines).replace("|", sep).encode()
    (row,) = rows_of(data)
    assert row == Row(
        number=2,
        name="N",
        parent="p",
        values={
            "definition": "d",
            "when_to_use": "u",
            "when_not_to_use": "n",
            "kind": "emergent",
            "colour": 11,
            "heading_only": True,
        },
    )


def test_a_column_code_alone_holds_names() -> None:
    (row,) = rows_of(b"code,definition\nGains,What\n")
    assert (row.key, row.name) == ("Gains", "Gains")


def test_windows_text_is_read_with_a_note() -> None:
    reading = read_codebook_file("name;definition\nLücke;größer\n".encode("cp1252"), "b.csv")
    assert [(r.name, r.values["definition"]) for r in reading.rows] == [("Lücke", "größer")]
    assert reading.notes[0].startswith("b.csv is not UTF-8; it was read as Windows-1252.")


def test_our_stamp_is_no_code_after_a_spreadsheet_has_saved_it() -> None:
    """A table of ours, opened and saved by a spreadsheet, which knows no comments."""
    text = written("csv", GAINS, NET).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[3][0].startswith("# Project: Alder")

    def fill(book: Any) -> None:
        for line in lines:
            book.active.append(line)

    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(lines)
    for data, file in ((workbook(fill), "b.xlsx"), (out.getvalue().encode(), "b.csv")):
        assert [row.key for row in rows_of(data, file)] == ["gains", "net"]


def test_unknown_columns_are_said() -> None:
    reading = read_codebook_file(b"name,owner,path\nA,me,A\n", "b.csv")
    assert reading.notes == ["b.csv: the column “owner” was ignored."]


NO_NAME = "The column name is missing; the first row has “definition”, “parent”."
TWICE = "The columns “name” and “label” mean the same; keep the one that holds."
OLD_EXCEL = "b.csv is an old Excel file or has a password; save it as XLSX without one."
TOO_MANY = "The file has more rows than are read for a codebook: 20,000."
TOO_LONG = "The cell has 30,001 characters; at most 30,000 are read."


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", (None, None, "b.csv is empty.")),
        (b"\xef\xbb\xbf\n\n", (None, None, "b.csv is empty.")),
        (b"definition,parent\nx,y\n", (1, "name", NO_NAME)),
        (b"name,definition\n", (1, None, "There is no code below the names of the columns.")),
        (b"name,label\na,b\n", (1, "label", TWICE)),
        (b"\xd0\xcf\x11\xe0 old", (None, None, OLD_EXCEL)),
        (b"name\n" + b"a\n" * 100_000, (20_002, None, TOO_MANY)),
    ],
)
def test_files_that_are_no_codebook(data: bytes, where: tuple[Any, ...]) -> None:
    assert refused(data) == where


def test_an_open_quotation_mark_names_the_row() -> None:
    row, _column, message = refused(b'name\nA\n"B\n')
    assert (row, message.split(",")[0]) == (3, "A quotation mark is not closed")


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (",d,,", "name", "The name is empty."),
        ("A,d,sometimes,", "kind", "“sometimes” is none of: a priori, in vivo, emergent."),
        ("A,d,,perhaps", "heading only", "“perhaps” is neither yes nor no."),
        ("A,d,,no,x", None, "The row has too many cells: 5 instead of 4."),
        ("A," + "x" * (MAX_TEXT + 1) + ",,", "definition", TOO_LONG),
        ("A" * 201 + ",d,,", "name", "The name has 201 characters; at most 200 are allowed."),
    ],
)
def test_a_bad_cell_is_said_with_row_and_column(line: str, column: str, message: str) -> None:
    data = f"name,definition,kind,heading only\nGood,d,,\n{line}\n".encode()
    reading = read_codebook_file(data, "b.csv")
    assert [row.name for row in reading.rows] == ["Good"]
    (problem,) = reading.problems
    assert (problem.row, problem.column, problem.message) == (3, column, message)


def workbook(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_by_another_program() -> None:
    def fill(book: Any) -> None:
        book.active.title = "Hidden"
        book.active.sheet_state = "hidden"
        page = book.create_sheet("Mine")
        page.append([None, None])
        page.append(["Name", "Definition", "heading"])
        page.append(["Zwei", 12, True])
        page["A6"] = "Später"

    rows = rows_of(workbook(fill), "b.xlsx")
    assert [(r.number, r.name, r.values["definition"], r.values["heading_only"]) for r in rows] == [
        (3, "Zwei", "12", True),
        (6, "Später", "", False),
    ]


def repacked(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry == name else content)
    return out.getvalue()


def test_a_formula_is_its_value_and_one_without_is_said() -> None:
    def fill(book: Any) -> None:
        book.active.append(["name", "definition"])
        book.active.append(["A", '="x"&"y"'])
        book.active.append(["B", "plain"])

    data = workbook(fill)
    reading = read_codebook_file(data, "b.xlsx")
    assert [row.name for row in reading.rows] == ["B"]
    (problem,) = reading.problems
    assert (problem.row, problem.column) == (2, "B")
    assert "formula without its value" in problem.message
    cell = rb'(<c r="B2")[^>]*>(<f>.*?</f>)<v ?/?>(</v>)?'

    def with_value(content: bytes) -> bytes:
        return re.sub(cell, rb'\1 t="str">\2<v>xy</v>', content)

    valued = repacked(data, "xl/worksheets/sheet1.xml", with_value)
    assert rows_of(valued, "b.xlsx")[0].values["definition"] == "xy"


def test_bombs_and_broken_workbooks_are_refused() -> None:
    fine = written("xlsx", NET)
    sheet = "xl/worksheets/sheet1.xml"
    bomb = repacked(fine, sheet, lambda _x: b"<worksheet>" + b" " * 20_000_000 + b"</worksheet>")
    assert "times its size" in refused(bomb, "b.xlsx")[2]
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    assert refused(repacked(fine, sheet, lambda _x: entities), "b.xlsx") == (
        None,
        None,
        "b.xlsx cannot be read as a workbook; it is damaged or made to do harm.",
    )
    assert "cannot be opened" in refused(fine[: len(fine) // 2], "b.xlsx")[2]
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "x")
    assert (
        refused(other.getvalue(), "b.xlsx")[2] == "b.xlsx is a packed file, but no XLSX workbook."
    )


def test_a_sheet_of_100_000_rows_is_refused() -> None:
    def fill(_page: bytes) -> bytes:
        # Digests do not pack well: it is the number of rows that is refused.
        texts = (hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(100_000))
        rows = (b'<row><c t="inlineStr"><is><t>%s</t></is></c></row>' % text for text in texts)
        return b"<worksheet><sheetData>" + b"".join(rows) + b"</sheetData></worksheet>"

    data = repacked(written("xlsx", NET), "xl/worksheets/sheet1.xml", fill)
    message = "The sheet has more rows than are read for a codebook: 20,000."
    assert refused(data, "b.xlsx") == (20_002, None, message)


# --- reading REFI-QDA ----------------------------------------------------------------------------


def test_the_sample_of_the_specification(shared: Path) -> None:
    data = (shared / "formats/refi/samples/spec-A1-codebook.qdc").read_bytes()
    reading = read_codebook_file(data, "spec.qdc")
    assert [(r.name, r.above, r.values["heading_only"]) for r in reading.rows] == [
        ("Topics", None, True),
        ("Economy", None, False),
        ("Health care", None, False),
        ("Values", None, True),
        ("Conservatives", None, False),
        ("Liberals", None, False),
    ]
    assert reading.rows[1].guid == "d7aa29da-519b-4946-9b90-253b6db8fd0a"
    assert reading.rows[1].values["definition"] == "Anything about jobs or taxes or business"
    assert "definition" not in reading.rows[0].values
    assert reading.notes == ["Colours that are not among ours became the nearest one."]


def test_any_namespace_nesting_and_missing_guids() -> None:
    data = (
        b'<x:CodeBook xmlns:x="urn:QDA-XML:codebook:0:4"><x:Codes><x:Code name="A">'
        b'<x:Code name="B" isCodable="true" guid="{ABCDEF00-0000-0000-0000-000000000001}">'
        b"<x:Description>Kind: of a thing\nWhen to use: always</x:Description></x:Code></x:Code>"
        b'<x:Code name="C" color="nonsense"/></x:Codes><x:Sets><x:Set/></x:Sets></x:CodeBook>'
    )
    reading = read_codebook_file(data, "b.qdc")
    a, b, c = reading.rows
    assert (a.guid, a.above, b.above, c.above) == ("", None, 1, None)
    assert b.guid == "abcdef00-0000-0000-0000-000000000001"
    assert b.values["definition"] == "Kind: of a thing"
    assert b.values["when_to_use"] == "always"
    assert "colour" not in c.values
    assert len(reading.notes) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<CodeBook><Codes/></CodeBook>", "b.qdc holds no code."),
        (b"<html></html>", "b.qdc is no codebook: it has no element Codes."),
        (b"<CodeBook><Codes><Code name='a'", "b.qdc is no well-formed XML, or it is cut off."),
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><CodeBook>&b;</CodeBook>',
            "b.qdc declares a document type or entities, which are not read.",
        ),
        (
            b"<CodeBook><Codes>" + b"<Code name='a'>" * 40_000,
            "Codes lie inside each other more than 20 levels deep.",
        ),
        (
            b"<CodeBook><Codes>" + b"<Code name='a'/>" * 100_000 + b"</Codes></CodeBook>",
            "The file has more codes than are read: 20,000.",
        ),
    ],
    ids=["none", "html", "cut", "bomb", "deep", "many"],
)
def test_qdc_files_that_are_refused(data: bytes, message: str) -> None:
    assert refused(data, "b.qdc")[2] == message
