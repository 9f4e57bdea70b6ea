"""The upload of transcripts, and what is chosen for one of them."""

import math
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from cases import batches
from cases.core.transcript_batch import FileSettings, shown_name
from coding.core.transcripts import FORMATS, Choices

# Plain descriptions of how a line names its speaker; see ``Choices.label_pattern``.
PATTERNS = [
    ("", _("as usual: “Name:” at the start of a line")),
    ("NAME:", _("NAME: words")),
    ("[NAME]", _("[NAME] words")),
    ("<NAME>", _("<NAME> words")),
    ("NAME (TIME)", _("NAME (0:12) words")),
    ("(TIME) NAME:", _("(0:12) NAME: words")),
    ("TIME NAME:", _("0:12 NAME: words")),
]
OWN = "own"


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """A list of files. Their sizes and their number are checked; what is in them is not read."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:  # type: ignore[override]
        files = [file for file in data or [] if file]
        if not files:
            raise ValidationError(_("Choose at least one file."))
        if len(files) > settings.MAX_TRANSCRIPTS:
            raise ValidationError(
                _(
                    "These are %(count)d files; at most %(limit)d are taken at once. "
                    "Send them in several parts."
                ),
                params={"count": len(files), "limit": settings.MAX_TRANSCRIPTS},
            )
        faults = [
            fault
            for number, file in enumerate(files, start=1)
            if (fault := _too_large(file, number))
        ]
        if faults:
            raise ValidationError(faults)
        limit = settings.MAX_UPLOAD_MB * 1_000_000
        total = sum(file.size or 0 for file in files)
        if total > limit:
            raise ValidationError(
                _("Together these files have %(size)s; the limit is %(limit)s."),
                params={"size": _megabytes(total), "limit": _megabytes(limit)},
            )
        return files


def _megabytes(size: int) -> str:
    """In the units in which the page and the settings name the limits: a million bytes.

    Rounded up, so that what is too large never looks as large as the limit.
    """
    return f"{number_format(math.ceil(size / 100_000) / 10, 1)} MB"


def _too_large(file: UploadedFile, number: int) -> ValidationError | None:
    name = shown_name(file.name or "", number)
    # A ZIP may be as large as all files together; those inside it are looked at by the job.
    zipped = name.lower().endswith(".zip")
    limit = (settings.MAX_UPLOAD_MB if zipped else settings.MAX_TRANSCRIPT_MB) * 1_000_000
    if (file.size or 0) <= limit:
        return None
    return ValidationError(
        _("“%(name)s” has %(size)s; the limit is %(limit)s."),
        params={
            "name": name,
            "size": _megabytes(file.size or 0),
            "limit": _megabytes(limit),
        },
    )


class TranscriptsForm(forms.Form):
    """The files, and what holds for all of them until somebody says otherwise."""

    files = ManyFilesField(label=_("Transcripts, or a ZIP of them"))
    kind = forms.ChoiceField(label=_("Type of the sources"), initial="interview")
    case = forms.ChoiceField(label=_("Case"), required=False)
    new_case = forms.CharField(
        label=_("or a new case, by its name"), max_length=200, required=False
    )
    merge = forms.BooleanField(
        label=_("Join neighbouring lines of the same speaker"), required=False, initial=True
    )
    keep_times = forms.BooleanField(
        label=_("Keep the times of the recording"), required=False, initial=True
    )

    def __init__(self, *args: Any, cases: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = batches.kinds()  # type: ignore[attr-defined]
        self.fields["case"].choices = [  # type: ignore[attr-defined]
            ("", _("none yet")),
            *((str(case.pk), case.name) for case in cases),
        ]

    def given(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        return batches.given(
            kind=chosen["kind"],
            cases=[int(chosen["case"])] if chosen["case"] else [],
            new_case=chosen["new_case"],
            merge=chosen["merge"],
            keep_times=chosen["keep_times"],
        )


class FileForm(forms.Form):
    """How one file is read, and as what it is stored."""

    format = forms.ChoiceField(label=_("Format"), required=False)
    pattern = forms.ChoiceField(label=_("A speaker stands as"), required=False)
    own_pattern = forms.CharField(
        label=_("In your own words"),
        max_length=300,
        required=False,
        help_text=_(
            "With the words NAME and TIME where they stand, for example “{NAME, TIME}”; "
            "or a regular expression with a group (?P<speaker>…)."
        ),
    )
    merge = forms.BooleanField(
        label=_("Join neighbouring lines of the same speaker"), required=False
    )
    keep_times = forms.BooleanField(label=_("Keep the times of the recording"), required=False)
    keep_dependent = forms.BooleanField(
        label=_("Keep the lines below an utterance (CHAT, ELAN)"), required=False
    )
    frame_rate = forms.FloatField(
        label=_("Frames per second of the times (InqScribe)"), min_value=1, max_value=240
    )
    title = forms.CharField(label=_("Title"), max_length=200)
    key = forms.CharField(
        label=_("Source id"), max_length=64, help_text=_("Short, and only once in the project.")
    )
    kind = forms.ChoiceField(label=_("Type"))
    date = forms.DateField(
        label=_("Date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    cases = forms.MultipleChoiceField(
        label=_("Cases"), required=False, widget=forms.CheckboxSelectMultiple
    )
    new_case = forms.CharField(
        label=_("or a new case, by its name"), max_length=200, required=False
    )
    participant = forms.ChoiceField(label=_("Interview with"), required=False)

    def __init__(
        self,
        *args: Any,
        settings: FileSettings,
        recorded: str | None,
        cases: Sequence[Any],
        participants: Sequence[Any],
        **kwargs: Any,
    ) -> None:
        self.settings = settings
        choices = settings.choices
        known = {value for value, _label in PATTERNS}
        plain = choices.label_pattern in known
        kwargs["initial"] = {
            "format": choices.format or "",
            "pattern": choices.label_pattern if plain else OWN,
            "own_pattern": "" if plain else choices.label_pattern,
            "merge": choices.merge,
            "keep_times": choices.keep_times,
            "keep_dependent": choices.keep_dependent,
            "frame_rate": choices.frame_rate,
            "title": settings.title,
            "key": settings.key,
            "kind": settings.kind,
            "date": settings.date or recorded,
            "cases": [str(pk) for pk in settings.cases],
            "new_case": settings.new_case,
            "participant": str(settings.participant or ""),
        }
        super().__init__(*args, **kwargs)
        offered: dict[str, list[tuple[str, Any]]] = {
            "format": [
                ("", _("recognise it")),
                *((info.key, info.label) for info in FORMATS.values()),
            ],
            "pattern": [*PATTERNS, (OWN, _("in another way, described below"))],
            "kind": list(batches.kinds()),
            "cases": [(str(case.pk), case.name) for case in cases],
            "participant": [
                ("", _("nobody in particular")),
                *((str(p.pk), p.key) for p in participants),
            ],
        }
        for name, values in offered.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
        if not cases:
            # Without a case to choose there is nothing that this is instead of.
            self.fields["new_case"].label = _("Case, by its name")

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"])
        if not key.isprintable():
            raise ValidationError(_("The source id has a character that cannot be seen."))
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("pattern") == OWN and not cleaned.get("own_pattern"):
            self.add_error(
                "own_pattern", _("Describe how a speaker stands, or choose a way above.")
            )
        return cleaned

    def chosen(self) -> FileSettings:
        """What was chosen; the decision about the file stays as it was."""
        c = self.cleaned_data
        return FileSettings(
            key=c["key"],
            title=c["title"],
            kind=c["kind"],
            date=c["date"],
            cases=tuple(int(pk) for pk in c["cases"]),
            new_case=c["new_case"],
            participant=int(c["participant"]) if c["participant"] else None,
            take=self.settings.take,
            choices=Choices(
                format=c["format"] or None,
                label_pattern=c["own_pattern"] if c["pattern"] == OWN else c["pattern"],
                merge=c["merge"],
                keep_times=c["keep_times"],
                frame_rate=c["frame_rate"],
                keep_dependent=c["keep_dependent"],
            ),
        )
