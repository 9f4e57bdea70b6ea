"""Everything that can be wrong with a study folder, each named by file, row and column."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.core.archives import ArchiveProblem, open_zip
from cases.core.study_folder import CaseRow, CodeRow, Existing, Problem, StudyPlan, read_study
from cases.core.study_folder.tables import MAX_FIELD, MAX_ROWS

Make = Callable[..., Any]
CODINGS = "doc_id,code,coder,start,end,text\n"
DOCUMENTS = "doc_id,case,type,participant,date,file\n"


def places(plan: StudyPlan) -> list[tuple[str, int | None, str | None]]:
    return [(problem.file, problem.row, problem.column) for problem in plan.problems]


def only(plan: StudyPlan) -> Problem:
    assert len(plan.problems) == plan.problem_count == 1, list(map(str, plan.problems))
    assert not plan.ok
    return plan.problems[0]


def one(
    small: Make, file: str, content: str | bytes | None, existing: Existing | None = None
) -> Problem:
    return only(read_study(small({file: content}), existing))


def test_a_problem_reads_as_one_sentence_with_its_place() -> None:
    whole = Problem("codings.csv", 7, "start", "“x” is not a whole number.", "x")
    assert str(whole) == "codings.csv, row 7, column start: “x” is not a whole number."
    assert str(Problem("a.csv", None, None, "It is empty.")) == "a.csv: It is empty."
    assert str(Problem("", None, None, "… and 3 more.")) == "… and 3 more."


# --- the tables themselves


@pytest.mark.parametrize(
    ("file", "content", "column"),
    [
        ("cases.csv", "id,name\nnorth,North\n", "case_id"),
        ("participants.csv", "id,case\nN1,north\nS1,south\n", "participant_id"),
        ("documents.csv", "doc_id,case\nD1,north\n", "file"),
        ("documents.csv", "file,case\nd1.txt,north\n", "doc_id"),
        ("codebook.csv", "key,parent\nshare,\n", "code"),
        ("codings.csv", "doc_id,coder,start,end,text\nD1,c1,13,21,We share\n", "code"),
        ("codings.csv", "doc_id,code,coder,start,text\nD1,share,c1,13,We share\n", "end"),
    ],
)
def test_a_missing_column(small: Make, file: str, content: str, column: str) -> None:
    problem = one(small, file, content)
    assert (problem.file, problem.row, problem.column) == (file, 1, column)
    assert problem.message.startswith(f"The column {column} is missing; the header has '")


def test_a_missing_column_names_those_that_are_there(small: Make) -> None:
    problem = one(small, "cases.csv", "id;Name\nnorth;North\n")
    assert problem.message == "The column case_id is missing; the header has 'id', 'Name'."


@pytest.mark.parametrize(
    "file", ["cases.csv", "participants.csv", "documents.csv", "codebook.csv", "codings.csv"]
)
def test_a_file_in_the_wrong_encoding(small: Make, file: str) -> None:
    data = small().files[file] + b"caf\xe9,x\n"
    problem = only(read_study(small({file: data})))
    line = data.count(b"\n")
    assert (problem.file, problem.row, problem.column) == (file, line, None)
    assert problem.message == (
        f"{file} is not UTF-8: byte 0xE9 at position {len(data) - 4} (line {line}) "
        "cannot be read; save the file as UTF-8."
    )


def test_the_line_of_a_wrong_byte_is_no_row_where_cells_span_lines(small: Make) -> None:
    problem = one(small, "cases.csv", b'case_id,name\nnorth,"a\nb"\nsouth,\xe9\n')
    assert problem.row is None
    assert "(line 4)" in problem.message


@pytest.mark.parametrize(
    ("content", "row", "message"),
    [
        ("", None, "cases.csv is empty."),
        ("\n \n", None, "cases.csv holds nothing but white space."),
        ("\ncase_id\nnorth\n", 1, "The first row is empty; it must name the columns."),
        (
            "case_id,name\nno\x00rth,x\n",
            2,
            "cases.csv has a control character (U+0000, NUL) in line 2, which cannot be stored; "
            "this may be UTF-16 without a byte order mark or no text at all; save it as UTF-8.",
        ),
        ("case_id,name\nnorth,North\nsouth\n", 3, "The row has too few cells: 1 instead of 2."),
        ("case_id\nnorth\nsouth,x\n", 3, "The row has too many cells: 2 instead of 1."),
        ("case_id,,x\nnorth,1,2\nsouth,,\n", 1, "Column 2 has no name."),
        (
            'case_id,name\nnorth,"North\nsouth,South\n',
            2,
            "A quotation mark is not closed, or text follows a closing one; "
            'inside a quoted cell a quotation mark is written twice ("").',
        ),
        (
            'case_id,name\nnorth,x\nsouth,"So"uth\n',
            3,
            "A quotation mark is not closed, or text follows a closing one; "
            'inside a quoted cell a quotation mark is written twice ("").',
        ),
    ],
)
def test_a_broken_table(small: Make, content: str, row: int | None, message: str) -> None:
    problem = one(small, "cases.csv", content)
    assert (problem.file, problem.row, problem.column) == ("cases.csv", row, None)
    assert problem.message == message


def test_a_column_that_is_there_twice(small: Make) -> None:
    problem = one(small, "cases.csv", "case_id,Size of team,size-of-team\nnorth,1,2\n")
    assert (problem.file, problem.row, problem.column) == ("cases.csv", 1, "size-of-team")
    assert problem.message == "The column “size-of-team” is there twice (positions 2 and 3)."


def test_rows_are_numbered_as_a_spreadsheet_does(small: Make) -> None:
    content = 'case_id,name\nnorth,"two\nlines"\n\n , \nsouth,South,more\n'
    problem = one(small, "cases.csv", content)
    # Header 1, north 2 (in two lines), an empty row 3, a blank row 4.
    assert problem.row == 5


def test_a_cell_beyond_the_limit(small: Make) -> None:
    long = "x" * (MAX_FIELD + 1)
    problem = one(small, "cases.csv", f"case_id,name\nnorth,North\nsouth,{long}\n")
    assert problem.row == 3
    assert "1,000,000 characters" in problem.message


def test_too_many_rows(small: Make) -> None:
    content = CODINGS + "D1,share,c1,13,21,We share\n" * MAX_ROWS
    problem = one(small, "codings.csv", content + "D1,share,c1,13,21,We share\n")
    assert (problem.file, problem.row) == ("codings.csv", MAX_ROWS + 2)
    assert problem.message == "The file has more rows than are read: 300,000."


def test_a_folder_without_any_table(small: Make) -> None:
    for files in ({}, {"notes.txt": "x", "documents/a.txt": "x"}):
        plan = read_study(small(dict.fromkeys(small().files) | files))
        problem = only(plan)
        assert (problem.file, problem.row, problem.column) == ("", None, None)
        assert problem.message == (
            "The folder has none of the files cases.csv, participants.csv, documents.csv, "
            "codebook.csv, codings.csv."
        )


# --- identifiers


@pytest.mark.parametrize(
    ("file", "row", "column", "key", "first"),
    [
        ("cases.csv", "north,again,\n", "case_id", "north", 2),
        ("participants.csv", "S1,south,coach,\n", "participant_id", "S1", 3),
        ("participants.csv", "s1,south,coach,\n", "participant_id", "s1", 3),
        ("documents.csv", "D2,,,,,documents/d1.txt\n", "doc_id", "D2", 3),
        ("codebook.csv", "gain,,\n", "code", "gain", 2),
        ("codings.csv", "k2,D1,share,c9,13,21,We share\n", "coding_id", "k2", 3),
    ],
)
def test_a_duplicate_id(
    small: Make, file: str, row: str, column: str, key: str, first: int
) -> None:
    content = small().files[file].decode() + row
    problem = one(small, file, content)
    assert (problem.file, problem.row, problem.column) == (file, content.count("\n"), column)
    assert problem.value == key
    assert problem.message == f"The {column} “{key}” is already used in row {first}."


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("", "is empty"),
        ("x" * 65, "has 65 characters; at most 64 are allowed"),
        ('"a\nb"', "has a character that cannot be seen"),
        ("a\u200bb", "has a character that cannot be seen"),
    ],
)
def test_a_malformed_id(small: Make, key: str, fault: str) -> None:
    content = f"case_id,name\nnorth,\nsouth,\n{key},x\n"
    problem = one(small, "cases.csv", content)
    assert (problem.file, problem.row, problem.column) == ("cases.csv", 4, "case_id")
    assert problem.message.startswith(f"The case_id {fault}")


def test_code_ids_may_be_longer(small: Make) -> None:
    codes = f"code\nshare\ngain\nplan\n{'x' * 200}\n"
    assert read_study(small({"codebook.csv": codes})).ok
    problem = one(small, "codebook.csv", f"code\nshare\ngain\nplan\n{'x' * 201}\n")
    assert (problem.row, problem.column) == (5, "code")


# --- references


@pytest.mark.parametrize(
    ("file", "content", "row", "column", "value", "message"),
    [
        (
            "participants.csv",
            "participant_id,case\nN1,north\nS1,sooth\n",
            3,
            "case",
            "sooth",
            "There is no case “sooth” (did you mean “south”?).",
        ),
        (
            "documents.csv",
            DOCUMENTS + "D1,north;east,,,,d1.txt\nD2,,,,,d2.txt\n",
            2,
            "case",
            "east",
            "There is no case “east”.",
        ),
        (
            "documents.csv",
            DOCUMENTS + "D1,,,N11,,d1.txt\nD2,,,,,d2.txt\n",
            2,
            "participant",
            "N11",
            "There is no participant “N11” (did you mean “N1”?).",
        ),
        (
            "codebook.csv",
            "code,parent\nshare,gains\ngain,\nplan,\n",
            2,
            "parent",
            "gains",
            "There is no code “gains” (did you mean “gain”?).",
        ),
        (
            "codings.csv",
            CODINGS + "X7,share,c1,13,21,We share\n",
            2,
            "doc_id",
            "X7",
            "There is no document “X7”.",
        ),
        (
            "codings.csv",
            CODINGS + "\nD1,Share,c1,13,21,We share\n",
            3,
            "code",
            "Share",
            "There is no code “Share” (did you mean “share”?).",
        ),
    ],
)
def test_an_unknown_reference(
    small: Make, file: str, content: str, row: int, column: str, value: str, message: str
) -> None:
    problem = one(small, file, content)
    assert problem == Problem(file, row, column, message, value)


def test_a_reference_to_a_faulty_row_is_not_a_second_problem(small: Make) -> None:
    # The table of cases cannot be read at all.
    assert places(read_study(small({"cases.csv": "id\nnorth\n"}))) == [("cases.csv", 1, "case_id")]
    # One row of it is ragged.
    ragged = "case_id,name\nnorth\nsouth,South\n"
    assert places(read_study(small({"cases.csv": ragged}))) == [("cases.csv", 2, None)]
    # A document without its file, with codings.
    plan = read_study(small({"documents/d1.txt": None}))
    assert places(plan) == [("documents.csv", 2, "file")]


# --- values


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("2016-3-15", "“2016-3-15” is not a date written YYYY-MM-DD."),
        ("15.03.2016", "“15.03.2016” is not a date written YYYY-MM-DD."),
        ("2015-02-29", "“2015-02-29” is not a date written YYYY-MM-DD."),
    ],
)
def test_a_date_in_another_form(small: Make, cell: str, message: str) -> None:
    content = DOCUMENTS + f"D1,north,interview,N1,{cell},d1.txt\nD2,,,,,d2.txt\n"
    assert one(small, "documents.csv", content) == Problem(
        "documents.csv", 2, "date", message, cell
    )


def test_a_type_of_document_that_is_unknown(small: Make) -> None:
    content = DOCUMENTS + "D1,north,intervew,N1,,d1.txt\nD2,,,,,d2.txt\n"
    assert one(small, "documents.csv", content) == Problem(
        "documents.csv",
        2,
        "type",
        "“intervew” is not a type of document (did you mean “interview”?); "
        "use interview, observation, document, questionnaire or other.",
        "intervew",
    )


@pytest.mark.parametrize("column", ["consent_use", "consent_quote", "consent_archive"])
def test_a_consent_that_is_neither_yes_nor_no(small: Make, column: str) -> None:
    content = f"participant_id,Case,{column.upper()}\nN1,north,yes\nS1,south,maybe\n"
    assert one(small, "participants.csv", content) == Problem(
        "participants.csv",
        3,
        column.upper(),
        "“maybe” is neither yes nor no (yes/no, true/false or 1/0).",
        "maybe",
    )


@pytest.mark.parametrize(
    ("cells", "column", "message", "value"),
    [
        ("13.0,21", "start", "“13.0” is not a whole number.", "13.0"),
        ("13,twenty", "end", "“twenty” is not a whole number.", "twenty"),
        (",21", "start", "The start is empty.", ""),
        ("1_3,21", "start", "“1_3” is not a whole number.", "1_3"),
        (
            "13,1234567890123456",
            "end",
            "“1234567890123456” is not a whole number.",
            "1234567890123456",
        ),
        ("-1,21", "start", "The start of a passage cannot be negative: -1.", "-1"),
        ("13,-2", "end", "The end of a passage cannot be negative: -2.", "-2"),
        ("21,13", "end", "A passage must end after it starts: start 21, end 13.", "13"),
        ("13,13", "end", "A passage must end after it starts: start 13, end 13.", "13"),
        (
            "13,32",
            "end",
            "The passage 13–32 ends after the text, which has 31 characters.",
            "32",
        ),
    ],
)
def test_offsets_that_are_no_passage(
    small: Make, cells: str, column: str, message: str, value: str
) -> None:
    content = CODINGS + f"D2,plan,c1,18,31,\nD1,share,c1,{cells},\n"
    assert one(small, "codings.csv", content) == Problem("codings.csv", 3, column, message, value)


def test_the_last_character_may_be_coded(small: Make) -> None:
    assert read_study(small({"codings.csv": CODINGS + "D2,plan,c1,18,31,\n"})).ok


@pytest.mark.parametrize("quote", ["we share", "We share ", "We\nshare", "We share😀"])
def test_a_quotation_that_stands_elsewhere_or_nowhere(small: Make, quote: str) -> None:
    problem = one(small, "codings.csv", CODINGS + f'D1,share,c1,13,21,"{quote}"\n')
    assert (problem.file, problem.row, problem.column) == ("codings.csv", 2, "text")
    assert problem.value == quote
    assert problem.message.startswith("The text at 13–21 reads “We share”, not “")


def test_a_quotation_counted_in_utf_16_is_found_one_further(small: Make) -> None:
    # "😀" is one code point and two UTF-16 units, so "pages" was counted one too far.
    problem = one(small, "codings.csv", CODINGS + "D1,share,c1,25,30,pages\n")
    assert problem.message == (
        "The text at 25–30 reads “ages.”, not “pages”, which stands at 24–29."
    )


def test_a_coder_needs_a_name(small: Make) -> None:
    problem = one(small, "codings.csv", CODINGS + "D1,share,,13,21,We share\n")
    assert problem == Problem("codings.csv", 2, "coder", "The coder is empty.", "")


def test_names_beyond_what_can_be_stored(small: Make) -> None:
    plan = read_study(
        small(
            {
                "cases.csv": f"case_id,name,{'v' * 121}\nnorth,{'n' * 201},\nsouth,,\n",
                "participants.csv": f"participant_id,pseudonym\nN1,{'p' * 121}\nS1,\n",
                "codebook.csv": f"code,name\nshare,{'c' * 201}\ngain,\nplan,\n",
                "documents.csv": f"doc_id,file,title\nD1,d1.txt,{'t' * 201}\nD2,d2.txt,\n",
            }
        )
    )
    assert places(plan) == [
        ("cases.csv", 1, "v" * 120),
        ("cases.csv", 2, "name"),
        ("participants.csv", 2, "pseudonym"),
        ("documents.csv", 2, "title"),
        ("codebook.csv", 2, "name"),
    ]


# --- the tree of codes


@pytest.mark.parametrize(
    ("codes", "row", "cycle"),
    [
        ("share,share\ngain,\nplan,\n", 2, "share → share"),
        ("gain,\nshare,plan\nplan,share\n", 3, "share → plan → share"),
        ("gain,share\nshare,plan\nplan,x\nx,share\n", 3, "share → plan → x → share"),
    ],
)
def test_a_code_that_is_its_own_descendant(small: Make, codes: str, row: int, cycle: str) -> None:
    problem = one(small, "codebook.csv", f"code,parent\n{codes}")
    key, parent = cycle.split(" → ")[:2]
    assert problem == Problem(
        "codebook.csv",
        row,
        "parent",
        f"The code “{key}” is its own descendant: {cycle}.",
        parent,
    )


def test_each_cycle_is_named_once(small: Make) -> None:
    codes = "code,parent\na,b\nb,a\nshare,gain\ngain,share\nplan,a\n"
    assert places(read_study(small({"codebook.csv": codes}))) == [
        ("codebook.csv", 2, "parent"),
        ("codebook.csv", 4, "parent"),
    ]


# --- documents


def test_a_document_without_its_file(small: Make) -> None:
    plan = read_study(small({"documents/d1.txt": None, "documents/d11.txt": "INT: x"}))
    assert only(plan) == Problem(
        "documents.csv",
        2,
        "file",
        "There is no file “documents/d1.txt” in the folder (did you mean “documents/d11.txt”?).",
        "documents/d1.txt",
    )
    empty = one(small, "documents.csv", DOCUMENTS + "D1,,,,,\nD2,,,,,d2.txt\n")
    assert empty.message == "The file is empty; it must name a file in documents/."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "documents/d1.txt is empty."),
        (b"\n  \n", "documents/d1.txt holds nothing but white space."),
        (
            b"RG: Why?\nN1: caf\xe9",
            "documents/d1.txt is not UTF-8: byte 0xE9 at position 16 (line 2) cannot be read; "
            "save the file as UTF-8.",
        ),
        (
            b"PK\x03\x04rest",
            "documents/d1.txt is a Word file or another packed one; save it as plain text (UTF-8).",
        ),
        (b"%PDF-1.7", "documents/d1.txt is a PDF; save it as plain text (UTF-8)."),
        (
            b"a" * 20_000_001,
            "documents/d1.txt is too large: 20,000,001 bytes, and at most 20,000,000 are read.",
        ),
    ],
)
def test_a_transcript_that_cannot_be_read(small: Make, data: bytes, message: str) -> None:
    problem = one(small, "documents/d1.txt", data)
    assert problem == Problem("documents.csv", 2, "file", message, "documents/d1.txt")


def test_the_same_document_twice_in_the_folder(small: Make) -> None:
    first = small().files["documents/d1.txt"]
    row = "D3,south,,,,documents/d3.txt\n"
    table = small().files["documents.csv"].decode() + row
    for copy, what in ((first, "file"), (first.replace(b"\n", b"\r\n"), "text")):
        problem = only(read_study(small({"documents.csv": table, "documents/d3.txt": copy})))
        assert problem == Problem(
            "documents.csv",
            4,
            "file",
            f"documents/d3.txt is the same {what} as the document “D1” (row 2).",
            "documents/d3.txt",
        )


def test_the_same_document_as_one_in_the_project(small: Make) -> None:
    whole = read_study(small()).documents[0]
    for has, what in (
        (Existing(originals={whole.sha256: "old"}), "file"),
        (Existing(texts={whole.text.sha256: "old"}), "text"),
    ):
        assert only(read_study(small(), has)) == Problem(
            "documents.csv",
            2,
            "file",
            f"documents/d1.txt is the same {what} as the document “old” in the project.",
            "documents/d1.txt",
        )


def test_another_text_under_an_id_of_the_project(small: Make) -> None:
    plan = read_study(small({"codings.csv": None}), Existing(documents={"D1": "other text"}))
    assert only(plan) == Problem(
        "documents.csv",
        2,
        "doc_id",
        "The project already has a document “D1” with another text.",
        "D1",
    )


# --- rows that the project has with other content


def test_rows_that_differ_from_the_project(small: Make) -> None:
    has = Existing(
        cases={"north": CaseRow("north", "North", {"size": "4"})},
        participants={row.key: row for row in read_study(small()).participants},
        codes={"share": CodeRow("share", "share", None, "Sharing")},
    )
    people = "participant_id,case,role,consent_quote\nN1,south,coach,no\nS1,south,coach,no\n"
    plan = read_study(small({"participants.csv": people}), has)
    assert plan.problems == [
        Problem(
            "cases.csv",
            2,
            "size",
            "The case “north” is already in the project with another size: here “3”, there “4”.",
            "3",
        ),
        Problem(
            "participants.csv",
            2,
            "case",
            "The participant “N1” is already in the project with another case: "
            "here “south”, there “north”.",
            "south",
        ),
        Problem(
            "participants.csv",
            2,
            "consent_quote",
            "The participant “N1” is already in the project with another consent_quote: "
            "here “no”, there “yes”.",
            "no",
        ),
        Problem(
            "codebook.csv",
            3,
            "parent",
            "The code “share” is already in the project with another parent: "
            "here “gain”, there “”.",
            "gain",
        ),
    ]
    assert plan.already_there == {"participants": ["S1"]}


# --- many problems, and anything at all


def test_all_problems_are_collected_and_the_list_is_capped(small: Make) -> None:
    rows = "".join(f"D1,nothing{i},c1,x,21,We share\n" for i in range(20_000))
    plan = read_study(small({"codings.csv": CODINGS + rows, "cases.csv": "id\nx\n"}))
    assert plan.problem_count == 40_001
    assert len(plan.problems) == 501
    assert places(plan)[:4] == [
        ("cases.csv", 1, "case_id"),
        ("codings.csv", 2, "code"),
        ("codings.csv", 2, "start"),
        ("codings.csv", 3, "code"),
    ]
    assert str(plan.problems[-1]) == "… and 39,501 more."


def test_a_damaged_entry_of_a_zip_is_a_problem_of_its_file(small: Make) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in small().files.items():
            archive.writestr(name, data)
    data = buffer.getvalue().replace(b"We share \xf0", b"We shake \xf0")
    with open_zip(io.BytesIO(data)) as folder:
        plan = read_study(folder)
    assert places(plan) == [("documents.csv", 2, "file")]
    assert plan.problems[0].message == (
        "documents/d1.txt cannot be read from the ZIP: the archive is damaged."
    )


def test_an_unreadable_table_is_a_problem_of_its_file(small: Make) -> None:
    folder = small()
    sound = folder.read

    def read(name: str, limit: int | None = None) -> bytes:
        if name == "codebook.csv":
            raise ArchiveProblem("unreadable", "codebook.csv cannot be read.", name)
        return bytes(sound(name, limit))

    folder.read = read
    assert only(read_study(folder)) == Problem(
        "codebook.csv", None, None, "codebook.csv cannot be read."
    )


TABLE_NAMES = ["cases.csv", "participants.csv", "documents.csv", "codebook.csv", "codings.csv"]
PIECES = st.lists(
    st.sampled_from(
        [
            "case_id", "participant_id", "doc_id", "file", "code", "parent", "coder", "start",
            "end", "text", "case", "type", "date", "north", "D1", "d1.txt", "share", "1", "-1",
            "21", "yes", '"', ",", ",", ",", ";", "\t", "\n", "\n", "\r", "\x00", "😀", "\ufeff",
        ]
    ),
    max_size=40,
).map(lambda parts: "".join(parts).encode())  # fmt: skip


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from([*TABLE_NAMES, "documents/d1.txt"]),
        st.one_of(st.binary(max_size=60), PIECES),
    )
)
def test_anything_at_all_is_a_plan_or_problems(small: Make, changes: dict[str, bytes]) -> None:
    plan = read_study(small(changes))
    assert plan.ok == (plan.problem_count == 0)
    files = {*TABLE_NAMES, ""}
    for problem in plan.problems:
        assert problem.file in files
        assert problem.message.endswith(".")
        assert problem.row is None or problem.row >= 1
    texts = {row.key: row.text.text for row in plan.documents}
    for row in plan.codings:
        assert 0 <= row.start < row.end <= len(texts[row.doc])
        assert row.text in ("", texts[row.doc][row.start : row.end])
