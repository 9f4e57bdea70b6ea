"""Names that are to be replaced in a text: where they stand."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from coding.core.edits import Edit


@dataclass(frozen=True, slots=True)
class Replacement:
    """``original`` is to become ``replacement``; ``whole``: only where it is a word by itself."""

    original: str
    replacement: str
    whole: bool = True
    match_case: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """One place of one original; ``which`` counts the replacements from 0."""

    start: int
    end: int
    which: int


class Finder:
    """Finds all originals in one go; where two begin at one place, the longer one counts."""

    def __init__(self, replacements: Sequence[Replacement]) -> None:
        self.replacements = list(replacements)
        order = sorted(
            range(len(replacements)), key=lambda n: len(replacements[n].original), reverse=True
        )
        self._which = [n for n in order if replacements[n].original]
        parts = [f"({_pattern(replacements[n])})" for n in self._which]
        self._pattern = regex.compile("|".join(parts)) if parts else None

    def hits(self, text: str) -> Iterator[Hit]:
        """The places in order; none shares a character with another."""
        if self._pattern is None:
            return
        for match in self._pattern.finditer(text):
            yield Hit(match.start(), match.end(), self._which[match.lastindex - 1])

    def edits(self, hits: Sequence[Hit]) -> list[Edit]:
        return [Edit(h.start, h.end, self.replacements[h.which].replacement) for h in hits]

    def count(self, text: str) -> int:
        return sum(1 for _ in self.hits(text))


def _pattern(row: Replacement) -> str:
    # A name may be typed composed and stand decomposed in the text, or the other way round.
    forms = {unicodedata.normalize(form, row.original) for form in ("NFC", "NFD")}
    words = "|".join(sorted(map(regex.escape, forms | {row.original}), key=len, reverse=True))
    body = f"(?:{words})" if row.match_case else f"(?i:{words})"
    # Never before a mark that would make another letter of the last one.
    after = r"(?![\w\p{M}])" if row.whole else r"(?!\p{M})"
    return (r"(?<!\w)" if row.whole else "") + body + after
