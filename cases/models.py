"""What differs across cases: the cases, what belongs to them, and their attributes."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from coding.models import Participant, Source
from projects.models import Identified, Membership, Project


class CaseQuerySet(models.QuerySet["Case"]):
    def present(self) -> "CaseQuerySet":
        """Without those in the trash."""
        return self.filter(removed_at__isnull=True)


class Case(Identified):
    """A unit of comparison: a district, a school, a clinic."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="cases")
    key = models.CharField(_("case id"), max_length=64)
    name = models.CharField(_("name"), max_length=200)
    position = models.PositiveIntegerField(default=0)
    sources = models.ManyToManyField(Source, through="CaseSource", related_name="cases")
    participants = models.ManyToManyField(
        Participant, through="CaseParticipant", related_name="cases"
    )
    # In the trash: seen nowhere else, and brought back as it was.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(CaseQuerySet)()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="case_key_unique")]

    def __str__(self) -> str:
        return self.name


class CaseSource(models.Model):
    """A source belongs to a case; a meeting of two teams belongs to both."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    source = models.ForeignKey(Source, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "source"], name="casesource_once")]


class CaseParticipant(models.Model):
    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "participant"], name="caseparticipant_once")
        ]


class Variable(Identified):
    """An attribute of cases or of participants (on screen: attribute)."""

    class Target(models.TextChoices):
        CASE = "case", _("case")
        PARTICIPANT = "participant", _("participant")

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        BOOLEAN = "boolean", _("yes or no")
        DATE = "date", _("date")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="variables")
    target = models.CharField(max_length=12, choices=Target.choices)
    key = models.CharField(_("attribute"), max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TEXT)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["target", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "target", "key"], name="variable_key_unique")
        ]

    def __str__(self) -> str:
        return self.key


class VariableValue(models.Model):
    """One attribute of one case or participant, as it was written; its type is the variable's."""

    variable = models.ForeignKey(Variable, on_delete=models.CASCADE, related_name="values")
    case = models.ForeignKey(
        Case, on_delete=models.CASCADE, null=True, blank=True, related_name="values"
    )
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, null=True, blank=True, related_name="values"
    )
    value = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variable", "case"],
                condition=Q(case__isnull=False),
                name="value_once_per_case",
            ),
            models.UniqueConstraint(
                fields=["variable", "participant"],
                condition=Q(participant__isnull=False),
                name="value_once_per_participant",
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False, participant__isnull=True)
                | Q(case__isnull=True, participant__isnull=False),
                name="value_of_one_thing",
            ),
        ]


class SavedQuery(Identified):
    """A search that the project has given a name; ``query`` is the address's query part."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="saved_queries")
    name = models.CharField(_("name"), max_length=120)
    query = models.CharField(max_length=2000)
    made_by = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="saved_query_name_unique")
        ]

    def __str__(self) -> str:
        return self.name
