"""Whatever is done to the codebook, codings and tree agree with a small plain model."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.codebook_model import Play

pytestmark = pytest.mark.django_db(transaction=True)

# What needs another step before it stands twice.
STEPS = (
    "create",
    "rename",
    "move",
    "merge",
    "merge",
    "unmerge",
    "unmerge",
    "remerge",
    "remerge",
    "bring_in",
    "bring_in",
    "take_out",
    "take_out",
    "retire",
    "bring_back",
    "freeze",
    "restore",
    "code",
    "code",
    "uncode",
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 5), st.integers(0, 5)), max_size=22
    )
)
def test_the_codebook_agrees_with_a_plain_model(transactional_db: None, steps: list[Any]) -> None:
    play = Play()
    for what, a, b in steps:
        play.step(what, a, b)
