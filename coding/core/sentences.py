"""Sentences of a turn, for coding "the sentence in which it is said".

A rule, not a model: a sentence ends after . ! ? … (with closing quotes or brackets) before white
space, or at an empty line. It does not end before a small letter, nor after the usual
abbreviations and single initials.
"""

import re

_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*(?=\s|\Z)|[。！？]+|\n(?=[^\S\n]*\n)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|cf|no|approx)|\b[^\W\d_])\.\Z", re.IGNORECASE
)
# Long enough for every abbreviation above.
_LOOK_BACK = 12


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of ``text[start:end]`` in order, without the white space around them.

    Offsets are code points into ``text``, end excluded. They cover all but white space.
    """
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _END.finditer(text, start, end):
        stop = match.end()
        rest = text[stop:end].lstrip()[:1] if stop < end else ""
        dot = match[0][0] == "."
        if rest.islower() and match[0] != "\n" and "。" not in match[0]:
            continue
        if dot and rest and _ABBREVIATION.search(text[max(begin, stop - _LOOK_BACK) : stop]):
            continue
        _add(spans, text, begin, stop)
        begin = stop
    _add(spans, text, begin, end)
    return spans


def around(spans: list[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """From the start of the sentence that holds ``start`` to the end of that of ``end``."""
    touched = [span for span in spans if span[0] < end and start < span[1]]
    return (touched[0][0], touched[-1][1]) if touched else None


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    stripped = piece.strip()
    if stripped:
        first = start + len(piece) - len(piece.lstrip())
        spans.append((first, first + len(stripped)))
