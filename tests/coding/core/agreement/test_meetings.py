from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.core.agreement.meetings import meetings

spans = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 8)).map(lambda pair: (pair[0], sum(pair))),
    max_size=8,
)


@settings(max_examples=120, deadline=None)
@given(spans, spans)
def test_every_pair_that_shares_a_character_once(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    first, second = (np.array(some, dtype=np.int64).reshape(-1, 2) for some in (one, other))
    mine, theirs = meetings(first[:, 0], first[:, 1], second[:, 0], second[:, 1])
    assert sorted(zip(mine.tolist(), theirs.tolist(), strict=True)) == [
        (i, j)
        for i, a in enumerate(one)
        for j, b in enumerate(other)
        if set(range(*a)) & set(range(*b))
    ]
