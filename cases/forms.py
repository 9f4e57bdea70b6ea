"""The upload of a study and the matching of its coders."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _


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


class SaveQueryForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)


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
