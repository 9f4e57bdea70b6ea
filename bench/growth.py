"""What grows with the size of a text or a study: seconds of CPU for n and for 8 n.

A ratio near 8 grows with the size; one near 64 grows with its square. Every answer is looked at, so
that giving up cannot look quick. Run: ``python -m bench.growth``, or with a word of the names that
are wanted, as ``python -m bench.growth align``.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from cases.core.archives import ArchiveProblem
from cases.core.study_folder import read_study
from coding.core.align import align
from coding.core.edits import apply_edits
from coding.core.text import word_spans
from coding.core.turns import parse_turns

TIMES = 8
# Makes the material for a size, and gives what is to be timed; that gives whether it was right.
Material = Callable[[int], Callable[[], bool]]


def invented(characters: int, seed: int) -> str:
    """Turns of invented words, and a few words that are everywhere."""
    pick = random.Random(seed)
    words = [f"w{n}" for n in range(3_000)] + ["the", "of", "and"] * 800
    turns, length = [], 0
    while length < characters:
        turns.append("Anna: " + " ".join(pick.choices(words, k=50)) + ".\n\n")
        length += len(turns[-1])
    return "".join(turns)


def aligned(make: Callable[[int], tuple[str, str]], n: int) -> Callable[[], bool]:
    old, new = make(n)
    return lambda: apply_edits(old, align(old, new)) == new


def corrected(n: int) -> tuple[str, str]:
    old, pick = invented(n, 1), random.Random(2)
    words = old.split(" ")
    for turn, at in enumerate(pick.sample(range(1, len(words) - 1), n // 600)):
        words[at] += "x" if turn % 2 else " put in"
    return old, " ".join(words)


def turns(make: Callable[[int], str], n: int) -> Callable[[], bool]:
    text = make(n)
    return lambda: bool(parse_turns(text, {"S01": "participant"}))


def counted(n: int) -> Callable[[], bool]:
    lines = n // 18
    text, labels = "INT: what we learn\n" * lines, [(19 * i, 19 * i + 5) for i in range(lines)]
    return lambda: len(word_spans(text, labels)) == 3 * lines


class Files:
    """A study folder in memory."""

    def __init__(self, files: dict[str, str]) -> None:
        study = {
            "cases.csv": "case_id,name\nnorth,North\n",
            "participants.csv": "participant_id,case,role\nN1,north,coach\n",
            "documents.csv": "doc_id,case,type,participant,file\nD1,north,interview,N1,d1.txt\n",
            "documents/d1.txt": "INT: Why?\nN1: We share.\n",
            "codebook.csv": "code,parent,definition\nshare,,\n",
        }
        self.files = {name: text.encode() for name, text in (study | files).items()}
        self.notes: list[str] = []

    def names(self) -> list[str]:
        return list(self.files)

    def size(self, name: str) -> int:
        return len(self.files[name])

    def read(self, name: str, limit: int | None = None) -> bytes:
        if limit is not None and len(self.files[name]) > limit:
            raise ArchiveProblem("too_large", f"{name} is too large.", name)
        return self.files[name]


CODINGS = "doc_id,code,coder,start,end,text\n"


def long_transcript(n: int) -> Callable[[], bool]:
    folder = Files(
        {"documents/d1.txt": "INT: why\nN1: because we share what we learn\n" * (n // 44)}
    )
    return lambda: not read_study(folder).problems


def many_codings(n: int) -> Callable[[], bool]:
    text = invented(n, 3)
    pick = random.Random(4)
    starts = pick.sample([at for at, char in enumerate(text) if char.isalnum()], n // 100)
    rows = [f"D1,share,c{at % 9},{at},{at + 1},{text[at]}\n" for at in starts]
    folder = Files({"documents/d1.txt": text, "codings.csv": CODINGS + "".join(rows)})
    return lambda: len(read_study(folder).codings) == len(rows)


def many_problems(n: int) -> Callable[[], bool]:
    rows = [f"D1,no{i},c1,x,21,We\n" for i in range(n // 100)]
    folder = Files({"codings.csv": CODINGS + "".join(rows)})
    return lambda: read_study(folder).problem_count == 2 * len(rows)


OPERATIONS: tuple[tuple[str, int, Material], ...] = (
    ("align, corrections all over", 100_000, partial(aligned, corrected)),
    (
        "align, nothing in common",
        100_000,
        partial(aligned, lambda n: (invented(n, 1), invented(n, 2))),
    ),
    (
        "align, one word",
        100_000,
        partial(aligned, lambda n: ("the " * (n // 4), "the " * (n // 5))),
    ),
    (
        "align, two words",
        100_000,
        partial(aligned, lambda n: ("ab " * (n // 3), "ba " * (n // 4) + "ab")),
    ),
    ("align, no words", 100_000, partial(aligned, lambda n: ("x" * n, "y" * (2 * n // 3)))),
    (
        "turns, short ones",
        600_000,
        partial(turns, lambda n: "INT: why\nS01: because of it\n" * (n // 29)),
    ),
    ("turns, one line", 600_000, partial(turns, lambda n: "word " * (n // 5))),
    ("turns, white space", 600_000, partial(turns, lambda n: "S01: a" + " " * n + "b")),
    ("turns, colons", 600_000, partial(turns, lambda n: "a:" * (n // 2))),
    (
        "turns, a late colon",
        600_000,
        partial(turns, lambda n: " " * (n // 2) + ":" + " " * (n // 2) + "b"),
    ),
    ("words, with labels left out", 600_000, counted),
    ("study, one long transcript", 600_000, long_transcript),
    ("study, a coding for 100 characters", 600_000, many_codings),
    ("study, two problems for 100 characters", 600_000, many_problems),
)


def seconds(step: Callable[[], bool]) -> float:
    began = time.process_time()
    right = step()
    spent = time.process_time() - began
    assert right
    return spent


def lines(wanted: str) -> Iterator[str]:
    yield f"{'operation':>38}  {'n characters':>12}  {'n, s':>8}  {f'{TIMES} n, s':>8}  ratio"
    for name, n, make in OPERATIONS:
        if wanted in name:
            few, many = (seconds(make(size)) for size in (n, TIMES * n))
            ratio = f"{many / few:5.1f}" if few else "n/a (too quick to be timed)"
            yield f"{name:>38}  {n:>12,}  {few:>8.3f}  {many:>8.3f}  {ratio}"


if __name__ == "__main__":
    for line in lines(" ".join(sys.argv[1:])):
        print(line, flush=True)
