import json

from hypothesis import given
from hypothesis import strategies as st

from coding.core import packed

numbers = st.integers(0, 10**9)
rows = st.lists(st.tuples(numbers, numbers, numbers, numbers, numbers).map(list))


def test_codings_become_columns_of_differences() -> None:
    assert packed.columns([[7, 3, 9, 1, 4], [5, 3, 8, 2, 4], [9, 120, 131, 1, 6]]) == {
        "id": [7, -2, 4],
        "start": [3, 0, 117],
        "length": [6, 5, 11],
        "code": [1, 2, 1],
        "coder": [4, 4, 6],
    }


def test_no_codings() -> None:
    empty = {"id": [], "start": [], "length": [], "code": [], "coder": []}
    assert packed.columns([]) == empty
    assert packed.rows(empty) == []


@given(rows)
def test_there_and_back(codings: list[list[int]]) -> None:
    assert packed.rows(packed.columns(codings)) == codings


def test_json_in_a_script_cannot_end_it() -> None:
    nasty = {"name": "</script><!-- & “é” \u2028 😀"}
    made = packed.script_json(nasty)
    assert made == '{"name":"\\u003C/script\\u003E\\u003C!-- \\u0026 “é” \u2028 😀"}'
    assert json.loads(made) == nasty
