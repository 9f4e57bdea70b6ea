"""Forms of the codebook page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coding.models import Code


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
