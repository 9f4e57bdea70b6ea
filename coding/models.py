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
    # In the trash since then; everything stays until it is restored or the trash is emptied.
    removed_at = models.DateTimeField(null=True, blank=True)

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
    # When it was last found right under the code's definition, after that had changed.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # The code that it was given, where that was merged into the present one.
    original_code = models.ForeignKey(
        Code, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

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


class CodeExample(Identified):
    """A passage that shows what a code means; it is live, and goes when the coding goes."""

    code = models.ForeignKey(Code, on_delete=models.CASCADE, related_name="examples")
    coding = models.ForeignKey(Coding, on_delete=models.CASCADE, related_name="examples")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["code", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["code", "coding"], name="codeexample_once")
        ]


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


class Note(Identified):
    """A memo: what somebody thinks about something in the project, in Markdown.

    ``about`` names the kind of thing and ``about_guid`` which one; a memo on a coded passage names
    the coding too. A removed note keeps its row, so that undo brings back the same one.
    """

    class About(models.TextChoices):
        CODING = "coding", _("coded passage")
        CODE = "code", _("code")
        SOURCE = "source", _("source")
        CASE = "case", _("case")
        PARTICIPANT = "participant", _("participant")
        PROJECT = "project", _("project")

    class Kind(models.TextChoices):
        ANALYTIC = "analytic", _("analytic")
        METHOD = "method", _("method")
        DECISION = "decision", _("coding decision")
        REFLEXIVE = "reflexive", _("reflexive")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notes")
    about = models.CharField(max_length=12, choices=About.choices, default=About.CODING)
    about_guid = models.UUIDField(null=True, blank=True, db_index=True)
    coding = models.ForeignKey(
        Coding, on_delete=models.CASCADE, null=True, blank=True, related_name="notes"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, blank=True)
    mentions = models.ManyToManyField(Membership, blank=True, related_name="mentioned_in")
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


class NoteLink(models.Model):
    """A memo points to something else in the project."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="links")
    target = models.CharField(max_length=12, choices=Note.About.choices)
    target_guid = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["note", "target", "target_guid"], name="notelink_once")
        ]


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


class Recording(Identified):
    """The audio that a transcript was made from. Streamed to members only; never public."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="recording")
    file = models.FileField(upload_to="recordings/", max_length=300)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)


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
