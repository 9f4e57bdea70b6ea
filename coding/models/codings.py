"""What is coded, by whom: codings, and what belongs to one."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from coding.models.codebook import Code
from coding.models.rounds import Comparison, Round
from coding.models.sources import Source, SourceVersion
from projects.models import Identified, Membership


class CodingQuerySet(models.QuerySet["Coding"]):
    def present(self) -> "CodingQuerySet":
        """What people have coded, each by themselves."""
        return self.filter(removed_at__isnull=True, agreed_in__isnull=True)

    def agreed(self) -> "CodingQuerySet":
        """What was agreed on in rounds of double coding."""
        return self.filter(removed_at__isnull=True, agreed_in__isnull=False)


class Coding(Identified):
    """One application of a code to a passage by one person, or by agreement in a round.

    ``start`` and ``end`` are code points into the stored text, end excluded. A removed coding keeps
    its row, so that undo brings back the same coding and whatever refers to it.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="codings")
    code = models.ForeignKey(Code, on_delete=models.RESTRICT, related_name="codings")
    coder = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="codings")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    # When it was last found right under the code's definition, after that had changed.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # The code that it was given, where that was merged into the present one.
    original_code = models.ForeignKey(
        Code, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    # Set where this is not one person's coding but what a round has agreed on; ``coder`` is then
    # who decided it, and ``decision`` why.
    agreed_in = models.ForeignKey(
        Round, on_delete=models.RESTRICT, null=True, blank=True, related_name="agreed"
    )
    decision = models.ForeignKey(
        Comparison, on_delete=models.SET_NULL, null=True, blank=True, related_name="agreed"
    )

    objects = models.Manager.from_queryset(CodingQuerySet)()

    class Meta:
        ordering = ["source", "start", "-end", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="coding_not_empty"),
            models.UniqueConstraint(
                fields=["source", "code", "coder", "start", "end"],
                condition=Q(removed_at__isnull=True, agreed_in__isnull=True),
                name="coding_once",
            ),
            models.UniqueConstraint(
                fields=["source", "code", "agreed_in", "start", "end"],
                condition=Q(removed_at__isnull=True, agreed_in__isnull=False),
                name="coding_agreed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code_id} {self.start}–{self.end}"

    def as_row(self) -> list[Any]:
        return [self.pk, self.start, self.end, self.code_id, self.coder_id]


class Reading(models.Model):
    """A coder has finished a source: from then on 'nothing coded' means 'looked for, none'."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="readings")
    coder = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="readings")
    finished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "coder"], name="reading_once")]


class CodeExample(Identified):
    """A passage that shows what a code means; it is live, and goes when the coding goes."""

    code = models.ForeignKey(Code, on_delete=models.CASCADE, related_name="examples")
    coding = models.ForeignKey(Coding, on_delete=models.CASCADE, related_name="examples")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["code", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["code", "coding"], name="codeexample_once")]


class PlacementReview(Identified):
    """A coding that a correction of the text could not place with certainty: a person decides.

    ``old_start`` and ``old_end`` count in the text of ``version``. Where some of the passage is
    left, the coding stands at the best guess until somebody has decided; where nothing is left it
    is removed (softly) until then.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        CONFIRMED = "confirmed", _("confirmed where it stands")
        MOVED = "moved", _("placed by hand")
        REMOVED = "removed", _("removed")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="placements")
    coding = models.ForeignKey(Coding, on_delete=models.CASCADE, related_name="placements")
    version = models.ForeignKey(SourceVersion, on_delete=models.CASCADE, related_name="placements")
    old_start = models.PositiveIntegerField()
    old_end = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(
        Membership, on_delete=models.RESTRICT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["source", "old_start", "id"]
        constraints = [
            models.UniqueConstraint(fields=["coding", "version"], name="placementreview_once")
        ]
