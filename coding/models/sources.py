"""Where words come from: participants, sources, their turns, versions and recordings."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models import Identified, Membership, Project


class Participant(Identified):
    """Somebody who speaks in the sources. ``key`` is the identifier the team uses in its files."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="participants")
    key = models.CharField(_("participant id"), max_length=64)
    pseudonym = models.CharField(_("pseudonym"), max_length=120)
    role = models.CharField(_("role"), max_length=120, blank=True)
    # Unknown is not a yes: None means that nobody has said so far.
    consent_use = models.BooleanField(_("consents to use"), null=True)
    consent_quote = models.BooleanField(_("consents to be quoted"), null=True)
    consent_archive = models.BooleanField(_("consents to archiving"), null=True)
    consent_network = models.BooleanField(_("consents to use of network data"), null=True)
    # Encrypted; read and written through ``coding.sealing`` only, by those who may see identities.
    real_name_sealed = models.TextField(blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="participant_key_unique")
        ]

    def __str__(self) -> str:
        return self.pseudonym or self.key


class SourceQuerySet(models.QuerySet["Source"]):
    def present(self) -> "SourceQuerySet":
        """Without those in the trash."""
        return self.filter(removed_at__isnull=True)


class Source(Identified):
    """A transcript, an observation or a document: what is coded."""

    class Kind(models.TextChoices):
        INTERVIEW = "interview", _("interview")
        OBSERVATION = "observation", _("observation")
        DOCUMENT = "document", _("document")
        QUESTIONNAIRE = "questionnaire", _("questionnaire answers")
        OTHER = "other", _("other")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sources")
    key = models.CharField(_("source id"), max_length=64)
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("type"), max_length=20, choices=Kind.choices, default=Kind.DOCUMENT)
    date = models.DateField(_("date"), null=True, blank=True)
    # Whom the source is with, as the team declared it (an interview has one).
    participant = models.ForeignKey(
        Participant, on_delete=models.RESTRICT, null=True, blank=True, related_name="own_sources"
    )
    length = models.PositiveIntegerField(help_text="code points of the stored text")
    text_sha256 = models.CharField(max_length=64)
    original_sha256 = models.CharField(max_length=64)
    # The layout that the text was read from (``coding.core.transcripts``), empty where unknown.
    format = models.CharField(_("format"), max_length=40, blank=True)
    # Counts the versions of the text: 1, and one more with each correction.
    version = models.PositiveIntegerField(default=1)
    # Counted once for each version of the text: speaker labels are not words.
    words = models.PositiveIntegerField(default=0)
    # Words outside the interviewer's turns.
    participant_words = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    # In the trash: seen nowhere else, and brought back as it was.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(SourceQuerySet)()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="source_key_unique"),
            models.UniqueConstraint(fields=["project", "text_sha256"], name="source_text_unique"),
        ]

    def __str__(self) -> str:
        return self.title


class SourceText(models.Model):
    """The present text of a source and the file it came from; apart, so that lists stay light.

    The text changes only as a whole, into a new version: see ``SourceVersion``.
    """

    source = models.OneToOneField(
        Source, on_delete=models.CASCADE, primary_key=True, related_name="content"
    )
    text = models.TextField()
    # int32 pairs (start, end) of every word outside speaker labels, little-endian, row by row.
    word_spans = models.BinaryField()
    original = models.BinaryField()
    original_name = models.CharField(max_length=255)
    encoding = models.CharField(max_length=20)


class TurnQuerySet(models.QuerySet["Turn"]):
    def with_words(self) -> "TurnQuerySet":
        """Turns in which something is said: a label alone is none, nor is a gap mark."""
        return self.filter(end__gt=F("body_start"), withdrawn=False)


class Turn(models.Model):
    """One person's stretch of talk, or one paragraph where nobody speaks."""

    class Role(models.TextChoices):
        PARTICIPANT = "participant", _("participant")
        INTERVIEWER = "interviewer", _("interviewer")
        OBSERVER = "observer", _("observer")
        TEXT = "text", _("text")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="turns")
    ordinal = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    # Where the words begin, after "Name: ".
    body_start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    speaker = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=12, choices=Role.choices)
    participant = models.ForeignKey(
        Participant, on_delete=models.SET_NULL, null=True, blank=True, related_name="turns"
    )
    # Milliseconds from the beginning of the recording; None where the transcript gives no time.
    time_start = models.PositiveIntegerField(null=True, blank=True)
    time_end = models.PositiveIntegerField(null=True, blank=True)
    # The words of somebody who has withdrawn stood here; what is left is a mark.
    withdrawn = models.BooleanField(default=False)

    objects = models.Manager.from_queryset(TurnQuerySet)()

    class Meta:
        ordering = ["source", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["source", "ordinal"], name="turn_ordinal_unique"),
            models.CheckConstraint(
                condition=Q(start__lte=F("body_start"), body_start__lte=F("end")),
                name="turn_in_order",
            ),
        ]


class TurnWords(models.Model):
    """What search knows of a turn: its folded words; see ``coding.core.search_text``.

    The database's own index over ``words`` is made in a migration and follows by triggers (SQLite)
    or by itself (PostgreSQL).
    """

    turn = models.OneToOneField(
        Turn, on_delete=models.CASCADE, primary_key=True, related_name="search_words"
    )
    words = models.TextField()


class SourceVersion(Identified):
    """An earlier version of a source's text: citable, and able to be restored.

    ``number`` is the version that this text was. ``turns`` are rows ``[start, body_start, end,
    speaker, role, participant id or null, time_start, time_end, withdrawn]``; ``codings`` are rows
    ``[coding id, start, end]`` of every coding, removed ones included, as it stood in this text.
    """

    class Reason(models.TextChoices):
        EDITED = "edited", _("edited in place")
        UPLOADED = "uploaded", _("a corrected file was uploaded")
        PSEUDONYMISED = "pseudonymised", _("names were replaced")
        RESTORED = "restored", _("an earlier version was restored")

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    turns = models.JSONField(default=list)
    codings = models.JSONField(default=list)
    # Why and by whom this text was replaced by the next one.
    replaced_because = models.CharField(max_length=20, choices=Reason.choices)
    comment = models.TextField(_("why"), blank=True)
    replaced_by = models.ForeignKey(
        Membership, on_delete=models.RESTRICT, null=True, related_name="+"
    )
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["source", "number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="sourceversion_once")
        ]


class Speaker(Identified):
    """Who is meant by a speaker label: decided once for the project, or for one source alone."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="speakers")
    # None: wherever the label stands. A line for one source wins over it.
    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, null=True, blank=True, related_name="speakers"
    )
    label = models.CharField(_("speaker"), max_length=120)
    role = models.CharField(max_length=12, choices=Turn.Role.choices)
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, null=True, blank=True, related_name="speakers"
    )

    class Meta:
        ordering = ["label", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "label"],
                condition=Q(source__isnull=True),
                name="speaker_once_in_project",
            ),
            models.UniqueConstraint(
                fields=["source", "label"],
                condition=Q(source__isnull=False),
                name="speaker_once_in_source",
            ),
        ]


class Recording(Identified):
    """The audio that a transcript was made from. Streamed to members only; never public."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="recording")
    file = models.FileField(upload_to="recordings/", max_length=300)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)


class NameReplacement(Identified):
    """One line of the pseudonymisation log: what was replaced by what, how often.

    What stood there before is encrypted, for those who may see identities.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="replacements")
    batch = models.UUIDField()
    original_sealed = models.TextField()
    replacement = models.CharField(_("replacement"), max_length=120)
    hits = models.PositiveIntegerField()
    sources = models.PositiveIntegerField()
    made_by = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at", "id"]


class Withdrawal(Identified):
    """The receipt of a withdrawal: who removed how much of what, and when; nothing of the content.

    ``counts`` maps the name of a kind of thing to how many of them went.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="withdrawals")
    counts = models.JSONField(default=dict)
    made_by = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at", "id"]
