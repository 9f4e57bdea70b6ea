"""People, projects, membership, history and jobs: who may do what, where."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Identified(models.Model):
    """A row with an identifier that stays the same in every copy of the project.

    Primary keys are the database's business; archives, exchange and history speak of ``guid``.
    """

    guid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """For ``manage.py createsuperuser``: an account like any other; there is no back door."""
        return self.create_user(email, password, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person with an account. What they may do is said by memberships alone."""

    email = models.EmailField(_("email"), unique=True)
    display_name = models.CharField(_("name shown to the team"), max_length=80)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.display_name or self.email


class Project(Identified):
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("research question or description"), blank=True)
    synthetic = models.BooleanField(
        _("the data are synthetic"),
        default=False,
        help_text=_("Every page and export then says that people and words are invented."),
    )
    coders_create_codes = models.BooleanField(
        _("coders may create codes"),
        default=False,
        help_text=_("Otherwise they propose them, and a lead decides."),
    )
    # Whether pages of agreement say what its limits (.667, .800) advise.
    agreement_advice = models.BooleanField(_("say what agreement is enough"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="projects"
    )

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    LEAD = "lead", _("lead")
    CODER = "coder", _("coder")
    VIEWER = "viewer", _("viewer")


class Membership(Identified):
    """A person's place in a project, and the identity under which they code.

    ``user`` is empty for a coder who came with an import and has no account here: their codings
    keep a coder, nobody can log in as them, and a member can be matched to them later.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
    )
    label = models.CharField(_("coder name"), max_length=80)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    joined_at = models.DateTimeField(auto_now_add=True)
    # Set instead of deleting: what somebody coded stays theirs after they have left.
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["label", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="membership_once_per_user"),
            models.UniqueConstraint(fields=["project", "label"], name="membership_label_unique"),
        ]

    def __str__(self) -> str:
        return self.label


class Invitation(models.Model):
    """A link that lets one person in. Only a hash of its token is kept."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.CODER)
    note = models.CharField(_("who is it for"), max_length=120, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "-id"]

    @property
    def is_open(self) -> bool:
        return (
            self.revoked_at is None
            and self.accepted_at is None
            and self.expires_at > timezone.now()
        )


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete history."""


class EventQuerySet(models.QuerySet["Event"]):
    def update(self, **kwargs: Any) -> int:
        raise AppendOnlyError("History is append-only: an event cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("History is append-only: an event cannot be deleted.")


class Event(models.Model):
    """One line of history: who changed what, when, from what to what. Never changed afterwards.

    It holds offsets and identifiers, not participants' words. ``batch`` names one action of one
    person (also the client's idempotency key); an undo or redo names the batch it answers.
    """

    class Mode(models.TextChoices):
        DO = "do"
        UNDO = "undo"
        REDO = "redo"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40)
    object_guid = models.UUIDField()
    # What the line is called in the history, as it was then.
    label = models.CharField(max_length=300, blank=True)
    # The source it happened in, where there is one: undo works within a source.
    source_guid = models.UUIDField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    batch = models.UUIDField(default=uuid.uuid4)
    mode = models.CharField(max_length=4, choices=Mode.choices, default=Mode.DO)
    answers = models.UUIDField(null=True, blank=True)

    objects = models.Manager.from_queryset(EventQuerySet)()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["project", "-id"], name="event_project_recent"),
            models.Index(fields=["project", "source_guid", "actor", "-id"], name="event_undo"),
            models.Index(fields=["project", "batch"], name="event_batch"),
            # What was undone, of the lines on a page.
            models.Index(
                fields=["project", "answers"],
                condition=Q(answers__isnull=False),
                name="event_answers",
            ),
            # When the codebook was last changed, among many times as many lines about codings.
            models.Index(
                fields=["project"], condition=Q(object_type="code"), name="event_codebook"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnlyError("History is append-only: an event cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("History is append-only: an event cannot be deleted.")


class Job(Identified):
    """Long work. The row is the ledger: state, progress, outcome; the broker is only the bell."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    OPEN_STATES = (State.QUEUED, State.RUNNING)

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs"
    )
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    message = models.TextField(blank=True)
    problems = models.JSONField(default=list, blank=True)
    phase = models.CharField(max_length=80, blank=True)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    # The running attempt signs here; a writer that has lost its claim changes nothing.
    claimed_by = models.CharField(max_length=40, blank=True)
    upload = models.FileField(upload_to="uploads/", blank=True, max_length=300)
    upload_name = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "heartbeat_at"], name="job_sweep")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES


class JobStep(models.Model):
    """One idempotent part of a job; its result is written with the work it records."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="steps")
    ordinal = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=Job.State.choices, default=Job.State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["job", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["job", "ordinal"], name="jobstep_once"),
            models.CheckConstraint(condition=Q(ordinal__gte=0), name="jobstep_ordinal"),
        ]
