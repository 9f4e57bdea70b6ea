"""Memos: what members of the team think about what they work on."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from coding.models.codings import Coding
from projects.models import Identified, Membership, Project


class Subject(models.TextChoices):
    """What a memo can be about, and what it can point to. The row is named by its ``guid``."""

    PROJECT = "project", _("project")
    SOURCE = "source", _("source")
    CODING = "coding", _("coded passage")
    CODE = "code", _("code")
    PARTICIPANT = "participant", _("participant")
    CASE = "case", _("case")
    NOTE = "note", _("memo")
    COMPARISON = "comparison", _("difference between coders")


class Note(Identified):
    """A memo, in Markdown, about one thing of the project: a passage, a code, a case …

    A removed note keeps its row, as a coding does, so that undo brings back the same one.
    """

    class Kind(models.TextChoices):
        ANALYTIC = "analytic", _("analytic")
        METHOD = "method", _("method")
        DECISION = "decision", _("coding decision")
        REFLEXIVE = "reflexive", _("reflexive")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notes")
    about = models.CharField(
        _("about"), max_length=12, choices=Subject.choices, default=Subject.CODING
    )
    about_guid = models.UUIDField(null=True, blank=True, db_index=True)
    # Instead of ``about_guid`` for a memo on a passage: it goes with it, and is seen where it is.
    coding = models.ForeignKey(
        Coding, on_delete=models.CASCADE, null=True, blank=True, related_name="notes"
    )
    author = models.ForeignKey(Membership, on_delete=models.RESTRICT, related_name="notes")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    text = models.TextField(_("memo"))
    mentions = models.ManyToManyField(Membership, blank=True, related_name="mentioned_in")
    created_at = models.DateTimeField(default=timezone.now)
    # Of the text; None until it is written anew.
    updated_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(about=Subject.CODING, coding__isnull=False, about_guid__isnull=True)
                | (~Q(about=Subject.CODING) & Q(coding__isnull=True, about_guid__isnull=False)),
                name="note_about_passage",
            )
        ]

    def __str__(self) -> str:
        return self.title or self.text[:40]


class NoteLink(models.Model):
    """A memo points to something else of the project."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="links")
    target = models.CharField(max_length=12, choices=Subject.choices)
    target_guid = models.UUIDField(db_index=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["note", "target", "target_guid"], name="notelink_once")
        ]
