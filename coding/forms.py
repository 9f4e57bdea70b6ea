"""The form of the page for speakers."""

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext

from coding.services.speakers import NEW, PERSON, UNDECIDED, Decision


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
