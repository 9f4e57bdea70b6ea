"""The words of a turn with their marks.

Written as one string: a long transcript has tens of thousands of pieces, and a template's loop over
them would take seconds.
"""

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from coding.marked import Passage, Run

register = template.Library()


@register.simple_tag
def marked_text(runs: Iterable[Run]) -> SafeString:
    """The text exactly as it is stored, in flat <mark>s. A number stands where a passage begins; at
    its end the number again, its code and its coder. Both are said to screen readers in words."""
    begin, end = _("begin of"), _("end of")
    parts: list[str] = []
    label = False
    for run in runs:
        if run.label != label:
            parts.append('<b class="speaker">' if run.label else "</b>")
            label = run.label
        parts += [
            f'<span class="mark-begin" id="p{p.number}" data-n="{p.number}">'
            f'<span class="visually-hidden"> [{begin} {_title(p)}] </span></span>'
            for p in run.begins
        ]
        words = escape(run.text)
        parts.append(f"<mark{_look(run)}>{words}</mark>" if run.depth else words)
        parts += [
            f'<span class="mark-end" data-colour="{p.code.code.colour}">'
            f'<span class="visually-hidden"> [{end} </span>{_title(p)}'
            '<span class="visually-hidden">] </span></span>'
            for p in run.ends
        ]
    if label:
        parts.append("</b>")
    # Everything of people's making went through escape().
    return mark_safe("".join(parts))  # noqa: S308


@register.simple_tag
def passage_lines(passages: Iterable[Passage]) -> SafeString:
    """The items of a numbered list: code (a link to where it begins), coder, place."""
    one, many = _("turn"), _("turns")
    parts = []
    for p in passages:
        place = (
            f"{one} {p.first_turn}"
            if p.first_turn == p.last_turn
            else f"{many} {p.first_turn}–{p.last_turn}"
        )
        parts.append(
            f'<li value="{p.number}"><a href="#p{p.number}" data-colour="{p.code.code.colour}">'
            f"{escape(p.code.path)}</a> · {escape(p.coder)} · {place}</li>"
        )
    return mark_safe("".join(parts))  # noqa: S308


def _title(passage: Passage) -> str:
    return f"{passage.number} {escape(passage.code.code.name)} · {escape(passage.coder)}"


def _look(run: Run) -> str:
    first, second = run.colours
    looks = "" if first is None else f' data-colour="{first}"'
    looks += "" if second is None else f' data-second="{second}"'
    return looks + (f' data-depth="{min(run.depth, 3)}"' if run.depth > 1 else "")
