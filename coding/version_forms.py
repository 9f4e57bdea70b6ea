"""Forms of corrections. They check the shape; ``coding.services.versions`` writes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from coding.core.names import Replacement
from coding.core.text import TextProblem, decode_text
from coding.services.versions.plan import LONGEST


class CorrectionForm(forms.Form):
    text = forms.CharField(
        label=_("Text"),
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 26, "class": "input voice", "spellcheck": "true"}),
    )
    file = forms.FileField(
        label=_("Or a corrected file"),
        required=False,
        help_text=_("Plain text (.txt), UTF-8. It takes the place of the text above."),
        widget=forms.FileInput(attrs={"accept": ".txt,text/plain", "class": "input"}),
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput, max_value=2**31 - 1)
    # How the text came here; kept between the preview and the end.
    because = forms.ChoiceField(
        choices=[("edited", ""), ("uploaded", "")], required=False, widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        data["because"] = data.get("because") or "edited"
        file = data.get("file")
        if file:
            try:
                data["text"] = decode_text(file.read(LONGEST + 1), file.name, LONGEST).text
            except TextProblem as problem:
                self.add_error("file", ValidationError(problem.message))
            data["because"] = "uploaded"
        return data


class ReasonForm(forms.Form):
    comment = forms.CharField(
        label=_("Why"),
        help_text=_("Stands in the list of versions, for whoever cites this transcript."),
        max_length=1_000,
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class PlacementForm(forms.Form):
    """Confirm, remove, or other words: as places, or as a quotation that is looked for."""

    action = forms.ChoiceField(choices=[("confirm", ""), ("move", ""), ("remove", "")])
    start = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    end = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    quote = forms.CharField(required=False, strip=False, max_length=100_000)


class NamesForm(forms.Form):
    """The list of names: one a line, the name, an arrow (or = or a tab), what stands instead."""

    names = forms.CharField(
        label=_("Names and what is to stand instead"),
        help_text=_(
            "One a line: the name, then =, → or a tab, then the replacement. For example: "
            "Anna Berg = Coach 1"
        ),
        max_length=60_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 8, "class": "input", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    whole = forms.BooleanField(
        label=_("Whole words only"),
        help_text=_("“Ann” is not found in “Anna”; in “Ann’s” it is."),
        required=False,
        initial=True,
    )
    match_case = forms.BooleanField(
        label=_("Capital letters as typed"),
        help_text=_("“Rose” is not found in “rose”."),
        required=False,
        initial=True,
    )
    sources = forms.TypedMultipleChoiceField(
        label=_("Sources"),
        help_text=_("None ticked: all sources that you may read."),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, sources: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sources"].choices = sources  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        rows, lines = [], str(data.get("names", "")).splitlines()
        for n, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            parts = next(
                (line.split(sep, 1) for sep in ("→", "=>", "\t", "=") if sep in line), None
            )
            if parts is None:
                self.add_error(
                    "names",
                    _("Line %(n)s: put = or → between the name and what is to stand instead.")
                    % {"n": n},
                )
                continue
            rows.append(
                Replacement(
                    parts[0].strip(),
                    parts[1].strip(),
                    bool(data.get("whole")),
                    bool(data.get("match_case")),
                )
            )
        data["replacements"] = rows
        return data
