"""A place in a sentence: who coded what, and about what they differ."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from coding.core.deciding import Span, united
from coding.models import Comparison
from coding.queries import Lane


def spans_of(compared: Comparison) -> dict[int, list[Span]]:
    """What each coder has at a place, own overlapping passages as one."""
    found: dict[int, list[Span]] = {}
    for coder, _coding, start, end, *_more in compared.passages:
        found.setdefault(coder, []).append((start, end))
    return {coder: united(spans) for coder, spans in found.items()}


def others_of(compared: Comparison) -> dict[int, list[int]]:
    """The codes that those who left this one out have there instead."""
    found: dict[int, list[int]] = {}
    for coder, code, *_more in compared.others:
        found.setdefault(coder, []).append(code)
    return found


def sentence(compared: Comparison, lanes: Sequence[Lane], codes: Mapping[int, str]) -> str:
    """In plain words what the place is about."""
    spans = spans_of(compared)
    who = listed([lane.name for lane in lanes if lane.coder in spans])
    lacking = [lane for lane in lanes if lane.coder not in spans]
    kind = compared.kind
    if kind == Comparison.Kind.AGREE:
        same = len({tuple(own) for own in spans.values()}) == 1
        if same:
            return _("%(who)s agree.") % {"who": who}
        return _("%(who)s agree, but for a few characters.") % {"who": who}
    if kind == Comparison.Kind.BOUNDARY:
        return _about_borders(list(spans.values())) % {"who": who}
    if kind == Comparison.Kind.MISSED:
        names = listed([lane.name for lane in lacking])
        return _("%(who)s coded it; %(lacking)s did not.") % {"who": who, "lacking": names}
    others = others_of(compared)
    instead = [
        _("%(who)s coded “%(codes)s” here")
        % {
            "who": lane.name,
            "codes": "”, “".join(codes.get(pk, "?") for pk in others[lane.coder]),
        }
        for lane in lacking
        if lane.coder in others
    ]
    without = [lane.name for lane in lacking if lane.coder not in others]
    if without:
        instead.append(_("%(who)s coded nothing here") % {"who": listed(without)})
    return _("%(who)s coded it; %(instead)s.") % {"who": who, "instead": "; ".join(instead)}


def _about_borders(spans: list[list[Span]]) -> str:
    starts = len({own[0][0] for own in spans}) > 1
    ends = len({own[-1][1] for own in spans}) > 1
    if any(len(own) > 1 for own in spans):
        return _("%(who)s differ about whether this is one passage or several.")
    if starts and ends:
        return _("%(who)s differ about where it begins and where it ends.")
    if starts:
        return _("%(who)s differ about where it begins.")
    return _("%(who)s differ about where it ends.")


def listed(names: Sequence[str]) -> str:
    """“A”, “A and B”, “A, B and C”."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
