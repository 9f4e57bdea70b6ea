"""The form of a round: what is drawn, who codes it, and how it will be compared."""

import secrets
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.rounds import CASE, KIND
from coding.core import drawing
from coding.models import Round

WAYS = [
    (drawing.ALL, _("all sources")),
    (drawing.CHOSEN, _("sources that I choose")),
    (drawing.RANDOM, _("a random draw")),
    (drawing.STRATIFIED, _("a random draw within groups")),
]
GROUPS = [
    (CASE, _("case")),
    (KIND, _("type of source")),
    ("both", _("case and type of source")),
]
MOST_SEED = 10**9


class RoundForm(forms.Form):
    """``cases.rounds`` draws from it, ``coding.services.rounds`` writes."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For example “Pilot” or “Round 2, spring”.")
    )
    instructions = forms.CharField(
        label=_("What coders should know"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("They read it in the list of their sources."),
    )
    how = forms.ChoiceField(
        label=_("Which sources?"),
        choices=WAYS,
        initial=drawing.STRATIFIED,
        widget=forms.RadioSelect,
    )
    number = forms.IntegerField(
        label=_("How many sources"),
        required=False,
        min_value=1,
        help_text=_("Or give a percentage. Usual are 10 to 25 % of the material."),
    )
    percent = forms.FloatField(label=_("Percent"), required=False, min_value=0.1, max_value=100)
    by = forms.ChoiceField(label=_("Groups"), choices=GROUPS, required=False, initial=CASE)
    chosen = forms.TypedMultipleChoiceField(
        label=_("Sources"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    seed = forms.IntegerField(
        label=_("Seed of the draw"),
        min_value=0,
        max_value=MOST_SEED,
        help_text=_("The same seed and the same sources give the same draw. It is kept and cited."),
    )
    coders = forms.TypedMultipleChoiceField(
        label=_("Who codes?"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    each = forms.IntegerField(
        label=_("Coders for each source"),
        required=False,
        min_value=2,
        help_text=_("Empty: everybody codes all of them."),
    )
    unit = forms.ChoiceField(
        label=_("Unit of analysis"),
        choices=Round.Unit.choices,
        initial=Round.Unit.TURN,
        help_text=_("What is compared: whether both gave it the code. It can be changed later."),
    )
    threshold = forms.IntegerField(
        label=_("Overlap in percent"),
        min_value=1,
        max_value=100,
        initial=90,
        help_text=_("For passages: how much of both must be the same for them to agree."),
    )
    codebook = forms.TypedChoiceField(
        label=_("Codebook"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("The version that the round is coded with; agreement is reported for it."),
    )
    deadline = forms.DateField(
        label=_("Deadline"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    fresh = forms.BooleanField(
        label=_("Begin with an empty text"),
        required=False,
        help_text=_(
            "What the coders have coded in these sources before is put aside when the round starts,"
            " and can be put back after it was opened."
        ),
    )
    anonymous = forms.BooleanField(label=_("Decide on differences without names"), required=False)

    def __init__(
        self,
        *args: Any,
        sources: list[dict[str, Any]],
        people: list[Any],
        versions: list[Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["chosen"].choices = [(row["id"], row["title"]) for row in sources]
        fields["coders"].choices = [(row.pk, row.label) for row in people]
        fields["codebook"].choices = [
            ("", _("as it is when the round starts (kept as a new version)")),
            *((row.pk, f"{row.number} · {row.name}") for row in versions),
        ]
        fields["seed"].initial = secrets.randbelow(MOST_SEED)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        how = data.get("how")
        drawn = how in (drawing.RANDOM, drawing.STRATIFIED)
        if not drawn:
            data["number"] = data["percent"] = None
        elif data.get("number") is None and data.get("percent") is None:
            if not (self.has_error("number") or self.has_error("percent")):
                self.add_error("number", _("Say how many sources, or what percentage."))
        elif data.get("number") is not None and data.get("percent") is not None:
            self.add_error("percent", _("Give a number or a percentage, not both."))
        elif data.get("number") and data["number"] > len(self.fields["chosen"].choices):  # type: ignore[attr-defined]
            self.add_error(
                "number",
                ValidationError(
                    _("There are %(n)s sources."),
                    params={"n": len(self.fields["chosen"].choices)},  # type: ignore[attr-defined]
                ),
            )
        if how == drawing.CHOSEN and not data.get("chosen") and not self.has_error("chosen"):
            self.add_error("chosen", _("Choose at least one source."))
        coders, each = data.get("coders") or [], data.get("each")
        if len(coders) < 2 and not self.has_error("coders"):
            self.add_error("coders", _("Choose at least two coders."))
        elif each and each > len(coders):
            self.add_error(
                "each",
                ValidationError(
                    _("These are %(n)s coders: fewer than that for each source."),
                    params={"n": len(coders)},
                ),
            )
        by = data.get("by") or CASE
        data["by"] = ([CASE, KIND] if by == "both" else [by]) if how == drawing.STRATIFIED else []
        return data
