"""What a decision about a place leaves: the passages that are agreed on, out of those of coders.

Spans are half-open pairs of code points.
"""

from collections.abc import Iterable, Mapping, Sequence

Span = tuple[int, int]


def united(spans: Iterable[Span]) -> list[Span]:
    """The stretches that any of the spans covers; spans that only touch stay two."""
    made: list[Span] = []
    for start, end in sorted(spans):
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return made


def shared(by_coder: Mapping[int, Sequence[Span]]) -> list[Span]:
    """The stretches that every one of these coders covers; none where there is no coder."""
    whole: list[Span] | None = None
    for spans in by_coder.values():
        theirs = united(spans)
        whole = theirs if whole is None else _meet(whole, theirs)
    return whole or []


def _meet(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    made: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            made.append((start, end))
        if one[i][1] <= other[j][1]:
            i += 1
        else:
            j += 1
    return made
