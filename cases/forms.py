"""The upload of a study and the matching of its coders; participants."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from cases.core.study_folder import fits_kind
from cases.models import Variable
from cases.people import CONSENTS
from cases.services.participants import NewAttribute, wrong_kind
from coding.models import Participant

# A codebook is a table of texts: far smaller than transcripts.
CODEBOOK_LIMIT_MB = 10


class StudyUploadForm(forms.Form):
    study = forms.FileField(
        label=_("Study folder as a ZIP file"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )

    def clean_study(self) -> UploadedFile:
        study: UploadedFile = self.cleaned_data["study"]
        limit = settings.MAX_UPLOAD_MB * 1_000_000
        if not study.size:
            raise ValidationError(_("“%(name)s” is empty."), params={"name": study.name})
        if study.size > limit:
            raise ValidationError(
                _("“%(name)s” has %(size)s; the limit is %(limit)s."),
                params={
                    "name": study.name,
                    "size": filesizeformat(study.size),
                    "limit": filesizeformat(limit),
                },
            )
        return study


class CodersForm(forms.Form):
    """For each coder named in the folder: a member of the project, or nobody with an account."""

    def __init__(
        self, *args: Any, coders: dict[str, int], members: list[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.labels = list(coders)
        choices = [("", _("a coder without an account here"))]
        choices += [(str(m.pk), m.label) for m in members if m.user_id]
        by_name = {m.label.casefold(): str(m.pk) for m in members if m.user_id}
        for n, label in enumerate(self.labels):
            self.fields[f"coder_{n}"] = forms.ChoiceField(
                label=label,
                choices=choices,
                required=False,
                initial=by_name.get(label.casefold(), ""),
            )

    def mapping(self) -> dict[str, int | None]:
        chosen = (self.cleaned_data[f"coder_{n}"] for n in range(len(self.labels)))
        return {
            label: int(value) if value else None
            for label, value in zip(self.labels, chosen, strict=True)
        }


class CodebookUploadForm(forms.Form):
    codebook = forms.FileField(
        label=_("Codebook: CSV, XLSX or REFI-QDA (.qdc)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.qdc,.xml"}),
    )

    def clean_codebook(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["codebook"]
        limit = CODEBOOK_LIMIT_MB * 1_000_000
        name = file.name or ""
        if not name.casefold().endswith((".csv", ".tsv", ".txt", ".xlsx", ".qdc", ".xml")):
            raise ValidationError(
                _("“%(name)s” is no CSV, XLSX or QDC file."), params={"name": name}
            )
        if not file.size:
            raise ValidationError(_("“%(name)s” is empty."), params={"name": name})
        if file.size > limit:
            raise ValidationError(
                _("“%(name)s” has %(size)s; the limit is %(limit)s."),
                params={
                    "name": name,
                    "size": filesizeformat(file.size),
                    "limit": filesizeformat(limit),
                },
            )
        return file


class CodebookApplyForm(forms.Form):
    """What of a checked file is taken; only what would have an effect can be chosen."""

    mode = forms.ChoiceField(label=_("What is taken?"), widget=forms.RadioSelect)

    def __init__(
        self, *args: Any, counts: dict[str, int], modes: dict[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        new, changed = counts["new"], counts["changed"]
        only = modes["new"]["new"]
        choices = []
        if changed:
            both = _("new codes and changes: %(new)s new, %(changed)s changed")
            choices.append(("all", both % {"new": new, "changed": changed}))
        if only:
            choices.append(("new", _("only new codes: %(new)s") % {"new": only}))
        self.fields["mode"].choices = choices  # type: ignore[attr-defined]
        if choices:
            # Codes that are there are changed only by those who say so.
            self.fields["mode"].initial = choices[-1][0]


class SaveQueryForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)


class ParticipantForm(forms.Form):
    """Checks the shape; ``cases.services.participants`` writes.

    The real name is a field only for those who may see it. ``lost``: it cannot be opened with the
    keys that the program has; left empty it stays as it is.
    """

    MEANT = {"": None, "yes": True, "no": False}

    key = forms.CharField(
        label=_("Participant id"),
        max_length=64,
        help_text=_("As in your files and transcripts, for example S03. Everybody sees it."),
    )
    pseudonym = forms.CharField(
        label=_("Pseudonym"),
        max_length=120,
        required=False,
        help_text=_("The name on pages and in exports; the id if you leave it empty."),
    )
    role = forms.CharField(
        label=_("Role"),
        max_length=120,
        required=False,
        help_text=_("For example coach. An interviewer or observer never counts as a participant."),
    )
    cases = forms.TypedMultipleChoiceField(
        label=_("Cases"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    real_name = forms.CharField(
        label=_("Real name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Encrypted. Only owners and leads see it; no export has it."),
    )
    new_attribute = forms.CharField(
        label=_("Name of the attribute"), max_length=120, required=False
    )
    new_kind = forms.ChoiceField(
        label=_("Kind"), choices=Variable.Kind.choices, required=False, initial=Variable.Kind.TEXT
    )
    new_value = forms.CharField(label=_("Value for this participant"), required=False)

    def __init__(
        self,
        *args: Any,
        participant: Participant | None,
        cases: Sequence[tuple[int, str]],
        own_cases: Sequence[int],
        variables: Sequence[Variable],
        values: Mapping[int, str],
        real_name: str | None,
        lost: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.variables = {f"attribute_{v.pk}": v for v in variables}
        self.lost = lost
        self.fields["cases"].choices = cases  # type: ignore[attr-defined]
        if not cases:
            del self.fields["cases"]
        if real_name is None:
            del self.fields["real_name"]
        elif lost:
            self.fields["real_name"].help_text = _(
                "A name is stored, but it was encrypted with a key that the program does not have."
                " Left empty it stays; a name entered here takes its place."
            )
        answers = [("", _("not known")), ("yes", _("yes")), ("no", _("no"))]
        for key, label in CONSENTS:
            self.fields[f"consent_{key}"] = forms.ChoiceField(
                label=label, choices=answers, required=False, help_text=CONSENT_HELP[key]
            )
        for name, variable in self.variables.items():
            self.fields[name] = _attribute_field(variable, values.get(variable.pk, ""))
        if participant is not None:
            self.initial = {
                "key": participant.key,
                "pseudonym": participant.pseudonym,
                "role": participant.role,
                "cases": list(own_cases),
                "real_name": real_name,
                **{
                    f"consent_{key}": {None: "", True: "yes", False: "no"}[
                        getattr(participant, f"consent_{key}")
                    ]
                    for key, _label in CONSENTS
                },
                **{name: values.get(v.pk, "") for name, v in self.variables.items()},
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name, variable in self.variables.items():
            value = data.get(name, "").strip()
            if not fits_kind(value, variable.kind):
                self.add_error(name, wrong_kind(variable, value))
        name, value = data.get("new_attribute", "").strip(), data.get("new_value", "").strip()
        kind = data.get("new_kind") or Variable.Kind.TEXT
        if value and not name:
            self.add_error("new_attribute", _("Give the attribute a name, too."))
        elif name and not fits_kind(value, kind):
            self.add_error("new_value", wrong_kind(Variable(key=name, kind=kind), value))
        return data

    def arguments(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        fields = {name: data[name] for name in ("key", "pseudonym", "role")}
        fields |= {f"consent_{key}": self.MEANT[data[f"consent_{key}"]] for key, _l in CONSENTS}
        if "real_name" in self.fields:
            fields["real_name"] = data["real_name"]
        name = data["new_attribute"].strip()
        kind = data["new_kind"] or Variable.Kind.TEXT
        return {
            "fields": fields,
            "cases": data.get("cases", []),
            "values": {v.pk: data[name] for name, v in self.variables.items()},
            "attribute": NewAttribute(name, kind, data["new_value"]) if name else None,
        }

    def group(self, *names: str) -> list[Any]:
        return [self[name] for name in names if name in self.fields]

    @property
    def who(self) -> list[Any]:
        return self.group("key", "pseudonym", "role", "real_name")

    @property
    def consents(self) -> list[Any]:
        return self.group(*(f"consent_{key}" for key, _label in CONSENTS))

    @property
    def attributes(self) -> list[Any]:
        return self.group(*self.variables)

    @property
    def addition(self) -> list[Any]:
        return self.group("new_attribute", "new_kind", "new_value")


CONSENT_HELP = {
    "use": _("No: every source in which this person speaks is withheld at once."),
    "quote": _("No: their passages are marked as not to be quoted."),
    "archive": _("Whether their words may be given to an archive."),
    "network": _("Whether answers about who works with whom may be used."),
}


def _attribute_field(variable: Variable, value: str) -> forms.Field:
    if variable.kind == Variable.Kind.BOOLEAN:
        choices = [("", _("not said")), ("yes", _("yes")), ("no", _("no"))]
        # As it was written in an imported table ("True"), so that saving changes nothing.
        if value and value not in ("yes", "no"):
            choices.append((value, value))
        return forms.ChoiceField(label=variable.key, choices=choices, required=False)
    hints = {
        Variable.Kind.NUMBER: {"inputmode": "decimal"},
        Variable.Kind.DATE: {"placeholder": "YYYY-MM-DD"},
    }
    return forms.CharField(
        label=variable.key,
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs=hints.get(Variable.Kind(variable.kind), {})),
    )


class DeleteForGoodForm(forms.Form):
    """The confirmation: what was listed goes, and cannot be had back."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    typed = forms.CharField(
        label=_("Type DELETE to confirm"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, token: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"token": token}, **kwargs)

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip()
        if typed.upper() != "DELETE":
            raise ValidationError(_("Type the word DELETE to confirm."))
        return typed


class WithdrawForm(forms.Form):
    """The confirmation: who typed the name has read whose words go."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    typed = forms.CharField(
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, name: str, token: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"token": token}, **kwargs)
        self.name = name
        self.fields["typed"].label = _("Type %(name)s to confirm") % {"name": name}

    def clean_typed(self) -> str:
        typed = " ".join(str(self.cleaned_data["typed"]).split())
        if typed != " ".join(self.name.split()):
            raise ValidationError(
                _("This is not the name of the participant: type “%(name)s”."),
                params={"name": self.name},
            )
        return typed
