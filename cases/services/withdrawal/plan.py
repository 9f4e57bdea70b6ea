"""What a withdrawal would remove: the page shows it, and the withdrawal carries out the same."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from cases.models import SavedQuery
from cases.services.withdrawal.group_talk import GroupTalk
from cases.services.withdrawal.scope import Scope
from coding.models import NameReplacement, Note, Participant, Recording
from projects.models import Job

# What tells how much was coded: whoever codes blindly in a round is not told.
ABOUT_CODING = frozenset(
    {
        "codings",
        "group_codings",
        "codings_cut",
        "codings_merged",
        "notes",
        "notes_quoting",
        "placements",
        "history",
    }
)


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing that goes: ``key`` stands in the receipt, ``names`` are for the owner.

    ``count`` is None where the owner must not know it yet.
    """

    key: str
    title: str
    count: int | None
    names: list[str] = field(default_factory=list)
    hint: str = ""


@dataclass
class Plan:
    """What goes, as ids for the withdrawal and as sections for the page."""

    scope: Scope
    talks: list[GroupTalk] = field(default_factory=list)
    # Memos about this person, and about sources that go.
    about: list[Note] = field(default_factory=list)
    # Memos on what stays, in which this person's words are quoted.
    quoting: list[Note] = field(default_factory=list)
    searches: list[SavedQuery] = field(default_factory=list)
    replacements: list[NameReplacement] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    # Texts of the team (definitions, descriptions, attributes) that quote: rows and their fields.
    quotations: list[tuple[Any, str]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    # What stays, and somebody should look at.
    mentions: list[Section] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    # The owner codes blindly in a round: how much was coded is not said.
    blind: bool = False
    # A sentence when it cannot be done now.
    blocked: str = ""
    token: str = ""

    @property
    def gone_codings(self) -> Q:
        """Codings that go, as a condition on codings."""
        ids = [pk for talk in self.talks for pk in talk.deleted]
        return Q(source__in=self.scope.own) | Q(pk__in=ids)

    @property
    def participant(self) -> Participant:
        return self.scope.participant

    @property
    def is_group(self) -> bool:
        return bool(self.scope.group)
