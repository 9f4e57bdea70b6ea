"""History in words: what a verb reads like, and who did it under which name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.access import Access
from projects.models import Event, Membership

# Each verb that a service records has its words here; a test holds the two lists together.
VERBS = {
    "project.created": gettext_lazy("created the project"),
    "project.changed": gettext_lazy("changed the project's description"),
    "project.invited": gettext_lazy("invited"),
    "project.uninvited": gettext_lazy("withdrew the invitation of"),
    "member.joined": gettext_lazy("joined"),
    "member.left": gettext_lazy("ended the membership of"),
    "member.role": gettext_lazy("changed the role of"),
    "study.imported": gettext_lazy("imported"),
    "transcripts.imported": gettext_lazy("imported transcripts:"),
    "participant.withdrawn": gettext_lazy("removed a participant and all that they had said:"),
    "case.imported": gettext_lazy("imported cases:"),
    "participant.imported": gettext_lazy("imported participants:"),
    "participant.created": gettext_lazy("added the participant"),
    "participant.changed": gettext_lazy("changed the participant"),
    "participant.described": gettext_lazy("changed attributes or cases of the participant"),
    "speakers.matched": gettext_lazy("matched speakers:"),
    "code.imported": gettext_lazy("imported codes:"),
    "source.imported": gettext_lazy("imported the source"),
    "codings.imported": gettext_lazy("imported codings in"),
    "code.created": gettext_lazy("made the code"),
    "code.changed": gettext_lazy("changed the code"),
    "code.moved": gettext_lazy("moved the code"),
    "code.retired": gettext_lazy("retired the code"),
    "code.revived": gettext_lazy("brought back the code"),
    "code.merged": gettext_lazy("merged codes:"),
    "code.unmerged": gettext_lazy("undid the merge of codes:"),
    "code.split": gettext_lazy("began to split a code:"),
    "example.added": gettext_lazy("added an example to the code"),
    "example.removed": gettext_lazy("took an example from the code"),
    "codebook.frozen": gettext_lazy("froze the codebook as"),
    "codebook.restored": gettext_lazy("restored the codebook:"),
    "proposal.made": gettext_lazy("proposed for the codebook:"),
    "proposal.accepted": gettext_lazy("accepted the proposal"),
    "proposal.declined": gettext_lazy("declined the proposal"),
    "coding.confirmed": gettext_lazy("looked again at a passage and kept"),
    "coding.added": gettext_lazy("coded a passage with"),
    "coding.removed": gettext_lazy("removed"),
    "coding.changed": gettext_lazy("changed a passage coded with"),
    "note.created": gettext_lazy("wrote a memo on a passage coded with"),
    "note.changed": gettext_lazy("changed a memo on a passage coded with"),
    "note.removed": gettext_lazy("removed a memo on a passage coded with"),
    "note.restored": gettext_lazy("brought back a memo on a passage coded with"),
    "note.written": gettext_lazy("wrote a memo about"),
    "note.rewritten": gettext_lazy("changed a memo about"),
    "note.discarded": gettext_lazy("removed a memo about"),
    "note.recovered": gettext_lazy("brought back a memo about"),
    "notebook.exported": gettext_lazy("exported the notebook:"),
    "source.corrected": gettext_lazy("corrected the text of"),
    "placement.confirmed": gettext_lazy("confirmed, after a correction, a passage coded with"),
    "placement.moved": gettext_lazy("placed anew, after a correction, a passage coded with"),
    "placement.removed": gettext_lazy("removed, after a correction,"),
    "round.compared": gettext_lazy("compared the coders of"),
    "comparison.decided": gettext_lazy("decided about a place coded with"),
    "comparison.reopened": gettext_lazy("left open again a place coded with"),
    "round.accepted": gettext_lazy("accepted the agreed places of"),
    "round.unaccepted": gettext_lazy("took back the accepted places of"),
    "source.finished": gettext_lazy("finished coding"),
    "source.reopened": gettext_lazy("went on coding"),
    "round.created": gettext_lazy("prepared the round"),
    "round.changed": gettext_lazy("changed the round"),
    "round.deleted": gettext_lazy("deleted the draft of the round"),
    "round.started": gettext_lazy("started blind coding in the round"),
    "round.opened": gettext_lazy("opened the round"),
    "round.closed": gettext_lazy("closed the round"),
    "round.restored": gettext_lazy("put back the earlier coding of the round"),
    "recording.added": gettext_lazy("kept a recording of"),
    "recording.removed": gettext_lazy("removed the recording of"),
    "query.saved": gettext_lazy("saved the search"),
    "query.removed": gettext_lazy("removed the saved search"),
    "history.exported": gettext_lazy("exported the history:"),
    "matrix.exported": gettext_lazy("exported"),
    "agreement.exported": gettext_lazy("exported the agreement of a round:"),
    "codebook.imported": gettext_lazy("imported the codebook"),
    "source.removed": gettext_lazy("put the source into the trash:"),
    "source.restored": gettext_lazy("took the source out of the trash:"),
    "code.removed": gettext_lazy("put the code into the trash:"),
    "code.restored": gettext_lazy("took the code out of the trash:"),
    "code.ended": gettext_lazy("ended the second look at the passages of"),
    "case.removed": gettext_lazy("put the case into the trash:"),
    "case.restored": gettext_lazy("took the case out of the trash:"),
    "placement.reopened": gettext_lazy("opened again the question of a passage coded with"),
    "trash.emptied": gettext_lazy("deleted for good, from the trash:"),
    "codebook.exported": gettext_lazy("exported the codebook:"),
}


@dataclass(frozen=True, slots=True)
class Line:
    event: Event
    who: str
    words: str
    mode: str
    diff: list[tuple[str, str, str]]


def lines(access: Access, events: Iterable[Event]) -> list[Line]:
    """One line per event, in the order given; people appear under their name in the project."""
    labels: dict[Any, str] = dict(
        Membership.objects.filter(project=access.project, user__isnull=False).values_list(
            "user_id", "label"
        )
    )
    modes = {Event.Mode.DO: "", Event.Mode.UNDO: _("undo"), Event.Mode.REDO: _("redo")}
    return [
        Line(
            event=event,
            who=labels.get(event.actor_id) or str(event.actor or _("the program")),
            words=str(VERBS.get(event.verb, event.verb)),
            mode=modes[Event.Mode(event.mode)],
            diff=_diff(event.before, event.after, counted=not getattr(event, "uncounted", False)),
        )
        for event in events
    ]


# Numbers that count nothing anybody might have to be kept from.
NO_FIGURES = frozenset({"colour", "position", "version", "characters", "words"})


def _diff(before: Any, after: Any, *, counted: bool = True) -> list[tuple[str, str, str]]:
    """(field, before, after) of the plain values that changed; left out are lists, ids, what is
    nothing on both sides, and ``at``: the line says when. Without ``counted`` figures as well."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    return [
        (name.replace("_", " "), _shown(before.get(name)), _shown(after.get(name)))
        for name in after
        if before.get(name) != after.get(name)
        and name != "at"
        and (name in before or after.get(name) != 0 or isinstance(after.get(name), bool))
        and not name.endswith("_id")
        and not isinstance(after.get(name), (list, dict))
        and (counted or name in NO_FIGURES or type(after.get(name)) is not int)
    ]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)
