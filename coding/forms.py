"""Forms of the codebook page, and of the one for speakers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coding.models import Code
from coding.services.speakers import NEW, PERSON, UNDECIDED, Decision


class CodeForm(forms.ModelForm):  # type: ignore[type-arg]
    """Checks the shape; ``coding.services.codebook`` writes."""

    class Meta:
        model = Code
        fields = ("name", "parent", "definition", "colour", "heading_only")
        widgets = {"definition": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "definition": _("What it means, and when to use it or not."),
            "heading_only": _("Groups other codes; passages are not coded with it."),
        }

    colour = forms.TypedChoiceField(
        label=_("Colour"),
        coerce=int,
        choices=[(n, f"{chr(65 + n)}") for n in range(12)],
        initial=0,
        help_text=_("Each colour has a letter, so that no meaning hangs on colour alone."),
    )

    def __init__(self, *args: Any, nodes: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.instance.pk
        choices = [("", _("no parent: top level"))]
        for node in nodes:
            if node.code.pk != own:
                choices.append((node.code.pk, " " * node.depth + node.code.name))
        self.fields["parent"].queryset = Code.objects.filter(  # type: ignore[attr-defined]
            pk__in=[node.code.pk for node in nodes]
        )
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]
        self.fields["parent"].required = False

    def _post_clean(self) -> None:
        """Leave the model's rules to the service, which checks them in its transaction."""


def read_decisions(data: QueryDict) -> list[Decision]:
    """What was decided on the page of speakers: the lines that were changed, no others.

    A line N has ``label-N``, ``source-N`` (empty: everywhere), ``choice-N``, ``was-N`` (what was
    chosen when the page was made), ``new-N`` (the id of a new participant) and ``suggested-N``.
    ``accept`` is the number of a line whose suggestion is taken over, or "all". A choice that
    somebody made is never replaced by a suggestion.
    """
    accept = data.get("accept", "")
    decisions = []
    for name in data:
        if not name.startswith("label-"):
            continue
        number = name.removeprefix("label-")
        was, choice = data.get(f"was-{number}", ""), data.get(f"choice-{number}", "")
        suggested = data.get(f"suggested-{number}", "")
        if choice == was and suggested and accept in ("all", number):
            choice = suggested
        if choice == was:
            continue
        source, person = data.get(f"source-{number}", ""), choice.removeprefix("p:")
        if (source and not _is_id(source)) or (choice.startswith("p:") and not _is_id(person)):
            raise ValidationError(gettext("This form cannot be understood; open the page again."))
        decisions.append(
            Decision(
                label=data[name],
                choice=PERSON if choice.startswith("p:") else choice or UNDECIDED,
                source=int(source) if source else None,
                person=int(person) if choice.startswith("p:") else None,
                new=data.get(f"new-{number}", "").strip() if choice == NEW else "",
            )
        )
    return decisions


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
