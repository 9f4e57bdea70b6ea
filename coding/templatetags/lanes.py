"""The words of a turn with a line under them for each coder.

Written as one string, as in ``marked_text``: a template's loop over thousands of pieces is slow.
"""

from collections.abc import Iterable, Sequence

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from coding.desk.text import Run

register = template.Library()


@register.simple_tag
def lane_text(runs: Iterable[Run], names: Sequence[str]) -> SafeString:
    """``names`` are what the lanes are called: a letter for each coder, then the agreed coding.

    Where a passage of the place in hand begins or ends, a bracket with the lane's letter stands.
    """
    begin, end = _("begin of"), _("end of")
    parts: list[str] = []
    label = False
    for run in runs:
        if run.label != label:
            parts.append('<b class="speaker">' if run.label else "</b>")
            label = run.label
        parts += [_bracket(names[lane], begin, "lane-begin") for lane in run.begins]
        words = escape(run.text)
        # The lowest line is drawn by the outermost element.
        for lane, colour, here in run.lines:
            look = ' data-here=""' if here else ""
            words = (
                f'<span class="lane" data-lane="{lane}" data-colour="{colour}"{look}>{words}</span>'
            )
        parts.append(words)
        parts += [_bracket(names[lane], end, "lane-end") for lane in run.ends]
    if label:
        parts.append("</b>")
    # Everything of people's making went through escape().
    return mark_safe("".join(parts))  # noqa: S308


def _bracket(name: str, words: str, css: str) -> str:
    return (
        f'<span class="{css}" data-letter="{escape(name[:2])}">'
        f'<span class="visually-hidden"> [{words} {escape(name)}] </span></span>'
    )
