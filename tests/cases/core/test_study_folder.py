"""Sound study folders: what is read from them, and what the project has already."""

import codecs
import csv
import hashlib
import io
import json
import random
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.core.archives import open_directory, open_zip
from cases.core.study_folder import (
    Cancelled,
    CaseRow,
    CodeRow,
    CodingRow,
    Existing,
    ParticipantRow,
    StudyPlan,
    VariableRow,
    read_study,
)
from coding.core.turns import words_per_turn

Make = Callable[..., Any]


def table(rows: list[list[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def existing_of(plan: StudyPlan) -> Existing:
    """The project as it is once ``plan`` has been imported."""
    return Existing(
        cases={row.key: row for row in plan.cases},
        participants={row.key: row for row in plan.participants},
        codes={row.key: row for row in plan.codes},
        documents={row.key: row.text.text for row in plan.documents},
        originals={row.sha256: row.key for row in plan.documents},
        texts={row.text.sha256: row.key for row in plan.documents},
        codings={(row.doc, row.code, row.coder, row.start, row.end) for row in plan.codings},
    )


# --- the reference study


@pytest.fixture(scope="module")
def study(shared: Path) -> StudyPlan:
    return read_study(open_directory(shared / "study"))


def test_the_reference_study_has_no_problem(study: StudyPlan) -> None:
    assert study.problems == []
    assert study.ok
    assert study.problem_count == 0
    sizes = [study.cases, study.documents, study.participants, study.codes, study.codings]
    assert [len(rows) for rows in sizes] == [2, 16, 17, 8, 404]
    assert study.notes == [
        "Not read, because nothing is known about them: expected.json, "
        "joint_display_expected.csv, questionnaire.csv, questionnaire_items.csv, "
        "roster_advice_northfield.csv and 1 more."
    ]


def test_words_and_turns_per_case_are_those_expected(study: StudyPlan, shared: Path) -> None:
    expected = json.loads((shared / "study" / "expected.json").read_text())
    words, participant_words, turns = Counter[str](), Counter[str](), Counter[str]()
    for row in study.documents:
        (case,) = row.cases
        words[case] += len(row.words)
        counts = words_per_turn(row.words, row.turns).tolist()
        assert sum(counts) == len(row.words)
        for count, turn in zip(counts, row.turns, strict=True):
            if turn.role != "interviewer":
                participant_words[case] += count
                turns[case] += 1
    assert words == expected["totals"]["words"] == {"northfield": 1468, "southgate": 6449}
    assert participant_words == {"northfield": 1322, "southgate": 6111}
    for case in words:
        cell = expected["frequencies"][case]["expertise"]
        assert participant_words[case] == cell["den_participant_words"]
        assert turns[case] == cell["den_turns"]


def test_rows_of_the_reference_study(study: StudyPlan, shared: Path) -> None:
    assert study.cases[0].name == "Northfield District (synthetic)"
    assert study.cases[1].values["reform_context_rating"] == "1"
    assert study.participants[4] == ParticipantRow(
        key="N05",
        case="northfield",
        pseudonym="N05",
        role="coach",
        consent_use=True,
        consent_quote=False,
        consent_archive=True,
        values={"school": "Oak", "interviewed": "1"},
    )
    assert study.variables == [
        VariableRow("case", "curriculum_policy", "text"),
        VariableRow("case", "curriculum_policy_rating", "number"),
        VariableRow("case", "reform_context", "text"),
        VariableRow("case", "reform_context_rating", "number"),
        VariableRow("case", "collaboration", "text"),
        VariableRow("case", "collaboration_rating", "number"),
        VariableRow("participant", "school", "text"),
        VariableRow("participant", "interviewed", "number"),
    ]
    assert [(row.key, row.parent) for row in study.codes] == [
        ("context", None),
        ("curriculum_policy", "context"),
        ("reform_context", "context"),
        ("collaboration", "context"),
        ("process_gain", None),
        ("intranet", "process_gain"),
        ("problem_solving", "process_gain"),
        ("expertise", "process_gain"),
    ]
    assert study.coders == {"c2": 73, "c3": 104, "c4": 124, "c1": 103}
    assert study.codings[0] == CodingRow(
        "k0001",
        "N-int1",
        "curriculum_policy",
        "c2",
        30,
        71,
        "The modules are the same in every school.",
    )


def test_documents_of_the_reference_study(study: StudyPlan, shared: Path) -> None:
    by_key = {row.key: row for row in study.documents}
    row = by_key["N-int1"]
    data = (shared / "study" / "documents" / "N-int1.txt").read_bytes()
    assert (row.cases, row.kind, row.participant) == (("northfield",), "interview", "N01")
    assert (row.date, row.title) == (date(2016, 3, 15), "N-int1")
    assert (row.file, row.size) == ("documents/N-int1.txt", len(data))
    assert row.sha256 == row.text.sha256 == hashlib.sha256(data).hexdigest()
    assert row.text.text == data.decode()
    assert row.speakers == {"N01": "N01"}
    assert {turn.speaker for turn in row.turns} == {"INT", "N01"}
    observed = by_key["S-obs2"]
    assert (observed.kind, observed.participant, observed.speakers) == ("observation", None, {})
    assert {(turn.speaker, turn.role) for turn in observed.turns} == {("OBS", "observer")}


def test_a_zip_of_the_reference_study_reads_the_same(
    study: StudyPlan, shared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "study.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((shared / "study").rglob("*")):
            if file.is_file():
                archive.write(file, Path("study") / file.relative_to(shared / "study"))
    with open_zip(path) as folder:
        plan = read_study(folder)
    assert plan.ok
    assert plan.codings == study.codings
    assert plan.participants == study.participants
    assert [row.text for row in plan.documents] == [row.text for row in study.documents]


# --- real interviews


@pytest.fixture(scope="module")
def pdpilot(shared: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((shared / "corpora" / "pdpilot" / "pdpilot.json").read_text())
    return data


def write_pdpilot(data: dict[str, Any], folder: Path, quotations: list[str]) -> None:
    """The interviews as a study folder: codes like "A > B" become keys with parents."""
    codes: dict[str, list[object]] = {}
    for path in data["codes"]:
        parts = path.split(" > ")
        for depth in range(1, len(parts) + 1):
            key, parent = " > ".join(parts[:depth]), " > ".join(parts[: depth - 1])
            codes.setdefault(key, [key, parts[depth - 1], parent])
    codings = [
        [row["doc"], row["code"], "team", row["start"], row["end"], quotation]
        for row, quotation in zip(data["segments"], quotations, strict=True)
    ]
    tables: dict[str, list[list[object]]] = {
        "cases.csv": [["case_id"], ["users"]],
        "participants.csv": [
            ["participant_id", "case", "role", "pseudonym"],
            ["dan", "", "Interviewer", "Dan"],
            *([name, "users", "data scientist", ""] for name in data["texts"]),
        ],
        "documents.csv": [
            ["doc_id", "case", "type", "participant", "file"],
            *([name, "users", "Interview", name, f"{name}.txt"] for name in data["texts"]),
        ],
        "codebook.csv": [["code", "name", "parent"], *codes.values()],
        "codings.csv": [["doc_id", "code", "coder", "start", "end", "text"], *codings],
    }
    (folder / "documents").mkdir()
    for name, text in data["texts"].items():
        (folder / "documents" / f"{name}.txt").write_bytes(text.encode())
    for name, rows in tables.items():
        (folder / name).write_text(table(rows), encoding="utf-8", newline="")


def test_all_quotations_of_a_real_study_match(pdpilot: dict[str, Any], tmp_path: Path) -> None:
    passages = [
        pdpilot["texts"][row["doc"]][row["start"] : row["end"]] for row in pdpilot["segments"]
    ]
    write_pdpilot(pdpilot, tmp_path, passages)
    plan = read_study(open_directory(tmp_path))
    assert plan.problems == []
    assert plan.notes == []
    assert len(plan.documents) == 7
    assert plan.coders == {"team": 261}
    texts = {row.key: row.text.text for row in plan.documents}
    for row, published in zip(plan.codings, pdpilot["segments"], strict=True):
        found = texts[row.doc][row.start : row.end]
        assert found == row.text
        # The published quotations come from a PDF: line ends, hyphens and the punctuation at
        # the edges differ, letters and digits do not.
        assert re.sub(r"\W", "", found) == re.sub(r"\W", "", published["text"])


def test_quotations_of_a_real_study_that_were_changed_are_listed(
    pdpilot: dict[str, Any], tmp_path: Path
) -> None:
    write_pdpilot(pdpilot, tmp_path, [row["text"] for row in pdpilot["segments"]])
    plan = read_study(open_directory(tmp_path))
    changed = [
        number
        for number, row in enumerate(pdpilot["segments"], start=2)
        if pdpilot["texts"][row["doc"]][row["start"] : row["end"]] != row["text"]
    ]
    assert len(changed) == 147
    assert [problem.row for problem in plan.problems] == changed
    assert {(problem.file, problem.column) for problem in plan.problems} == {
        ("codings.csv", "text")
    }


def test_turns_and_codes_of_a_real_study(pdpilot: dict[str, Any], tmp_path: Path) -> None:
    write_pdpilot(pdpilot, tmp_path, ["" for _ in pdpilot["segments"]])
    plan = read_study(open_directory(tmp_path))
    assert plan.problems == []
    assert sum(len(row.turns) for row in plan.documents) == 825
    for row in plan.documents:
        transcript = pdpilot["transcripts"][row.key]
        assert [
            (turn.speaker, row.text.text[turn.body_start : turn.end]) for turn in row.turns
        ] == [(turn["speaker"], turn["text"]) for turn in transcript]
        assert {turn.role for turn in row.turns if turn.speaker == "Dan"} == {"interviewer"}
        assert row.speakers == {"Participant": row.key}
    assert len(pdpilot["codes"]) == 79
    assert {row.key for row in plan.codes} >= set(pdpilot["codes"])
    seen: set[str] = set()
    for code in plan.codes:
        assert code.parent == (code.key.rpartition(" > ")[0] or None)
        assert code.parent is None or code.parent in seen
        seen.add(code.key)


# --- forms of the same study


def rewritten(files: dict[str, bytes], mark: bool, ends: str, delimiter: str) -> dict[str, bytes]:
    changed = {}
    for name, data in files.items():
        text = data.decode()
        if name.endswith(".csv"):
            buffer = io.StringIO()
            rows = csv.reader(io.StringIO(text, newline=""))
            csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
            text = buffer.getvalue()
        raw = text.replace("\n", ends).encode()
        changed[name] = codecs.BOM_UTF8 + raw if mark else raw
    return changed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from([",", ";", "\t"]))
def test_marks_line_ends_and_delimiters_change_nothing(
    small: Make, mark: bool, ends: str, delimiter: str
) -> None:
    quoted = (
        "doc_id,code,coder,start,end,text\n"
        'D1,share,"c,1",4,14,"Why?\nN1: W"\nD1,gain,c;2,22,29,😀 pages\n'
    )
    plain = small({"codings.csv": quoted})
    plan = read_study(plain)
    assert [(row.start, row.end, row.text) for row in plan.codings] == [
        (4, 14, "Why?\nN1: W"),
        (22, 29, "😀 pages"),
    ]
    other = read_study(small(rewritten(plain.files, mark, ends, delimiter)))
    assert other.problems == []
    assert [row.text.text for row in other.documents] == [r.text.text for r in plan.documents]
    assert [row.text.sha256 for row in other.documents] == [r.text.sha256 for r in plan.documents]
    assert [row.turns for row in other.documents] == [r.turns for r in plan.documents]
    assert other.codings == plan.codings
    assert other.cases == plan.cases
    assert other.participants == plan.participants


def test_utf_16_tables_as_spreadsheets_save_them(small: Make) -> None:
    text = "case_id\tname\tsize\nnorth\tNörth\t3\nsouth\tSouth\t4\n"
    plan = read_study(small({"cases.csv": codecs.BOM_UTF16_LE + text.encode("utf-16-le")}))
    assert plan.ok
    assert plan.cases[0] == CaseRow("north", "Nörth", {"size": "3"})


def test_column_names_and_file_names_are_found_however_they_are_typed(small: Make) -> None:
    folder = small(
        {
            "documents.csv": None,
            "Documents.CSV": (
                "Doc-ID,CASE, Type ,file\n"
                "D1,north;south,Field Notes,documents\\D1.TXT\n"
                "D2,,,Zoe\u0308.txt\n"
            ),
            "documents/d2.txt": None,
            "documents/Zo\u00eb.txt": "S1: She is naïve. Truly.",
            "codings.csv": None,
        }
    )
    plan = read_study(folder)
    assert plan.problems == []
    first, second = plan.documents
    assert (first.cases, first.kind) == (("north", "south"), "observation")
    assert first.file == "documents/d1.txt"
    assert (second.cases, second.kind, second.date) == ((), "document", None)
    assert second.file == "documents/Zo\u00eb.txt"


def test_ids_are_the_same_however_they_are_composed(small: Make) -> None:
    plan = read_study(
        small(
            {
                "cases.csv": "case_id\nZo\u00eb\n",
                "participants.csv": "participant_id,case\nN1,Zoe\u0308\n",
                "documents.csv": None,
                "codings.csv": None,
            }
        )
    )
    assert plan.problems == []
    assert plan.participants[0].case == plan.cases[0].key == "Zo\u00eb"


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e2", ""], "number"),
        (["1", "0"], "number"),
        (["1", "x"], "text"),
        (["yes", "No", ""], "boolean"),
        (["true", "false"], "boolean"),
        (["2016-02-29", ""], "date"),
        (["2015-02-29"], "text"),
        (["nan"], "text"),
        (["1,5"], "text"),
        (["٣"], "text"),
        (["", ""], "text"),
    ],
)
def test_the_kind_of_an_attribute(small: Make, cells: list[str], kind: str) -> None:
    rows: list[list[object]] = [["case_id", "A b"], ["north", ""], ["south", ""]]
    rows += [[f"x{i}", cell] for i, cell in enumerate(cells)]
    plan = read_study(small({"cases.csv": table(rows)}))
    assert plan.problems == []
    assert plan.variables == [VariableRow("case", "A b", kind)]


def test_an_empty_cell_is_no_value(small: Make) -> None:
    plan = read_study(small({"cases.csv": "case_id,name,a,b\nnorth,,1,\nsouth,,,2\n"}))
    assert plan.cases == [
        CaseRow("north", "north", {"a": "1"}),
        CaseRow("south", "south", {"b": "2"}),
    ]


def test_parents_come_before_children_and_siblings_stay_in_order(small: Make) -> None:
    codes = "code,parent,name\nb1,b,\na1,a,One\nb,,\na,,\na11,a1,\na2,a,\n"
    plan = read_study(small({"codebook.csv": codes, "codings.csv": None}))
    assert plan.problems == []
    assert [row.key for row in plan.codes] == ["b", "b1", "a", "a1", "a11", "a2"]
    assert plan.codes[3] == CodeRow("a1", "One", "a", "")


# --- who speaks


def speakers_of(small: Make, text: str, row: str, participants: str) -> StudyPlan:
    return read_study(
        small(
            {
                "participants.csv": participants,
                "documents.csv": f"doc_id,case,type,participant,file\n{row},d1.txt\n",
                "documents/d1.txt": text,
                "codings.csv": None,
            }
        )
    )


TWO = "participant_id,case,pseudonym\nN1,north,Ada\nS1,south,Ada\nS2,south,Ben\n"


@pytest.mark.parametrize(
    ("row", "text", "links"),
    [
        ("D1,north,interview,N1", "INT: q\nn1: a", {"n1": "N1"}),
        ("D1,north,interview,", "ADA: a\nben: b", {"ADA": "N1", "ben": "S2"}),
        ("D1,north;south,interview,S1", "Ada: a", {"Ada": "S1"}),
        ("D1,,interview,", "Ada: a", {}),
        ("D1,south,interview,S1", "INT: q\nRespondent: a", {"Respondent": "S1"}),
        ("D1,south,interview,S1", "P: a\nI: q\np: b", {"P": "S1", "p": "S1"}),
        # Not an interview, nobody named, the person speaks already, or two unknown speakers.
        ("D1,south,observation,S1", "Respondent: a", {}),
        ("D1,south,interview,", "Respondent: a", {}),
        ("D1,south,interview,S1", "S1: a\nRespondent: b", {"S1": "S1"}),
        ("D1,south,interview,S1", "A: a\nB: b\nA: c\nB: d", {}),
        ("D1,south,interview,S1", "Dan: a\nDan: b", {}),
    ],
)
def test_labels_are_linked_to_participants(
    small: Make, row: str, text: str, links: dict[str, str]
) -> None:
    plan = speakers_of(small, text, row, TWO)
    assert plan.problems == []
    assert plan.documents[0].speakers == links


def test_unknown_speakers_are_named_in_a_note(small: Make) -> None:
    plan = speakers_of(small, "Dan: a\nS1: b\nDAN: c", "D1,south,interview,S1", TWO)
    assert plan.documents[0].speakers == {"S1": "S1"}
    assert [note for note in plan.notes if "speaker" in note] == [
        "The speaker “Dan” (1 document: D1) is not in the list of participants; "
        "the turns are kept as those of an unknown participant."
    ]


@pytest.mark.parametrize(
    ("role", "turn_role"),
    [
        ("Interviewer", "interviewer"),
        ("researcher", "interviewer"),
        ("moderator", "interviewer"),
        ("observer", "observer"),
        ("coach", "participant"),
    ],
)
def test_staff_speaks_without_being_a_participant(small: Make, role: str, turn_role: str) -> None:
    people = f"participant_id,case,role,pseudonym\nX9,,{role},Dan\nS1,south,coach,\n"
    plan = speakers_of(small, "x9: a\nDan: b\nS1: c", "D1,south,interview,S1", people)
    roles = [turn.role for turn in plan.documents[0].turns]
    assert roles == [turn_role, turn_role, "participant"]
    linked = {"x9": "X9", "Dan": "X9"} if turn_role == "participant" else {}
    assert plan.documents[0].speakers == {"S1": "S1"} | linked


# --- what the project has already


def test_codings_alone_refer_to_what_the_project_has(small: Make) -> None:
    whole = read_study(small())
    assert whole.ok
    has = existing_of(whole)
    more = "doc_id,code,coder,start,end,text\nD2,share,c3,18,21,She\nD1,share,c1,13,21,We share\n"
    plan = read_study(small(dict.fromkeys(small().files) | {"codings.csv": more}), has)
    assert plan.problems == []
    assert [(row.doc, row.coder) for row in plan.codings] == [("D2", "c3")]
    assert plan.coders == {"c3": 1}
    assert plan.codings_already_there == 1


def test_rows_that_are_there_with_the_same_content(small: Make) -> None:
    has = existing_of(read_study(small()))
    files = {
        "documents.csv": None,
        "codings.csv": None,
        "documents/d1.txt": None,
        "documents/d2.txt": None,
        # Columns that a file does not have are not compared.
        "participants.csv": "participant_id,role\nN1,coach\nN2,coach\n",
        "codebook.csv": "code,parent\nshare,gain\nnew,share\n",
    }
    plan = read_study(small(files), has)
    assert plan.problems == []
    assert plan.already_there == {
        "cases": ["north", "south"],
        "participants": ["N1"],
        "codes": ["share"],
    }
    assert plan.cases == []
    assert [row.key for row in plan.participants] == ["N2"]
    assert [(row.key, row.parent) for row in plan.codes] == [("new", "share")]


def test_stored_texts_are_fetched_only_where_they_are_coded(small: Make) -> None:
    class Lazy(dict[str, str]):
        fetched: list[str] = []

        def __getitem__(self, key: str) -> str:
            self.fetched.append(key)
            return super().__getitem__(key)

    has = existing_of(read_study(small()))
    texts = Lazy(has.documents)
    more = "doc_id,code,coder,start,end\nD2,share,c3,18,21\nD2,share,c3,22,24\n"
    only = dict.fromkeys(small().files) | {"codings.csv": more}
    plan = read_study(small(only), Existing(codes=has.codes, documents=texts))
    assert len(plan.codings) == 2
    assert texts.fetched == ["D2"]


# --- notes, progress, cancelling, size


def test_what_needs_no_action_is_a_note(small: Make) -> None:
    plan = read_study(
        small(
            {
                "documents/extra.txt": "INT: hello",
                "readme.md": "x",
                "codings.csv": (
                    "coding_id,doc_id,code,coder,start,end,text,memo\n"
                    "k1,D1,share,c1,13,21,We share,\n"
                    "k2,D1,share,c1,13,21,We share,again\n"
                    "k3,D1,share,C1,13,21,,\n"
                ),
            }
        )
    )
    assert plan.problems == []
    assert [row.key for row in plan.codings] == ["k1", "k3"]
    assert plan.notes == [
        "codings.csv: the column “memo” was ignored.",
        "codings.csv: 1 row repeated an earlier one (same document, code, coder, start and end); "
        "each coding was taken once: row 3.",
        "codings.csv: the offsets of 1 coding could not be checked, because no text was given to "
        "compare with.",
        "codings.csv: “c1” and “C1” differ only in case and are taken as different coders.",
        "1 file in documents/ not listed in documents.csv, so not imported: documents/extra.txt.",
        "Not read, because nothing is known about them: readme.md.",
    ]


def test_progress_runs_through_the_phases(small: Make) -> None:
    seen: list[tuple[int, int, str]] = []
    read_study(small(), progress=lambda done, total, phase: seen.append((done, total, phase)))
    assert list(dict.fromkeys(phase for _, _, phase in seen)) == [
        "start",
        "cases",
        "participants",
        "documents",
        "codebook",
        "codings",
    ]
    assert [step for step in seen if step[2] == "documents"] == [
        (0, 2, "documents"),
        (1, 2, "documents"),
        (2, 2, "documents"),
    ]
    assert seen[-1] == (3, 3, "codings")


@pytest.mark.parametrize("calls", [0, 1, 4])
def test_reading_can_be_cancelled(small: Make, calls: int) -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > calls

    with pytest.raises(Cancelled):
        read_study(small(), cancelled=cancelled)
    assert len(asked) == calls + 1


def test_five_megabytes_of_transcript(small: Make) -> None:
    line = "INT: why\nN1: because we share what we learn\n"
    text = line * (5_000_000 // len(line) + 1)
    start = text.rindex("because")
    codings = f"doc_id,code,coder,start,end,text\nD1,share,c1,{start},{start + 7},because\n"
    plan = read_study(small({"documents/d1.txt": text, "codings.csv": codings}))
    assert plan.problems == []
    assert plan.documents[0].size == len(text) >= 5_000_000
    assert plan.codings[0].end == start + 7


def test_a_hundred_thousand_codings(small: Make) -> None:
    chance = random.Random(5)
    vocabulary = [f"w{i}" for i in range(2_000)]
    files: dict[str, str] = {}
    documents: list[list[object]] = [["doc_id", "case", "type", "participant", "file"]]
    codings: list[list[object]] = [["coding_id", "doc_id", "code", "coder", "start", "end", "text"]]
    for number in range(200):
        lines = [
            ("INT: " if i % 2 else "N1: ") + " ".join(chance.choices(vocabulary, k=40))
            for i in range(200)
        ]
        text = files[f"documents/{number}.txt"] = "\n".join(lines)
        documents.append([f"T{number}", "north", "interview", "N1", f"{number}.txt"])
        for i in range(500):
            start = chance.randrange(len(text) - 200)
            end = start + 1 + chance.randrange(199)
            code = ("gain", "share", "plan")[i % 3]
            row: list[object] = [f"k{number}-{i}", f"T{number}", code, f"c{i}", start, end]
            codings.append([*row, text[start:end]])
    folder = small({**files, "documents.csv": table(documents), "codings.csv": table(codings)})
    plan = read_study(folder)
    assert plan.problems == []
    assert len(plan.codings) == 100_000
    assert sum(len(row.words) for row in plan.documents) == 200 * 8_000
