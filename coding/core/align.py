"""What was corrected: the edits that lead from one version of a text to another.

Nobody has said what they changed, so it is found out: stretches that occur once in both texts are
anchors (long ones first, as in patience diff), what lies between them is compared word by word,
and what is too different for that is replaced as a whole. So the time grows with the length of the
texts, not with its square. Words, not characters, are the smallest thing compared, except in
scripts without spaces.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel, LCSseq

from coding.core.edits import TOKEN, Edit, IntArray, carry, is_edge

# Lengths of anchors in tokens (a word and the space after it are two), the surest first.
ANCHORS = (24, 8, 3, 1)
# Two stretches are compared token by token if the product of their lengths is at most this.
COMPARED = 4_000_000
# From here on, two words are one word in two spellings.
ALIKE = 0.5
# How far, in characters, something is moved so that it reads as a whole.
SLIDE = 2_000
# A quotation as short as this is found elsewhere by chance.
MOVED_LEAST = 12

Block = tuple[int, int, int, int]


def align(old: str, new: str) -> list[Edit]:
    """Edits that make ``new`` of ``old``: sorted, disjoint, never cutting a visible character.

    At most a second or two for 300,000 characters. Of paragraphs that changed places, one is found
    deleted and inserted; see ``carry_to``.
    """
    if old == new:
        return []
    first, last = _common_ends(old, new)
    a, a_at = _tokens(old[first : len(old) - last], first)
    b, b_at = _tokens(new[first : len(new) - last], first)
    numbers: dict[str, int] = {}
    x, y = ([numbers.setdefault(token, len(numbers)) for token in tokens] for tokens in (a, b))
    hunks = [
        (a_at[i], a_at[j], b_at[k], b_at[m])
        for i, j, k, m in _hunks(np.array(x, dtype=np.int64), np.array(y, dtype=np.int64))
    ]
    hunks = _readable(old, new, _slid(old, new, hunks))
    return [Edit(i, j, new[k:m]) for i, j, k, m in _whole(old, new, hunks)]


def carry_to(
    spans: NDArray[np.integer], edits: Sequence[Edit], old: str, new: str, *, exact: bool = False
) -> tuple[IntArray, NDArray[np.bool_]]:
    """``carry``, and then a look for passages that stand elsewhere now.

    A passage of which not all is left where it was, and whose quotation stands exactly once in each
    of the texts, is proposed there, not certain.
    """
    after, certain = carry(spans, edits, old, exact=exact)
    found: dict[str, int] = {}
    for k in np.flatnonzero(~certain):
        quote = old[int(spans[k][0]) : int(spans[k][1])]
        if len(quote) < MOVED_LEAST or new[after[k, 0] : after[k, 1]] == quote:
            continue
        if quote not in found:
            at = new.find(quote)
            once = at >= 0 and new.find(quote, at + 1) < 0
            found[quote] = at if once and old.find(quote, old.find(quote) + 1) < 0 else -1
        if found[quote] >= 0:
            after[k] = found[quote], found[quote] + len(quote)
    return after, certain


def _common_ends(old: str, new: str) -> tuple[int, int]:
    """How much both begin and end with, as far as a line end or a space: no token is cut."""
    most = min(len(old), len(new))
    first = _equal(most, lambda i, j: old[i:j] == new[i:j])
    while first and not (old[first - 1].isspace() and first < most):
        first -= 1
    rest = min(len(old), len(new)) - first
    n, m = len(old), len(new)
    last = _equal(rest, lambda i, j: old[n - j : n - i] == new[m - j : m - i])
    while last and not (old[n - last].isspace() and last < rest):
        last -= 1
    return first, last


def _equal(most: int, same: Callable[[int, int], bool]) -> int:
    """The largest n ≤ ``most`` with ``same(0, n)``, by halving."""
    low, step = 0, most
    while step:
        if low + step <= most and same(low, low + step):
            low += step
        else:
            step //= 2
    return low


def _tokens(text: str, start: int) -> tuple[list[str], list[int]]:
    """The tokens of a stretch, and where each begins and the last ends."""
    tokens, at = [], []
    for match in TOKEN.finditer(text):
        tokens.append(match[0])
        at.append(match.start() + start)
    return tokens, [*at, start + len(text)]


def _hunks(a: IntArray, b: IntArray) -> list[Block]:
    """Where ``a`` and ``b`` differ, in order: a[i:j] has become b[k:m]."""
    hunks: list[Block] = []
    waiting: list[tuple[int, int, int, int, int]] = [(0, len(a), 0, len(b), 0)]
    while waiting:
        i, j, k, m, level = waiting.pop()
        while i < j and k < m and a[i] == b[k]:
            i, k = i + 1, k + 1
        while i < j and k < m and a[j - 1] == b[m - 1]:
            j, m = j - 1, m - 1
        if i == j or k == m:
            if i < j or k < m:
                hunks.append((i, j, k, m))
        elif (j - i) * (m - k) <= COMPARED:
            hunks += _compared(a[i:j].tolist(), b[k:m].tolist(), i, k)
        elif level == len(ANCHORS):
            hunks.append((i, j, k, m))
        else:
            # The last first: what is taken from the stack next is the first gap.
            gaps = _gaps(a[i:j], b[k:m], ANCHORS[level])
            waiting += [(i + p, i + q, k + r, k + s, level + 1) for p, q, r, s in reversed(gaps)]
    return hunks


def _compared(a: list[int], b: list[int], i: int, k: int) -> Iterator[Block]:
    at_a = at_b = 0
    for op in LCSseq.opcodes(a, b):
        # What was put in and what was taken out beside it is one hunk.
        if op.tag == "equal":
            if at_a < op.src_start or at_b < op.dest_start:
                yield i + at_a, i + op.src_start, k + at_b, k + op.dest_start
            at_a, at_b = op.src_end, op.dest_end
    if at_a < len(a) or at_b < len(b):
        yield i + at_a, i + len(a), k + at_b, k + len(b)


def _gaps(a: IntArray, b: IntArray, size: int) -> list[Block]:
    """What lies between the anchors of ``size`` tokens."""
    pairs = _anchors(a, b, size)
    gaps: list[Block] = []
    i = k = 0
    for p, r in pairs:
        # Anchors of several tokens overlap their neighbours on the same diagonal.
        if p < i or r < k:
            if p - i != r - k:
                continue
        else:
            gaps.append((i, p, k, r))
        i, k = p + size, r + size
    gaps.append((i, len(a), k, len(b)))
    return [gap for gap in gaps if gap[0] < gap[1] or gap[2] < gap[3]]


def _anchors(a: IntArray, b: IntArray, size: int) -> list[tuple[int, int]]:
    """Places of runs of tokens that stand once in either, as far as both have the same order."""
    if min(len(a), len(b)) < size:
        return []
    once_a, once_b = _once(a, size), _once(b, size)
    common = sorted((once_a[key], once_b[key]) for key in once_a.keys() & once_b.keys())
    return _rising(common)


def _once(tokens: IntArray, size: int) -> dict[bytes, int]:
    places: dict[bytes, int] = {}
    for at in range(len(tokens) - size + 1):
        key = tokens[at : at + size].tobytes()
        places[key] = -1 if key in places else at
    return {key: at for key, at in places.items() if at >= 0}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of ``pairs`` (sorted by the first) that rises in the second too."""
    ends: list[int] = []
    ends_at: list[int] = []
    before = [-1] * len(pairs)
    for n, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before[n] = ends_at[length - 1] if length else -1
        if length == len(ends):
            ends.append(place)
            ends_at.append(n)
        else:
            ends[length], ends_at[length] = place, n
    n = ends_at[-1] if ends_at else -1
    result = []
    while n >= 0:
        result.append(pairs[n])
        n = before[n]
    return result[::-1]


def _slid(old: str, new: str, hunks: list[Block]) -> list[Block]:
    """What was only put in or taken out, moved to where it reads as a whole.

    Of "A. B." after "A. C. B.", both "C. " and ". C" were put in; it is "C. ", and of lines whole
    lines.
    """
    result: list[Block] = []
    for n, (i, j, k, m) in enumerate(hunks):
        if (i == j) != (k == m):
            text, start, end = (new, k, m) if i == j else (old, i, j)
            back = i - (result[-1][1] + 1 if result else 0)
            on = (hunks[n + 1][0] - 1 if n + 1 < len(hunks) else len(old)) - j
            by = _best_slide(text, start, end, min(back, SLIDE), min(on, SLIDE))
            i, j, k, m = i + by, j + by, k + by, m + by
        result.append((i, j, k, m))
    return result


def _best_slide(text: str, start: int, end: int, back: int, on: int) -> int:
    """By how much [start, end) is best moved inside ``text`` so that the rest stays the same."""
    best, by = _beginning(text, start), 0
    for step, most in ((-1, back), (1, on)):
        a, b = start, end
        for n in range(1, most + 1):
            if step < 0:
                a, b = a - 1, b - 1
                if text[a] != text[b]:
                    break
            else:
                if b >= len(text) or text[a] != text[b]:
                    break
                a, b = a + 1, b + 1
            if (worth := _beginning(text, a)) > best:
                best, by = worth, n * step
    return by


def _beginning(text: str, at: int) -> int:
    """How good a place this is for something to begin: line, sentence, word, anything else."""
    before = text[max(at - 2, 0) : at]
    if not before or before[-1] == "\n":
        return 3
    return 0 if not before[-1].isspace() else 2 if before[0] in ".!?…" else 1


def _readable(old: str, new: str, hunks: list[Block]) -> list[Block]:
    """Hunks made one where what both texts share between them is an accident.

    Shared words that are shorter than the differences on both sides say nothing. The space
    between two words that were each put right does: then the hunks stay apart.
    """
    result: list[Block] = []
    for hunk in hunks:
        result.append(hunk)
        while len(result) > 1 and _accident(old, new, result[-2], result[-1]):
            i, _, k, _ = result[-2]
            _, j, _, m = result.pop()
            result[-1] = i, j, k, m
    return result


def _accident(old: str, new: str, left: Block, right: Block) -> bool:
    shared = old[left[1] : right[0]]
    if not shared.strip() and "\n" not in shared:
        return not (_put_right(old, new, left) and _put_right(old, new, right))
    sizes = [max(j - i, m - k) for i, j, k, m in (left, right)]
    return len(shared) <= min(sizes) and "\n" not in shared


def _put_right(old: str, new: str, hunk: Block) -> bool:
    """Is this one word that is spelled otherwise now?"""
    was, now = old[hunk[0] : hunk[1]], new[hunk[2] : hunk[3]]
    spaces = any(char.isspace() for char in was + now)
    return not spaces and Indel.normalized_similarity(was, now) >= ALIKE


def _whole(old: str, new: str, hunks: list[Block]) -> list[Block]:
    """Hunks widened until no end of them cuts what looks like one character, in either text."""
    result: list[Block] = []
    for n, (i, j, k, m) in enumerate(hunks):
        least = result[-1][1] if result else 0
        most = hunks[n + 1][0] if n + 1 < len(hunks) else len(old)
        while i > least and not (is_edge(old, i) and is_edge(new, k)):
            i, k = i - 1, k - 1
        while j < most and not (is_edge(old, j) and is_edge(new, m)):
            j, m = j + 1, m + 1
        if result and i <= result[-1][1]:
            i, _, k, _ = result.pop()
        result.append((i, j, k, m))
    return result
