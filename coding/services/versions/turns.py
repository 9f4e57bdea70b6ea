"""Who speaks in a corrected text: its turns are found anew, what was known of the old ones stays.

Speaker labels that are corrected, added or taken away change the turns; everything else about a
turn (role, participant, times, whether its speaker has withdrawn) follows the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coding.core.edits import Edit, carry
from coding.core.turns import TurnSpan, parse_turns
from coding.models import Participant, Source, Speaker, Turn

Who = tuple[str, int | None]


@dataclass(slots=True)
class Known:
    """What labels mean in this source, in small letters: the old turns', then what was decided."""

    people: dict[str, Who]

    @classmethod
    def of(cls, source: Source, turns: Sequence[Turn]) -> "Known":
        people: dict[str, Who] = {}
        for person in Participant.objects.filter(project=source.project_id):
            for label in (person.key, person.pseudonym):
                if label:
                    people[label.casefold()] = (Turn.Role.PARTICIPANT, person.pk)
        decided = Speaker.objects.filter(project=source.project_id)
        here = [row for row in decided if row.source_id in (None, source.pk)]
        # A line for this source wins over one for the project.
        for row in sorted(here, key=lambda row: row.source_id is not None):
            people[row.label.casefold()] = (row.role, row.participant_id)
        for turn in reversed(turns):
            if turn.speaker:
                people[turn.speaker.casefold()] = (turn.role, turn.participant_id)
        return cls(people)

    def rename(self, new: str, edits: Sequence[Edit], turns: Sequence[Turn]) -> None:
        """A label that was replaced wherever it stood means whom it meant before."""
        spoken = [turn for turn in turns if turn.speaker]
        if not spoken:
            return
        labels, _ = carry(np.array([(t.start, t.body_start) for t in spoken]), edits)
        became: dict[str, set[str]] = {}
        for turn, (start, end) in zip(spoken, labels.tolist(), strict=True):
            label = new[start:end].strip().removesuffix(":").strip().casefold()
            became.setdefault(turn.speaker.casefold(), set()).add(label)
        for before, after in became.items():
            (label, *others) = after
            if not others and label and label not in self.people:
                self.people[label] = self.people[before]

    @property
    def roles(self) -> dict[str, str]:
        spoken = {Turn.Role.PARTICIPANT, Turn.Role.INTERVIEWER, Turn.Role.OBSERVER}
        return {label: role for label, (role, _who) in self.people.items() if role in spoken}


def new_turns(
    source: Source, old: str, new: str, edits: Sequence[Edit], turns: Sequence[Turn]
) -> list[Turn]:
    """The turns of ``new``, not saved; ``turns`` are those of ``old``, in order."""
    known = Known.of(source, turns)
    as_parsed_before = parse_turns(old, known.roles)
    known.rename(new, edits, turns)
    as_parsed = [(turn.start, turn.body_start, turn.end, turn.speaker) for turn in turns]
    if [tuple(span[:4]) for span in as_parsed_before] == as_parsed:
        spans = parse_turns(new, known.roles)
    else:
        # The turns came with the file and cannot be read off the text: they go with their words.
        spans = _carried(new, edits, turns)
    made = [
        Turn(
            source=source,
            ordinal=n,
            start=span.start,
            body_start=span.body_start,
            end=span.end,
            speaker=span.speaker[:120],
            role=span.role,
            participant_id=known.people.get(span.speaker.casefold(), ("", None))[1]
            if span.speaker
            else None,
        )
        for n, span in enumerate(spans, start=1)
    ]
    _inherit(made, turns, edits)
    return made


def _carried(new: str, edits: Sequence[Edit], turns: Sequence[Turn]) -> list[TurnSpan]:
    places = np.array([(turn.start, max(turn.end, turn.start + 1)) for turn in turns])
    bodies = np.array([(turn.body_start, max(turn.end, turn.body_start + 1)) for turn in turns])
    after, _ = carry(places, edits)
    body, _ = carry(bodies, edits)
    there = [n for n in range(len(turns)) if after[n, 1] > after[n, 0]]
    spans = []
    for at, n in enumerate(there):
        start = 0 if at == 0 else int(after[n, 0])
        limit = int(after[there[at + 1], 0]) if at + 1 < len(there) else len(new)
        piece = new[start:limit]
        start += len(piece) - len(piece.lstrip())
        end = max(start, start + len(piece.strip()))
        turn = turns[n]
        body_start = min(max(int(body[n, 0]), start), end) if turn.speaker else start
        spans.append(TurnSpan(start, body_start, end, turn.speaker, turn.role))
    return spans


def _inherit(made: Sequence[Turn], turns: Sequence[Turn], edits: Sequence[Edit]) -> None:
    """Gives each new turn what is known of the old turns whose words stand in it."""
    if not made or not turns:
        return
    bodies = np.array([(turn.body_start, max(turn.end, turn.body_start + 1)) for turn in turns])
    after, _ = carry(bodies, edits)
    starts = np.array([turn.start for turn in made])
    at = np.searchsorted(starts, after[:, 0], side="right") - 1
    fresh: set[int] = set()
    for n, turn in enumerate(turns):
        k = int(at[n])
        if k < 0 or (after[n, 0] == after[n, 1] and turn.end > turn.body_start):
            continue
        new = made[k]
        if k not in fresh:
            fresh.add(k)
            new.time_start = turn.time_start
            if new.speaker.casefold() == turn.speaker.casefold():
                new.role, new.participant_id = turn.role, turn.participant_id
        if turn.time_end is not None:
            new.time_end = max(new.time_end or 0, turn.time_end)
        new.withdrawn = new.withdrawn or turn.withdrawn
