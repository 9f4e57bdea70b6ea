"""Forms of the codebook pages. They check the shape; ``coding.services.codebook`` writes."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coding.models import Code

MOST_WORDS = 10_000
PAD = "\u00a0\u00a0"


def area(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def why() -> forms.CharField:
    return forms.CharField(
        label=_("Why"),
        required=False,
        max_length=2000,
        widget=area(2),
        help_text=_("Stands in the history of the code."),
    )


class CodeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A code of the tree, in its order and indented."""

    default_error_messages = {
        "invalid_choice": _(
            "This code cannot be chosen here: it was merged, retired or removed meanwhile, or lies "
            "below the code itself."
        )
    }

    def __init__(self, nodes: Sequence[Any] = (), empty: Any = None, **kwargs: Any) -> None:
        super().__init__(queryset=Code.objects.none(), **kwargs)
        self.offer(nodes, empty)

    def offer(self, nodes: Sequence[Any], empty: Any = None) -> None:
        self.queryset = Code.objects.filter(pk__in=[node.code.pk for node in nodes])
        rows: list[tuple[Any, Any]] = [] if empty is None else [("", empty)]
        rows += [(node.code.pk, PAD * node.depth + node.code.name) for node in nodes]
        self.choices = rows


class CodeWords(forms.Form):
    """What a code is called and means; as proposed, and as it is written."""

    name = forms.CharField(label=_("Name"), max_length=200)
    definition = forms.CharField(
        label=_("Definition"),
        required=False,
        max_length=MOST_WORDS,
        widget=area(),
        help_text=_("What it means, in a sentence or two."),
    )
    when_to_use = forms.CharField(
        label=_("When to use"),
        required=False,
        max_length=MOST_WORDS,
        widget=area(),
        help_text=_("Signs in the text that call for this code."),
    )
    when_not_to_use = forms.CharField(
        label=_("When not to use"),
        required=False,
        max_length=MOST_WORDS,
        widget=area(),
        help_text=_("Near misses, and which code they belong to instead."),
    )


class CodeForm(CodeWords):
    """A code whole. ``nodes`` are the codes of the tree; ``code`` is None for a new one."""

    parent = CodeChoice(label=_("Parent"), required=False)
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("not said")), *Code.Kind.choices],
        help_text=_("Where the code comes from: theory, the speakers' own words, the material."),
    )
    colour = forms.TypedChoiceField(
        label=_("Colour"),
        coerce=int,
        choices=[(n, chr(65 + n)) for n in range(12)],
        initial=0,
        widget=forms.RadioSelect,
        help_text=_("Each colour has a letter and a line of its own: none is needed alone."),
    )
    heading_only = forms.BooleanField(
        label=_("Heading only"),
        required=False,
        help_text=_("Groups other codes; passages are not coded with it."),
    )
    elicited = forms.BooleanField(
        label=_("Elicited by the protocol"),
        required=False,
        help_text=_(
            "The interview asks about it, so how often it occurs says little. Matrices and exports "
            "say so beside its numbers."
        ),
    )
    redefines = forms.BooleanField(
        label=_("This changes what the code means"),
        required=False,
        initial=True,
        help_text=_(
            "Passages coded before are listed to be looked at again. Take the tick away for a slip "
            "of the pen. Counts only if the definition or a rule changes."
        ),
    )
    reason = why()

    def __init__(self, *args: Any, nodes: Sequence[Any], code: Any = None, **kwargs: Any) -> None:
        if code is not None:
            fields = (*CodeWords.base_fields, "kind", "colour", "heading_only", "elicited")
            kwargs["initial"] = {name: getattr(code, name) for name in fields} | {
                "parent": code.parent_id
            }
        super().__init__(*args, **kwargs)
        # A parent below the code itself is told by the service in words; its own self is not there.
        offered = [n for n in nodes if code is None or n.code.pk != code.pk]
        self.fields["parent"].offer(offered, _("no parent: top level"))  # type: ignore[attr-defined]
        if code is None:
            del self.fields["redefines"]


class MoveForm(forms.Form):
    """Below which code, and in front of which of its children."""

    parent = CodeChoice(label=_("Below"), required=False)
    before = CodeChoice(label=_("In front of"), required=False)

    def __init__(self, *args: Any, nodes: Sequence[Any], code: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        below = next((n.codes for n in nodes if n.code.pk == code.pk), frozenset())
        others = [n for n in nodes if n.code.pk not in below]
        self.fields["parent"].offer(others, _("top level"))  # type: ignore[attr-defined]
        self.fields["before"].offer(others, _("last"))  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    reason = why()


class MergeForm(forms.Form):
    into = CodeChoice(
        label=_("Merge into"),
        help_text=_("This code stays; it takes over the passages, memos and codes below."),
    )
    reason = why()

    def __init__(self, *args: Any, nodes: Sequence[Any], code: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [n for n in nodes if n.code.pk != code.pk and n.code.retired_at is None]
        self.fields["into"].offer(offered, _("choose a code"))  # type: ignore[attr-defined]


class SplitForm(forms.Form):
    names = forms.CharField(
        label=_("New codes"),
        required=False,
        widget=area(),
        help_text=_("One name in each line; they are made beside this code."),
    )
    into = forms.ModelMultipleChoiceField(
        label=_("Codes that exist already"),
        queryset=Code.objects.none(),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )
    reason = why()

    def __init__(self, *args: Any, nodes: Sequence[Any], code: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [
            n
            for n in nodes
            if n.code.pk != code.pk and n.code.retired_at is None and not n.code.heading_only
        ]
        field = self.fields["into"]
        field.queryset = Code.objects.filter(  # type: ignore[attr-defined]
            pk__in=[n.code.pk for n in offered]
        )
        field.choices = [  # type: ignore[attr-defined]
            (n.code.pk, PAD * n.depth + n.code.name) for n in offered
        ]

    def clean_names(self) -> list[str]:
        names = [line.strip() for line in self.cleaned_data["names"].splitlines()]
        for name in names:
            if len(name) > 200:
                raise forms.ValidationError(_("A name has at most 200 characters."))
        return [name for name in names if name]


class VersionForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the version"),
        max_length=120,
        help_text=_("For example “Pilot”, or “As used in round 2”."),
    )
    reason = forms.CharField(label=_("Why"), required=False, max_length=2000, widget=area(2))


class RestoreForm(forms.Form):
    redefines = CodeForm.base_fields["redefines"]
    reason = why()


class ProposalForm(CodeWords):
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=2000,
        widget=area(2),
        help_text=_("What in the material calls for it."),
    )


class DecisionForm(CodeWords):
    """The proposal as the lead leaves it, and a word back."""

    redefines = CodeForm.base_fields["redefines"]
    answer = forms.CharField(
        label=_("A word back"),
        required=False,
        max_length=2000,
        widget=area(2),
        help_text=_("Needed where the proposal is declined."),
    )
