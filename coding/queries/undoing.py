"""What undo and redo would answer now, read from the history."""

from dataclasses import dataclass
from typing import Any

from coding.models import Source
from projects.access import Access
from projects.models import Event

CODING_VERBS = ("coding.added", "coding.removed", "coding.changed", "coding.confirmed")
NOTE_VERBS = ("note.created", "note.changed", "note.removed", "note.restored")
# What a person's undo in a source goes through, in the order in which it was done.
UNDOABLE_VERBS = CODING_VERBS + NOTE_VERBS
# How far back undo reaches, in actions.
UNDO_REACH = 500


def event_rows(
    event: Event, kind: str = "codings"
) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """By id, the codings (or "notes") that were there before an event and those after it.

    What is on one side only came or went; what is on both has changed.
    """
    before, after = ((part or {}).get(kind, []) for part in (event.before, event.after))
    return {row["id"]: row for row in before}, {row["id"]: row for row in after}


@dataclass(frozen=True, slots=True)
class UndoState:
    """The actions that undo and redo would answer now; None where there is none."""

    undo: Event | None
    redo: Event | None

    def as_json(self) -> dict[str, bool]:
        return {"can_undo": self.undo is not None, "can_redo": self.redo is not None}


def undo_state(access: Access, source: Source) -> UndoState:
    """Replay this person's own actions in this source, as an editor's two stacks."""
    own = Event.objects.filter(
        project=access.project,
        actor=access.user,
        source_guid=source.guid,
        verb__in=UNDOABLE_VERBS,
    ).order_by("-id")
    last = own.first()
    # Doing something empties the stack of redo and lies on top of that of undo: nothing before it
    # matters, and it is what most people have done last.
    if last is None or last.mode == Event.Mode.DO:
        return UndoState(last, None)
    recent = list(own.defer("before", "after")[:UNDO_REACH])
    undo: list[Event] = []
    redo: list[Event] = []
    for event in reversed(recent):
        if event.mode == Event.Mode.DO:
            undo.append(event)
            redo.clear()
        elif event.mode == Event.Mode.UNDO:
            if undo and undo[-1].batch == event.answers:
                redo.append(undo.pop())
            else:
                # From the history: something older was taken back, and is none of these any more.
                undo = [done for done in undo if done.batch != event.answers]
        elif redo and redo[-1].batch == event.answers:
            undo.append(redo.pop())
    return UndoState(undo[-1] if undo else None, redo[-1] if redo else None)
