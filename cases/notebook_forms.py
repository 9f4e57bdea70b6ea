"""The form of a memo. It checks the shape; ``coding.services.notes`` writes."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from coding import subjects
from coding.models import Note
from coding.services.notes import MAX_LENGTH, MAX_TITLE
from coding.subjects import Ref

Groups = Sequence[tuple[str, Sequence[tuple[str, str]]]]

GROUP_NAMES = {
    "source": _("Sources"),
    "coding": _("Coded passages (the newest)"),
    "code": _("Codes"),
    "participant": _("Participants"),
    "case": _("Cases"),
    "note": _("Other memos (the newest)"),
    "comparison": _("Differences between coders"),
}


class MemoForm(forms.Form):
    """Everything of a memo but what it is about: that stands in the address."""

    title = forms.CharField(label=_("Title"), required=False, max_length=MAX_TITLE)
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("not said")), *Note.Kind.choices]
    )
    # Its length is the service's business: it counts what is kept, without white space around it.
    text = forms.CharField(
        label=_("Memo"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "memo-area"}),
        help_text=_(
            "Markdown: **bold**, *italic*, lists with - or 1., > for a quotation, "
            "[words](https://…) for a link. Write @[Name] to mention somebody."
        ),
        error_messages={"required": _("A memo needs some text.")},
    )
    links = forms.MultipleChoiceField(
        label=_("Points to"), required=False, widget=forms.CheckboxSelectMultiple
    )
    # What the writer has before them, to notice that somebody was quicker.
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, groups: Groups = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        choices = [row for _kind, rows in groups for row in rows]
        self.fields["links"].choices = choices  # type: ignore[attr-defined]

    def links_clean(self) -> tuple[Ref, ...]:
        refs = (subjects.parse(value) for value in self.cleaned_data["links"])
        return tuple(ref for ref in refs if ref is not None)

    def link_groups(self) -> list[dict[str, Any]]:
        """The boxes of things to point to, kind by kind; a kind is open where one is ticked."""
        ticked = {str(value) for value in self["links"].value() or ()}
        return [
            {
                "name": GROUP_NAMES.get(kind, kind),
                "rows": [(value, name, value in ticked) for value, name in rows],
                "n": sum(value in ticked for value, _name in rows),
            }
            for kind, rows in self.groups
        ]


__all__ = ["MAX_LENGTH", "MemoForm"]
