import pytest

from coding.core.clock import clock


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, ""),
        (0, "0:00:00"),
        (999, "0:00:00"),
        (59_999, "0:00:59"),
        (750_000, "0:12:30"),
        (3_723_400, "1:02:03"),
        (36_000_000, "10:00:00"),
    ],
)
def test_clock(milliseconds: int | None, words: str) -> None:
    assert clock(milliseconds) == words
