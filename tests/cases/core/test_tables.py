"""CSV and XLSX: numbers stay numbers, and no text becomes a formula."""

import csv
import io
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.core.tables import Sheet, csv_bytes, harmless, xlsx_bytes

MADE = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
DANGEROUS = ["=", "+", "-", "@", "\t", "\r"]


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def workbook(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.mark.parametrize("start", [*DANGEROUS, " =", "\n=", "\u00a0=", "\ufeff=", " \n @"])
def test_a_text_that_could_be_a_formula_gets_an_apostrophe(start: str) -> None:
    text = f"{start}1+1"
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a=1", "1+1", "'=1", "(=1)", "#=1", "Ä", "🙂"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("value", [0, -1, -1.5, 1e9, None, True])
def test_values_that_are_no_text_stay_as_they_are(value: float | None) -> None:
    assert harmless(value) is value


def test_csv_is_what_spreadsheets_and_parsers_expect() -> None:
    data = csv_bytes([["a", "b"], [1, None], [-2.5, "x,y"], ["é🙂", 'say "no"\nnow']])
    rows = ['"a","b"', '1,""', '-2.5,"x,y"', '"é🙂","say ""no""', 'now"']
    assert data == b"\xef\xbb\xbf" + "".join(row + "\n" for row in rows).encode()


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15))
def test_csv_keeps_every_digit_of_a_number(number: float) -> None:
    assert float(rows_of(csv_bytes([[number]]))[0][0]) == number


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_csv_gives_every_text_back(texts: list[str]) -> None:
    (row,) = rows_of(csv_bytes([["first", *texts]]))
    assert row[0] == "first"
    for text, found in zip(texts, row[1:], strict=True):
        assert found.removeprefix("'") == text.removeprefix("'")
        assert not found.startswith(tuple(DANGEROUS))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_end_inside_a_text_begins_no_new_line(end: str) -> None:
    data = csv_bytes([[f"a{end}=1+1", 2]])
    assert data.decode("utf-8-sig") == f'"a{end}=1+1",2\n'


def test_notes_are_comments_under_the_table() -> None:
    data = csv_bytes([["a"], [1]], [("Rule", "counts, all\r\nof\tit"), ("Date", "today")])
    assert data.decode("utf-8-sig") == '"a"\n1\n# Rule: counts, all  of it\n# Date: today\n'


@pytest.mark.parametrize("border", [",", ";", "|", ", ", ',"', ", '", ' ;  "'])
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_note_cut_at_its_commas_has_no_formula_in_it(border: str, start: str) -> None:
    """A note is not quoted: a spreadsheet splits it as it splits any line."""
    text = f"Study{border}{start}HYPERLINK(1)"
    (line,) = csv_bytes([], [("Project", text)]).decode("utf-8-sig").splitlines()
    for delimiter in ",;|":
        for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True)):
            assert not cell.strip(' "').startswith(("=", "+", "-", "@"))
    assert line.replace("'", "") == f"# Project: {text}".replace("'", "")


def test_xlsx_numbers_are_numbers_and_texts_are_texts() -> None:
    sheet = Sheet(
        "One",
        [["name", "value"]],
        [["a", 1], ["b", 2.5], ["c", None], ["d", "12"], ["e", "http://x.org/"], ["f", -3]],
    )
    page = workbook(xlsx_bytes([sheet], "Title", MADE))["One"]
    assert [[c.value for c in row] for row in page.iter_rows()] == [
        ["name", "value"],
        ["a", 1],
        ["b", 2.5],
        ["c", None],
        ["d", "12"],
        ["e", "http://x.org/"],
        ["f", -3],
    ]
    assert [c.data_type for c in page["B"]] == ["s", "n", "n", "n", "s", "s", "n"]


@pytest.mark.parametrize("start", [*DANGEROUS, " ="])
def test_xlsx_has_no_formula_and_no_link(start: str) -> None:
    text = f"{start}1+1"
    data = xlsx_bytes([Sheet("One", [[text]], [[text, "x"]])], text, MADE)
    page = workbook(data)["One"]
    for cell in (page["A1"], page["A2"]):
        assert cell.data_type == "s"
        assert cell.value.startswith("'")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name), name
            assert b"<hyperlink" not in archive.read(name), name


def test_xlsx_head_decimals_and_date() -> None:
    sheets = [
        Sheet("Rates", [["x"], ["y"]], [[2.0]], widths=(30,), frozen_columns=2, decimals=2),
        Sheet("Counts", [["x"]], [[2]]),
    ]
    book = workbook(xlsx_bytes(sheets, "Title", MADE))
    assert book.sheetnames == ["Rates", "Counts"]
    assert book["Rates"].freeze_panes == "C3"
    assert book["Rates"]["A3"].number_format == "0.00"
    assert book["Counts"]["A2"].number_format == "General"
    assert book["Rates"]["A1"].font.b is True
    assert (book.properties.title, book.properties.created) == (
        "Title",
        MADE.replace(tzinfo=None),
    )
