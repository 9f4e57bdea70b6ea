"""Group talk: one source in which a participant's turns become gap marks, worked out and applied.

A source of former talk is one with no gap: its text stays, and what history says about it is put
into the present text, because the versions that it counted in go.

Working it out changes nothing: the plan shows it, and the withdrawal applies the same object.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from django.db.models import Case, F, Value, When

from cases.services.withdrawal.scope import Scope
from coding.core.edits import apply_edits
from coding.core.gaps import MARK, Gaps, Stretch, marks
from coding.core.quoting import without
from coding.core.text import word_spans
from coding.core.turns import INTERVIEWER
from coding.models import AgreementCount, Coding, Note, Source, SourceText, Turn, TurnWords
from coding.services.versions.records import move_records
from coding.services.versions.translate import (
    CORRECTED,
    Step,
    carry_through,
    steps_since_version,
)
from projects.models import Event
from projects.services.rows import write_rows

# Beyond every position in a text: where codings wait while they change places.
ASIDE = 2**30

Place = tuple[int, int]


@dataclass
class GroupTalk:
    """One source before and after: new text, new turns, and what becomes of each coding."""

    source: Source
    text: str
    turns: list[Turn]
    gone: list[Turn]
    words_gone: int = 0
    # Old and new place of every coding that stays, removed ones included.
    moved: dict[int, Place] = field(default_factory=dict)
    # Codings of which nothing is left.
    deleted: list[int] = field(default_factory=list)
    # Present codings that lose a part.
    shortened: list[int] = field(default_factory=list)
    # Codings that another one equals from now on: by id, the one that stays.
    merged: dict[int, int] = field(default_factory=dict)
    # Of those, the ones that are not removed already: what people see go.
    deleted_present: int = 0

    # The corrections of this text so far: numbers of their lines, and what they changed.
    corrections: list[int] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    # By number of corrections behind them, places that were asked for: history repeats itself, and
    # asking for thousands at once costs little more than for one.
    _known: dict[int, dict[Place, Place | None]] = field(default_factory=dict)

    def load_corrections(self) -> None:
        """For history alone, so not part of the plan. Three queries."""
        rows = Event.objects.filter(
            project=self.source.project_id, source_guid=self.source.guid, verb=CORRECTED
        )
        self.corrections = list(rows.order_by("pk").values_list("pk", flat=True))
        self.steps = steps_since_version(self.source, 0) if self.corrections else []
        # What was asked for so far counted in the present text, as if nothing had been corrected.
        self._known.clear()

    @cached_property
    def gaps(self) -> Gaps:
        """Of the turns as they are before ``apply``."""
        return Gaps(self.text, *self.stretches)

    @property
    def stretches(self) -> tuple[list[Stretch], list[Stretch]]:
        gone = {turn.pk for turn in self.gone}
        both: tuple[list[Stretch], list[Stretch]] = ([], [])
        for turn in self.turns:
            both[turn.pk not in gone].append(Stretch(turn.start, turn.body_start, turn.end))
        return both

    def places(self, spans: Sequence[Place], event: int | None = None) -> list[Place | None]:
        """Where passages stand in the new text; None: nothing of them is left.

        ``event``: the line of history that has them; they count in the text of its time.
        """
        behind = len(self.steps) if event is None else bisect_right(self.corrections, event)
        known = self._known.setdefault(behind, {})
        fresh = [span for span in dict.fromkeys(spans) if span not in known]
        if fresh:
            places = np.array(fresh, dtype=np.int64)
            sure = np.ones(len(fresh), dtype=bool)
            if behind < len(self.steps):
                places, sure = carry_through(places, self.steps[behind:])
            new = self.gaps.place(places)
            empty = (new[:, 1] <= new[:, 0]) | ~sure
            for span, (start, end), lost in zip(fresh, new.tolist(), empty.tolist(), strict=True):
                known[span] = None if lost else (start, end)
        return [known[span] for span in spans]


def work_out(scope: Scope, source: Source) -> GroupTalk:
    text = SourceText.objects.values_list("text", flat=True).get(source=source)
    turns = list(source.turns.order_by("ordinal"))
    gone = [turn for turn in turns if turn.participant_id == scope.participant.pk]
    talk = GroupTalk(source, text, turns, gone)
    talk.words_gone = sum(len(word_spans(text[turn.body_start : turn.end])) for turn in gone)
    rows = list(
        source.codings.order_by("pk").values_list(
            "pk", "start", "end", "code_id", "coder_id", "agreed_in_id", "removed_at"
        )
    )
    spans = np.array([row[1:3] for row in rows], dtype=np.int64).reshape(-1, 2)
    left = talk.gaps.cut(spans)
    new = talk.places([(row[1], row[2]) for row in rows])
    standing: dict[tuple[int | None, ...], int] = {}
    for (pk, _start, _end, code, coder, agreed, removed), was, kept, now in zip(
        rows, spans.tolist(), left.tolist(), new, strict=True
    ):
        if now is None:
            talk.deleted.append(pk)
            talk.deleted_present += removed is None
            continue
        if removed is None:
            # By agreement a passage is coded once, whoever decided it.
            whose = (agreed, None) if agreed else (None, coder)
            first = standing.setdefault((code, *whose, *now), pk)
            if first != pk:
                talk.merged[pk] = first
                continue
            if was != kept:
                talk.shortened.append(pk)
        talk.moved[pk] = now
    return talk


def apply(scope: Scope, talk: GroupTalk) -> None:
    """Write the new text, turns, codings and counts of one source. A constant number of queries
    per thousand rows."""
    _codings(talk)
    new_text = _unlike_others(talk.source, apply_edits(talk.text, talk.gaps.edits))
    _turns(talk)
    # Marks are nobody's words, and labels are none either.
    skip = [
        (turn.start, turn.end if turn.withdrawn else turn.body_start)
        for turn in talk.turns
        if turn.withdrawn or turn.body_start > turn.start
    ]
    words = word_spans(new_text, skip)
    asked = np.zeros(len(new_text) + 1, dtype=bool)
    for turn in talk.turns:
        if turn.role == INTERVIEWER:
            asked[turn.start : turn.end] = True
    source = talk.source
    SourceText.objects.filter(source=source).update(
        text=new_text,
        word_spans=np.ascontiguousarray(words, dtype="<i4").tobytes(),
    )
    source.title = without(source.title, scope.names_in(source.title), MARK)[:200]
    source.length = len(new_text)
    source.text_sha256 = _sha256(new_text)
    source.version += 1
    source.words = len(words)
    source.participant_words = int((~asked[words[:, 0]]).sum())
    if source.participant_id == scope.participant.pk:
        source.participant = None
    # What rounds keep about passages is cut as these are; what was counted from it is counted anew.
    move_records(source, talk.places, forget=True)
    AgreementCount.objects.filter(source=source).delete()
    source.save(
        update_fields=[
            "title",
            "length",
            "text_sha256",
            "version",
            "words",
            "participant_words",
            "participant",
        ]
    )


def _unlike_others(source: Source, text: str) -> str:
    """Two sources may read alike once one voice is missing, but each text is in a project once:
    a line end after the last turn, which nobody sees, tells them apart."""
    others = Source.objects.filter(project=source.project_id).exclude(pk=source.pk)
    while others.filter(text_sha256=_sha256(text)).exists():
        text += "\n"
    return text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _codings(talk: GroupTalk) -> None:
    if talk.merged:
        # What was thought about the passage stays with the coding that stays.
        Note.objects.filter(coding__in=talk.merged).update(
            coding=Case(*(When(coding=pk, then=Value(to)) for pk, to in talk.merged.items()))
        )
    Coding.objects.filter(pk__in=[*talk.deleted, *talk.merged]).delete()
    ours = Coding.objects.filter(source=talk.source)
    # Two codings may take each other's place: no two may stand alike, even for a moment.
    ours.update(start=F("start") + ASIDE, end=F("end") + ASIDE)
    moved = [Coding(pk=pk, start=start, end=end) for pk, (start, end) in talk.moved.items()]
    write_rows(moved, ["start", "end"])


def _turns(talk: GroupTalk) -> None:
    gone = {turn.pk for turn in talk.gone}
    shift = 0
    for turn in talk.turns:
        start, body_start, end = turn.start, turn.body_start, turn.end
        turn.start = start + shift
        if turn.pk in gone:
            label, body = marks(Stretch(start, body_start, end))
            turn.body_start = turn.start + len(label)
            turn.end = turn.body_start + len(body)
            turn.speaker = MARK if turn.speaker else ""
            turn.participant = None
            turn.time_start = turn.time_end = None
            turn.withdrawn = True
            shift += (turn.end - turn.start) - (end - start)
        else:
            turn.body_start, turn.end = body_start + shift, end + shift
    TurnWords.objects.filter(turn__in=gone).delete()
    write_rows(
        talk.turns,
        [
            "start",
            "body_start",
            "end",
            "speaker",
            "participant",
            "time_start",
            "time_end",
            "withdrawn",
        ],
    )
