"""The sources side of a count: which words and turns stand where, and who speaks.

All sources are laid on one long *line*, one after the other with a gap of one position, so that
one sorted array serves all of them and nothing merges across a border between two sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coding.core.spans import IntArray

BoolArray = npt.NDArray[np.bool_]

# What a turn's role means for counting:
PARTICIPANT = 0  # counts as a turn; its linked participant counts as a person
INTERVIEWER = 1  # never a turn or a person; its words are left out of "participant words"
OBSERVER = 2  # an observer's note counts as a turn, but the observer is no participant
TEXT = 3  # text that nobody speaks (a policy document): words count, but it is no turn
ROLES = (PARTICIPANT, INTERVIEWER, OBSERVER, TEXT)

NOBODY = -1  # the participant of a turn that is linked to none


def _none() -> Sequence[int]:
    return ()


@dataclass(frozen=True, slots=True)
class SourceText:
    """One source, with positions counted inside it (code points, end excluded).

    ``turn_starts`` are the starts of what is said, after a speaker label. Turns and words are in
    text order and do not overlap; words inside speaker labels are left out. ``words`` has shape
    (n_words, 2): start and end.
    """

    source_id: int
    kind: str
    length: int
    turn_starts: Sequence[int] | npt.NDArray[np.integer] = field(default_factory=_none)
    turn_ends: Sequence[int] | npt.NDArray[np.integer] = field(default_factory=_none)
    turn_roles: Sequence[int] | npt.NDArray[np.integer] = field(default_factory=_none)
    turn_participants: Sequence[int] | npt.NDArray[np.integer] = field(default_factory=_none)
    words: Sequence[tuple[int, int]] | npt.NDArray[np.integer] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, eq=False)
class StudyText:
    """Many sources as flat arrays; make one with ``StudyText.build``.

    Per source, shape (n_sources,): ``source_ids``, ``kinds``, ``lengths``, ``line`` (the
    source's first position on the line), ``words`` and ``participant_words`` (how many words
    there are, in all and outside interviewers' turns). Per turn: ``turn_source`` (index into
    the sources), ``turn_start``, ``turn_end`` (on the line), ``turn_role``,
    ``turn_participant`` (id, or -1). Per word: ``word_start``, ``word_end`` (on the line, which
    also tells the source).
    """

    source_ids: IntArray
    kinds: tuple[str, ...]
    lengths: IntArray
    line: IntArray
    words: IntArray
    participant_words: IntArray
    turn_source: IntArray
    turn_start: IntArray
    turn_end: IntArray
    turn_role: IntArray
    turn_participant: IntArray
    word_start: IntArray
    word_end: IntArray

    @classmethod
    def build(cls, sources: Iterable[SourceText]) -> StudyText:
        """Lay the sources on the line. Raises ValueError naming a source whose parts are wrong."""
        pieces = list(sources)
        turns = [_turns(piece) for piece in pieces]
        words = [_words(piece) for piece in pieces]
        ids = np.array([piece.source_id for piece in pieces], dtype=np.int64)
        if len(np.unique(ids)) != len(ids):
            raise ValueError("A source is listed twice.")
        lengths = np.array([piece.length for piece in pieces], dtype=np.int64)
        line = np.cumsum(lengths + 1) - (lengths + 1)
        turn_source = np.repeat(np.arange(len(pieces)), [len(turn) for turn in turns])
        word_line = np.repeat(line, [len(word) for word in words])
        turn = np.concatenate([np.empty((0, 4), np.int64), *turns])
        turn[:, :2] += line[turn_source][:, None]
        word = np.concatenate([np.empty((0, 2), np.int64), *words]) + word_line[:, None]
        word_start, word_end = word[:, 0].copy(), word[:, 1].copy()
        n_words = np.array([len(word) for word in words], dtype=np.int64)

        asked = turn[(turn[:, 2] == INTERVIEWER) & (turn[:, 1] > turn[:, 0])]
        low, high = items_under(asked[:, 0], asked[:, 1], word_start, word_end)
        of_interviewers = high - first_touch(low, high, np.zeros_like(low))
        before = np.concatenate([[0], np.cumsum(of_interviewers)])
        borders = np.searchsorted(asked[:, 0], np.append(line, np.iinfo(np.int64).max))
        return cls(
            source_ids=ids,
            kinds=tuple(piece.kind for piece in pieces),
            lengths=lengths,
            line=line,
            words=n_words,
            participant_words=n_words - np.diff(before[borders]),
            turn_source=turn_source,
            turn_start=turn[:, 0].copy(),
            turn_end=turn[:, 1].copy(),
            turn_role=turn[:, 2].copy(),
            turn_participant=turn[:, 3].copy(),
            word_start=word_start,
            word_end=word_end,
        )

    def __len__(self) -> int:
        return len(self.source_ids)

    def index_of(self, source_ids: IntArray) -> IntArray:
        """The position of each source in this text, -1 where it is not part of it."""
        return _positions(self.source_ids, source_ids)

    def source_at(self, place: IntArray) -> IntArray:
        """The position of the source that each place on the line lies in."""
        return np.searchsorted(self.line, place, side="right").astype(np.int64, copy=False) - 1

    @property
    def turn_counts(self) -> BoolArray:
        """Which turns are counted as turns: participants' and observers', with any text."""
        spoken = (self.turn_role == PARTICIPANT) | (self.turn_role == OBSERVER)
        counted: BoolArray = spoken & (self.turn_end > self.turn_start)
        return counted

    @property
    def turn_has_person(self) -> BoolArray:
        """Which turns are by a known participant, with any text."""
        known = (self.turn_role == PARTICIPANT) & (self.turn_participant >= 0)
        counted: BoolArray = known & (self.turn_end > self.turn_start)
        return counted


def items_under(
    starts: IntArray,
    ends: IntArray,
    item_starts: IntArray,
    item_ends: IntArray,
    order: IntArray | None = None,
) -> tuple[IntArray, IntArray]:
    """For each piece, which items [low, high) share at least one character with it.

    Pieces and items are on the line; items are sorted and disjoint, pieces in any order. An item
    without any character is inside the range of the piece around it: the caller leaves it out.
    ``order`` sorts the pieces by start, if it is known already.
    """
    # Searching for rising values stays in the processor's cache: with many words this is
    # several times faster than in the order of the columns, sorting included.
    order = np.argsort(starts) if order is None else order
    low = np.empty(len(starts), dtype=np.int64)
    high = np.empty(len(starts), dtype=np.int64)
    low[order] = np.searchsorted(item_ends, starts[order], side="right")
    high[order] = np.searchsorted(item_starts, ends[order], side="left")
    return low, high


def first_touch(low: IntArray, high: IntArray, group: IntArray) -> IntArray:
    """``low``, raised so that every item belongs to the first piece of its group touching it.

    With pieces sorted and disjoint inside each group, an item shared by two of them (a word cut
    by a border) would otherwise count twice.
    """
    raised = low.copy()
    same = group[1:] == group[:-1]
    raised[1:][same] = np.maximum(low[1:], high[:-1])[same]
    return raised


def running(mask: BoolArray) -> IntArray:
    """How many are true before each position, and in all: shape (n + 1,)."""
    return np.concatenate([[0], np.cumsum(mask)])


def _turns(piece: SourceText) -> IntArray:
    columns = (piece.turn_starts, piece.turn_ends, piece.turn_roles, piece.turn_participants)
    if len({len(column) for column in columns}) != 1:
        raise ValueError(f"Source {piece.source_id}: the lists of turns differ in length.")
    turns = np.stack([np.asarray(column, dtype=np.int64) for column in columns], axis=1)
    _check_order(piece, turns[:, 0], turns[:, 1], "turn", 0)
    wrong = np.flatnonzero(~np.isin(turns[:, 2], ROLES))
    if wrong.size:
        raise ValueError(
            f"Source {piece.source_id}: turn {wrong[0]} has the unknown role {turns[wrong[0], 2]}."
        )
    return turns


def _words(piece: SourceText) -> IntArray:
    words = np.asarray(piece.words, dtype=np.int64)
    words = words.reshape(0, 2) if words.size == 0 else words
    if words.ndim != 2 or words.shape[1] != 2:
        raise ValueError(f"Source {piece.source_id}: words must be pairs of start and end.")
    _check_order(piece, words[:, 0], words[:, 1], "word", 1)
    return words


def _check_order(
    piece: SourceText, starts: IntArray, ends: IntArray, name: str, shortest: int
) -> None:
    before = np.concatenate([[0], ends[:-1]])
    wrong = (starts < before) | (ends - starts < shortest) | (ends > piece.length)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise ValueError(
            f"Source {piece.source_id}: {name} {i} at {starts[i]}–{ends[i]} is out of order, "
            f"overlaps the one before, or ends after the text of {piece.length} characters."
        )


def _positions(known: IntArray, wanted: IntArray) -> IntArray:
    """Where each wanted value stands in ``known`` (distinct, any order); -1 where it does not."""
    if len(known) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], wanted), len(known) - 1)
    found = order[place]
    return np.where(known[found] == wanted, found, -1).astype(np.int64, copy=False)
