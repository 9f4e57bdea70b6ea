"""What is said, and how it is coded: sources, turns, speakers, codes, codings."""

from typing import Any

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

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="participant_key_unique")
        ]

    def __str__(self) -> str:
        return self.pseudonym or self.key


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
    # Counted once, because the text never changes: speaker labels are not words.
    words = models.PositiveIntegerField(default=0)
    # Words outside the interviewer's turns.
    participant_words = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="source_key_unique"),
            models.UniqueConstraint(fields=["project", "text_sha256"], name="source_text_unique"),
        ]

    def __str__(self) -> str:
        return self.title


class SourceText(models.Model):
    """The frozen text of a source and the file it came from; apart, so that lists stay light."""

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
        """Turns in which something is said: a label alone is none."""
        return self.filter(end__gt=F("body_start"))


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


class Code(Identified):
    """A concept that passages are coded with; the codebook is the tree of codes."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="codes")
    key = models.CharField(_("code id"), max_length=200)
    name = models.CharField(_("name"), max_length=200)
    definition = models.TextField(_("definition"), blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="children"
    )
    position = models.PositiveIntegerField(default=0)
    colour = models.PositiveSmallIntegerField(default=0)
    heading_only = models.BooleanField(_("heading only"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="code_key_unique"),
            models.CheckConstraint(condition=Q(colour__lt=12), name="code_colour_known"),
        ]

    def __str__(self) -> str:
        return self.name


class CodingQuerySet(models.QuerySet["Coding"]):
    def present(self) -> "CodingQuerySet":
        return self.filter(removed_at__isnull=True)


class Coding(Identified):
    """One application of a code to a passage by one person.

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

    objects = models.Manager.from_queryset(CodingQuerySet)()

    class Meta:
        ordering = ["source", "start", "-end", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="coding_not_empty"),
            models.UniqueConstraint(
                fields=["source", "code", "coder", "start", "end"],
                condition=Q(removed_at__isnull=True),
                name="coding_once",
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


class Note(Identified):
    """A memo: what somebody thinks about a coded passage, in plain text.

    A removed note keeps its row, as a coding does, so that undo brings back the same one.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notes")
    coding = models.ForeignKey(Coding, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="notes")
    text = models.TextField(_("memo"))
    created_at = models.DateTimeField(default=timezone.now)
    # Of the text; None until it is written anew.
    updated_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.text[:40]
