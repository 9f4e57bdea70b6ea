"""Rounds of double coding: who codes what, blindly; what they left; and what is agreed on."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from coding.models.codebook import Code, CodebookVersion
from coding.models.sources import Source
from projects.models import Identified, Membership, Project


class Round(Identified):
    """Sources that several people code without seeing each other's work, to be compared.

    While it is ``RUNNING`` its coders are blind to each other on its sources; see
    ``coding.queries``. Figures are about what they had left when they finished
    (``Assignment.passages``), before anything was talked over.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being prepared")
        RUNNING = "running", _("blind coding")
        OPENED = "opened", _("opened")
        CLOSED = "closed", _("closed")

    class Unit(models.TextChoices):
        TURN = "turn", _("speaker turn")
        SENTENCE = "sentence", _("sentence")
        PARAGRAPH = "paragraph", _("paragraph")
        CHARACTER = "character", _("character")
        OVERLAP = "overlap", _("passage overlap")
        SOURCE = "source", _("source")
        CASE = "case", _("case")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField()
    name = models.CharField(_("name"), max_length=120)
    instructions = models.TextField(_("what coders should know"), blank=True)
    unit = models.CharField(_("unit"), max_length=10, choices=Unit.choices, default=Unit.TURN)
    # For passages: how much of both must lie in both to be the same, in percent.
    threshold = models.PositiveSmallIntegerField(_("overlap in percent"), default=90)
    # How the sources were drawn: the way, the seed, how many of how many, per what.
    drawing = models.JSONField(default=dict)
    codebook = models.ForeignKey(
        CodebookVersion, on_delete=models.RESTRICT, null=True, blank=True, related_name="rounds"
    )
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    # Coders begin with an empty text; what they had coded there before is put aside.
    fresh = models.BooleanField(_("begin without earlier coding"), default=False)
    # Differences are decided without seeing who coded what.
    anonymous = models.BooleanField(_("decide without names"), default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    made_by = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        Membership, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="round_number_once"),
            models.CheckConstraint(
                condition=Q(threshold__gte=1, threshold__lte=100), name="round_threshold_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Assignment(Identified):
    """One coder's share of a round: a source to code, and what they had coded on finishing it.

    ``passages`` are rows ``[coding id, code id, start, end]`` in the text of ``version``;
    ``earlier`` the same, of what was put aside when a round began with an empty text.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="assignments")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="assignments")
    coder = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="assignments")
    finished_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    passages = models.JSONField(default=list)
    earlier = models.JSONField(default=list)

    class Meta:
        ordering = ["round", "source", "coder"]
        constraints = [
            models.UniqueConstraint(fields=["round", "source", "coder"], name="assignment_once")
        ]


class AgreementCount(models.Model):
    """What agreement is computed from: the additive counts of one source of a round.

    ``basis`` is a hash of all that they were made from, so that what has changed is made anew.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="counts")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="agreement_counts")
    unit = models.CharField(max_length=10, choices=Round.Unit.choices)
    basis = models.CharField(max_length=64)
    # ``coding.core.units.pack``: the counts, and for turns, sentences, paragraphs where they are.
    counts = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "source", "unit"], name="agreementcount_once")
        ]


class Comparison(Identified):
    """One place of a source where the passages that coders gave a code are held side by side.

    Made when a round is opened. ``passages`` are rows ``[coder id, coding id, start, end]``;
    ``others`` rows ``[coder id, code id]``: what those who left the code out coded there instead.
    The decision says what goes into the agreed coding: the codings with ``agreed_in``.
    """

    class Kind(models.TextChoices):
        AGREE = "agree", _("agreed")
        BOUNDARY = "boundary", _("boundary only")
        MISSED = "missed", _("missed")
        OTHER = "other", _("other code")

    class Decision(models.TextChoices):
        OPEN = "", _("to be decided")
        TAKEN = "taken", _("one coder's passage was taken")
        UNION = "union", _("all that anybody coded")
        INTERSECTION = "intersection", _("what everybody coded")
        EDITED = "edited", _("set by hand")
        REJECTED = "rejected", _("not coded")

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="comparisons")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="comparisons")
    code = models.ForeignKey(Code, on_delete=models.RESTRICT, related_name="comparisons")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    passages = models.JSONField(default=list)
    others = models.JSONField(default=list)
    decision = models.CharField(
        max_length=12, choices=Decision.choices, default=Decision.OPEN, blank=True
    )
    taken_from = models.ForeignKey(
        Membership, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    why = models.TextField(_("why"), blank=True)
    decided_by = models.ForeignKey(
        Membership, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["source", "start", "end", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="comparison_not_empty")
        ]
