"""The codebook: codes, what shows what they mean, and how they came about."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Identified, Membership, Project


class CodeQuerySet(models.QuerySet["Code"]):
    def present(self) -> "CodeQuerySet":
        """Without those in the trash."""
        return self.filter(removed_at__isnull=True)


class Code(Identified):
    """A concept that passages are coded with; the codebook is the tree of codes.

    A retired code keeps its passages and takes no new ones; one that was merged into another says
    into which; one in the trash is seen nowhere else.
    """

    class Kind(models.TextChoices):
        A_PRIORI = "a_priori", _("a priori")
        IN_VIVO = "in_vivo", _("in vivo")
        EMERGENT = "emergent", _("emergent")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="codes")
    key = models.CharField(_("code id"), max_length=200)
    name = models.CharField(_("name"), max_length=200)
    definition = models.TextField(_("definition"), blank=True)
    when_to_use = models.TextField(_("when to use"), blank=True)
    when_not_to_use = models.TextField(_("when not to use"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, blank=True)
    # The interview asks about it, so that how often it occurs says little.
    elicited = models.BooleanField(_("elicited by the protocol"), default=False)
    parent = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="children"
    )
    position = models.PositiveIntegerField(default=0)
    colour = models.PositiveSmallIntegerField(default=0)
    heading_only = models.BooleanField(_("heading only"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # When what the code means was last changed: passages coded before are to be looked at again.
    redefined_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged_from"
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(CodeQuerySet)()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="code_key_unique"),
            models.CheckConstraint(condition=Q(colour__lt=12), name="code_colour_known"),
        ]

    def __str__(self) -> str:
        return self.name


class CodebookVersion(Identified):
    """The codebook as it was when somebody gave it a name; never changed afterwards.

    ``content`` is a list of codes in tree order, each with its guid, its parent's guid and every
    field that says what it means.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="codebook_versions")
    number = models.PositiveIntegerField()
    name = models.CharField(_("name"), max_length=120)
    reason = models.TextField(_("why"), blank=True)
    content = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="codebookversion_once")
        ]

    def __str__(self) -> str:
        return self.name


class CodeProposal(Identified):
    """A code, or a change of one, that a coder asks for. ``content`` holds the fields proposed."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="code_proposals")
    # None: a new code is asked for.
    code = models.ForeignKey(
        Code, on_delete=models.CASCADE, null=True, blank=True, related_name="proposals"
    )
    content = models.JSONField(default=dict)
    reason = models.TextField(_("why"), blank=True)
    made_by = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answer = models.TextField(_("answer"), blank=True)
    decided_by = models.ForeignKey(
        Membership, on_delete=models.RESTRICT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "id"]
