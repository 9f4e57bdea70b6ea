"""Units and measures in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding.models import Round


def unit_words(unit: str, n: int) -> str:
    """A number of units: "214 speaker turns"."""
    words = {
        "turn": ngettext("%(n)s speaker turn", "%(n)s speaker turns", n),
        "sentence": ngettext("%(n)s sentence", "%(n)s sentences", n),
        "paragraph": ngettext("%(n)s paragraph", "%(n)s paragraphs", n),
        "character": ngettext("%(n)s character", "%(n)s characters", n),
        "overlap": ngettext("%(n)s passage looked up", "%(n)s passages looked up", n),
        "source": ngettext("%(n)s source", "%(n)s sources", n),
        "case": ngettext("%(n)s case", "%(n)s cases", n),
    }
    return words[unit] % {"n": f"{n:,}"}


def unit_rule(unit: str, threshold: int) -> str:
    """What a unit is, in a sentence."""
    rules = {
        "turn": _(
            "Each speaker turn with words in it has the code or not; a passage marks every turn of"
            " which it covers a character. A label alone is no turn."
        ),
        "sentence": _(
            "Each sentence with words in it has the code or not; a passage marks every sentence of"
            " which it covers a character."
        ),
        "paragraph": _(
            "Each line of a turn with words in it has the code or not; a passage marks every one of"
            " which it covers a character."
        ),
        "character": _("Each character of the text has the code or not."),
        "overlap": _(
            "Each passage is looked up at the other coder; it is found where one with the same"
            " code shares at least %(threshold)s %% of what either covers. Text that nobody coded"
            " plays no part."
        )
        % {"threshold": threshold},
        "source": _("Each source has the code, anywhere in it, or not."),
        "case": _("Each case has the code, in any of its sources, or not."),
    }
    return rules[unit]


def unit_choices() -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in Round.Unit.choices]


def measure_words(coders: int) -> dict[str, str]:
    return {
        "alpha": _("Krippendorff’s alpha"),
        "kappa": _("Cohen’s kappa") if coders == 2 else _("Conger’s kappa"),
        "f1": _("positive agreement (F1)"),
        "percent": _("percent agreement"),
        "ac1": _("Gwet’s AC1"),
        "pabak": _("Brennan–Prediger (PABAK)"),
    }
