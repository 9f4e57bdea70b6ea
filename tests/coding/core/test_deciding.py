"""What decisions leave, held against plain sets of places."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coding.core.deciding import shared, united

span = st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda s: (s[0], s[0] + s[1]))
spans = st.lists(span, max_size=6)


def covered(found: list[tuple[int, int]]) -> set[int]:
    return {place for start, end in found for place in range(start, end)}


@given(spans)
def test_united_covers_the_same_in_order_without_overlap(found: list[tuple[int, int]]) -> None:
    made = united(found)
    assert covered(made) == covered(found)
    assert all(one[1] <= other[0] for one, other in pairwise(made))
    assert united(reversed(found)) == made == united(made)


@given(st.lists(spans, min_size=1, max_size=4))
def test_shared_is_what_each_covers(found: list[list[tuple[int, int]]]) -> None:
    made = shared(dict(enumerate(found)))
    assert covered(made) == set.intersection(*(covered(own) for own in found))
