"""Finding a person's words again in what others have written: memos, definitions, comments.

Whoever quotes rarely quotes exactly: case, accents and punctuation differ. So words are compared as
search compares them, and a run of ``RUN`` words in a row counts as a quotation. Fewer words in a
row are what anybody might have said.
"""

from collections.abc import Iterable, Sequence

from coding.core.search_text import Token, tokens

RUN = 5


def runs(stretches: Iterable[str]) -> frozenset[str]:
    """Every run of ``RUN`` words in a row in one of the stretches, as search folds them."""
    found: set[str] = set()
    for stretch in stretches:
        found.update(_runs(tokens(stretch)))
    return frozenset(found)


def quoted(text: str, known: frozenset[str]) -> list[tuple[int, int]]:
    """Where ``text`` has runs out of ``known``: disjoint stretches in order, whole words."""
    words = tokens(text)
    places: list[tuple[int, int]] = []
    for at, run in enumerate(_runs(words)):
        if run not in known:
            continue
        start, end = words[at].start, words[at + RUN - 1].end
        if places and start <= places[-1][1]:
            places[-1] = (places[-1][0], end)
        else:
            places.append((start, end))
    return places


def _runs(words: Sequence[Token]) -> list[str]:
    codes = [word.word for word in words]
    return [" ".join(codes[at : at + RUN]) for at in range(len(codes) - RUN + 1)]


def without(text: str, places: Sequence[tuple[int, int]], mark: str) -> str:
    """``text`` with ``mark`` in each of the places, which are in order and disjoint."""
    parts, at = [], 0
    for start, end in places:
        parts += [text[at:start], mark]
        at = end
    return "".join([*parts, text[at:]])
