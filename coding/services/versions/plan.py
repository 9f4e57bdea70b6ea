"""What a correction would do: to passages, to turns. Nothing is written here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from coding.core.align import align, carry_to
from coding.core.edits import Edit, apply_edits
from coding.core.text import TextProblem, decode_text
from coding.models import Coding, Source, SourceText, Turn
from coding.services.codings.round_locks import check_text
from coding.services.versions.turns import new_turns
from projects.access import Access

# The longest text, in bytes of UTF-8, whose correction is found out while somebody waits.
LONGEST = 4_000_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A coding, and where a correction puts it; ``start == end``: nothing of it is left."""

    coding: Coding
    start: int
    end: int
    certain: bool
    # Whether the words of the passage are others now.
    rewritten: bool
    # It stands again where it stood in a version that is restored, also if it had been lost.
    restored: bool = False

    @property
    def lost(self) -> bool:
        return self.start == self.end

    @property
    def fate(self) -> str:
        if self.lost:
            return "lost"
        if not self.certain:
            return "uncertain"
        if self.rewritten:
            return "inside"
        here = (self.coding.start, self.coding.end)
        return "unchanged" if (self.start, self.end) == here else "moved"


@dataclass
class Plan:
    """A correction of one source: its edits, its turns, and the place of every coding."""

    source: Source
    old: str
    new: str
    edits: list[Edit]
    old_turns: list[Turn]
    placed: list[Placed]
    exact: bool = False

    @cached_property
    def turns(self) -> list[Turn]:
        return new_turns(self.source, self.old, self.new, self.edits, self.old_turns)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many present codings stay, move along, change inside, are uncertain, are lost."""
        fates = Counter(p.fate for p in self.placed if p.coding.removed_at is None)
        return {fate: fates[fate] for fate in ("unchanged", "moved", "inside", "uncertain", "lost")}

    @cached_property
    def turn_changes(self) -> dict[str, int]:
        """How many turns there are more or less, and how many speakers are others now."""
        before = Counter(turn.speaker for turn in self.old_turns)
        after = Counter(turn.speaker for turn in self.turns)
        return {
            "before": len(self.old_turns),
            "after": len(self.turns),
            "new_speakers": len(after.keys() - before.keys()),
            "gone_speakers": len(before.keys() - after.keys()),
        }

    @property
    def sha256(self) -> str:
        return sha256(self.new.encode()).hexdigest()


def plan_correction(
    access: Access,
    source: Source,
    new_text: str,
    edits: Sequence[Edit] | None = None,
    *,
    exact: bool = False,
) -> Plan:
    """What would become of ``source`` with ``new_text``; ``edits`` where it is known what changed,
    ``exact`` where each of them puts one thing for another (see ``carry``).

    Raises ValidationError with a sentence for a text that cannot be taken.
    """
    access.require("correct_sources")
    check_text(source)
    old = SourceText.objects.values_list("text", flat=True).get(source=source)
    new = checked(source, new_text)
    if new == old:
        raise ValidationError(_("The text is the same as before."), code="unchanged")
    if edits is None and max(len(old.encode()), len(new.encode())) > LONGEST:
        raise ValidationError(
            _("The text is longer than %(most)s MB; it is too long to be corrected here.")
            % {"most": LONGEST // 1_000_000},
            code="too_long",
        )
    if edits is not None and apply_edits(old, edits) != new:
        raise ValueError("The edits do not lead to the new text.")
    plan = Plan(
        source,
        old,
        new,
        align(old, new) if edits is None else list(edits),
        list(Turn.objects.filter(source=source).order_by("ordinal")),
        [],
        exact,
    )
    taken = access.project.sources.filter(text_sha256=plan.sha256).exclude(pk=source.pk).first()
    if taken is not None:
        raise ValidationError(
            (
                _("“%(title)s” has exactly this text already; nothing was changed.")
                if taken.removed_at is None
                else _("“%(title)s”, which is in the trash, has exactly this text already.")
            )
            % {"title": taken.title},
            code="same_text",
        )
    plan.placed = place(plan, list(Coding.objects.filter(source=source)))
    return plan


def place(plan: Plan, codings: Sequence[Coding]) -> list[Placed]:
    old, new = plan.old, plan.new
    spans = np.array([(c.start, c.end) for c in codings], dtype=np.int64).reshape(-1, 2)
    after, certain = carry_to(spans, plan.edits, old, new, exact=plan.exact)
    return [
        Placed(coding, a, b, bool(sure), old[coding.start : coding.end] != new[a:b])
        for coding, (a, b), sure in zip(codings, after.tolist(), certain, strict=True)
    ]


def checked(source: Source, text: str) -> str:
    """``text`` as it is stored: line ends LF, nothing in it that cannot be kept."""
    try:
        data = text.encode()
    except UnicodeEncodeError as problem:
        raise ValidationError(
            _("The text of “%(title)s” holds half a character at position %(at)s.")
            % {"title": source.title, "at": f"{problem.start:,}"},
            code="encoding",
        ) from problem
    # Not decode_text alone: a mark at the beginning of a text is part of it by now.
    try:
        return decode_text(b"\xef\xbb\xbf" + data, _("The text of “%s”") % source.title).text
    except TextProblem as problem:
        raise ValidationError(problem.message, code=problem.code) from problem
