"""What a file would do to a codebook: known again, new, changed, or left out with a reason."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.core.codebook_files import SAYABLE, Known, Plan, Row, plan_codebook, read_codebook_file

PLAIN = {
    **dict.fromkeys(SAYABLE, ""),
    "elicited": False,
    "colour": 0,
    "heading_only": False,
}


def code(guid: str, name: str, parent: str | None = None, **other: Any) -> Known:
    flags = {flag: other.pop(flag, False) for flag in ("retired", "removed")}
    return Known(guid, other.pop("key", guid), name, parent, PLAIN | other, **flags)


# gains > net, time;  costs > time;  gone (trash) ; past (retired)
HERE = [
    code("gains", "Gains", definition="What the team gets"),
    code("net", "Intranet", "gains"),
    code("time1", "Time", "gains"),
    code("costs", "Costs"),
    code("time2", "Time", "costs"),
    code("gone", "Gone", removed=True),
    code("past", "Past", retired=True),
]


def planned(table: str, known: list[Known] | None = None, **options: Any) -> Plan:
    reading = read_codebook_file(table.encode(), "b.csv")
    assert reading.problems == []
    return plan_codebook(reading.rows, HERE if known is None else known, "b.csv", **options)


def new(plan: Plan) -> list[tuple[str, Any]]:
    return [(item.row.name, item.parent_name) for item in plan.new]


def changed(plan: Plan) -> dict[str, list[tuple[str, str, str]]]:
    return {c.guid: [(f.name, f.old, f.new) for f in c.fields] for c in plan.changed}


def conflicts(plan: Plan) -> list[tuple[Any, Any, str]]:
    assert {problem.file for problem in plan.conflicts} <= {"b.csv"}
    return [(p.row, p.column, p.message) for p in plan.conflicts]


def test_codes_are_known_again_by_id_or_by_name_and_place() -> None:
    rows = "gains,Gains,\n,Intranet,gains\n,Time,Costs\n,New,Gains > Time\n"
    plan = planned(f"code,name,parent\n{rows}")
    assert plan.unchanged == 3
    assert new(plan) == [("New", "Time")]
    assert plan.new[0].parent == "time1"
    assert (plan.changed, plan.conflicts) == ([], [])


def test_changes_are_said_field_by_field() -> None:
    plan = planned(
        "code,name,parent,definition,kind,heading only\n"
        "gains,Benefits,,What a team gains,in vivo,yes\nnet,Intranet,costs,,,\n"
    )
    assert changed(plan) == {
        "gains": [
            ("name", "Gains", "Benefits"),
            ("definition", "What the team gets", "What a team gains"),
            ("kind", "", "in vivo"),
            ("heading_only", "no", "yes"),
        ],
        "net": [("parent", "Gains", "Costs")],
    }
    assert [f.value for f in plan.changed[1].fields] == ["costs"]
    up = planned("code,name,parent\nnet,Intranet,\n")
    assert changed(up) == {"net": [("parent", "Gains", "the top")]}
    assert up.changed[0].fields[0].value is None


def test_what_a_file_does_not_mention_stays() -> None:
    plan = planned("code,name\ngains,Gains\nnet,Intranet\n")
    assert (plan.unchanged, plan.changed, plan.new) == (2, [], [])


def test_an_empty_cell_of_a_column_that_is_there_means_empty() -> None:
    assert changed(planned("code,definition\ngains,\n")) == {
        "gains": [("name", "Gains", "gains"), ("definition", "What the team gets", "")]
    }


def test_without_changes_codes_that_are_there_stay_as_they_are() -> None:
    table = "code,name,parent,definition\ngains,Other,,x\n,Fresh,gains,y\n"
    both, only = planned(table), planned(table, with_changes=False)
    assert (len(both.new), len(both.changed)) == (1, 1)
    assert (len(only.new), len(only.changed), only.unchanged) == (1, 0, 1)
    assert both.digest != only.digest


def test_parents_may_stand_below_and_come_first_in_the_plan() -> None:
    plan = planned("name,parent\nC,A > B\nB,A\nA,\n", [])
    assert new(plan) == [("A", ""), ("B", "A"), ("C", "B")]


@pytest.mark.parametrize(
    ("table", "column", "message"),
    [
        (
            "name\nTime\n",
            None,
            "The name “Time” is there in 2 places; give the code id, or a column parent.",
        ),
        (
            "name,parent\nX,Time\n",
            "parent",
            "The name “Time” is there in 2 places; "
            "write the code id of the parent, or its path: A > B.",
        ),
        (
            "name,parent\nX,Gainz\n",
            "parent",
            "There is no code “Gainz” (did you mean “gains”?).",
        ),
        (
            "code,name,parent\ngains,Gains,net\n",
            "parent",
            "The code would be its own descendant.",
        ),
        ("name,parent\nA,A\n", "parent", "The code would be its own descendant."),
        (
            "code,name\ngone,Gone\n",
            "code",
            "The code “Gone” is in the trash; restore it first, or give another code id.",
        ),
        (
            "name,parent\nX,gone\n",
            "parent",
            "The parent “gone” is in the trash; restore it first.",
        ),
        (
            "code,name,definition\npast,Past,changed\n",
            None,
            "The code “Past” has been retired and the file says something else about it "
            "(definition); bring it back first.",
        ),
        (
            "code,name,parent\nx,intranet,gains\n",
            "name",
            "There is already a code “intranet” below “Gains”.",
        ),
        (
            "code,name,parent\nnet,Time,gains\n",
            "name",
            "There is already a code “Time” below “Gains”.",
        ),
    ],
)
def test_a_doubtful_row_is_left_out(table: str, column: str | None, message: str) -> None:
    plan = planned(table)
    assert conflicts(plan) == [(2, column, message)]
    assert (plan.new, plan.changed) == ([], [])


def test_a_row_that_could_mean_a_code_in_another_place_is_not_guessed() -> None:
    plan = planned("name,parent\nIntranet,\n")
    assert conflicts(plan) == [
        (
            2,
            "name",
            "There is a code “Intranet” below “Gains”; write its code id (“net”) to mean it, "
            "or another code id for a new code.",
        )
    ]
    own = planned("code,name,parent\nnew,Intranet,\n")
    assert new(own) == [("Intranet", "")]
    assert own.notes == ["Codes of these names are there in another place already: “Intranet”."]


def test_of_two_rows_for_one_code_the_first_counts() -> None:
    plan = planned("code,name\na,A\na,B\nnet,Intranet\n,Intranet\n")
    assert new(plan) == [("A", "")]
    assert conflicts(plan) == [
        (3, "code", "The code “a” is already in row 2."),
        (5, "name", "The code “Intranet” is already in row 4."),
    ]


def test_what_lies_below_a_row_that_is_left_out_is_left_out_too() -> None:
    plan = planned("name,parent\nA,B\nB,A\nC,B\nFine,\n")
    assert new(plan) == [("Fine", "")]
    assert [(row, message) for row, _column, message in conflicts(plan)] == [
        (2, "The code would be its own descendant."),
        (3, "The code would be its own descendant."),
        (4, "The parent “B” (row 3) is left out."),
    ]


def test_a_guid_and_an_id_of_two_codes_are_no_match() -> None:
    rows = [Row(2, "Gains", key="net", guid="gains")]
    (problem,) = plan_codebook(rows, HERE, "b.csv").conflicts
    assert problem.message == "The guid is that of the code “gains”, the code id that of another."


def test_too_deep_a_tree_is_refused_where_it_gets_too_deep() -> None:
    lines = "".join(f"k{n},N,{f'k{n - 1}' if n else ''}\n" for n in range(22))
    plan = planned("code,name,parent\n" + lines, [])
    assert len(plan.new) == 20
    assert [row for row, _c, _m in conflicts(plan)] == [22, 23]


def test_a_swap_of_names_is_possible() -> None:
    plan = planned("code,name,parent\nnet,Time,gains\ntime1,Intranet,gains\n")
    assert changed(plan) == {
        "net": [("name", "Intranet", "Time")],
        "time1": [("name", "Time", "Intranet")],
    }


# --- whatever a file says, the codebook stays a tree ---------------------------------------------

small = st.sampled_from(["", "a", "b", "c", "d", "e"])


@settings(max_examples=400, deadline=None)
@given(
    here=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=4),
    rows=st.lists(st.tuples(small, st.sampled_from("ABC"), small), max_size=6),
    with_changes=st.booleans(),
)
def test_the_result_is_always_a_tree_with_names_of_their_own(
    here: list[tuple[str, int]], rows: list[tuple[str, str, str]], with_changes: bool
) -> None:
    known: list[Known] = []
    taken: set[tuple[str | None, str]] = set()
    for n, (name, up) in enumerate(here):
        parent = known[up % len(known)].guid if known and up else None
        if (parent, name) not in taken:
            taken.add((parent, name))
            known.append(code(f"g{n}", name.upper(), parent, key="abcde"[n]))
    given_rows = [Row(n, name, key=key, parent=up) for n, (key, name, up) in enumerate(rows, 2)]
    plan = plan_codebook(given_rows, known, "b.csv", with_changes=with_changes)
    assert len(plan.new) + len(plan.changed) + plan.unchanged + len(plan.conflicts) == len(rows)
    parents: dict[Any, Any] = {c.guid: c.parent for c in known}
    names: dict[Any, str] = {c.guid: c.name for c in known}
    for item in plan.new:
        assert item.parent is None or item.parent in parents  # parents come first
        parents[item.row.number], names[item.row.number] = item.parent, item.row.name
    for change in plan.changed:
        for f in change.fields:
            if f.name == "parent":
                parents[change.guid] = f.value
            elif f.name == "name":
                names[change.guid] = str(f.value)
    places = [(up, names[place].casefold()) for place, up in parents.items()]
    assert len(places) == len(set(places))
    for start in parents:
        steps, up = 0, parents[start]
        while up is not None:
            up, steps = parents[up], steps + 1
            assert steps <= len(parents)
    if not with_changes:
        assert plan.changed == []
