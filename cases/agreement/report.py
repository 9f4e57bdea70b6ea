"""The methods paragraph of a round, and the stamp under every copy of its figures."""

import hashlib
import json
from collections import Counter
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import queries
from cases.agreement.figures import ADVICE_LIMITS, Figure
from cases.agreement.table import Agreement
from cases.agreement.words import measure_words, unit_rule, unit_words
from coding.core.agreement import FEWEST_DOCUMENTS


def methods(found: Agreement) -> list[str]:
    """The paragraph, sentence by sentence; what there is no figure for is not in it."""
    if found.rows is None:
        return []
    parts = [_who(found), _how(found), _percent(found), _alpha(found), _others(found)]
    parts += [_low(found), _differences(found)]
    parts.append(_("Figures: coachstudy %(version)s.") % {"version": settings.VERSION})
    return [part for part in parts if part]


def _who(found: Agreement) -> str:
    held = found.held.round
    total, size = queries.all_sources(found.access)
    compared = {source.id for source in found.compared}
    share = 100 * queries.lengths(found.access, compared) / size if size else 0
    # What somebody had coded before the round hid the others may have been coded in sight of them.
    blindly = held.started_at is not None and not queries.coded_before(held, found.judged)
    words = {
        "coders": ngettext("%(n)s coder", "%(n)s coders", found.n_coders) % {"n": found.n_coders},
        "n": len(compared),
        "total": total,
        "share": f"{share:.0f}",
        "drawn": drawing_words(held.drawing),
        "how": _("independently and blindly") if blindly else _("independently"),
        "each": "",
        "codebook": "",
    }
    fewest = min(Counter(source for source, _coder in found.judged).values())
    if fewest < found.n_coders:
        words["each"] = _(", each by at least %(n)s of them") % {"n": fewest}
    if words["drawn"]:
        words["drawn"] = ", " + str(words["drawn"]) + ","
    if held.codebook is not None:
        words["codebook"] = _(
            " with version %(number)s (“%(name)s”) of the codebook of %(date)s"
        ) % {
            "number": held.codebook.number,
            "name": held.codebook.name,
            "date": date_format(timezone.localtime(held.codebook.made_at), "DATE_FORMAT"),
        }
    return (
        _(
            "%(coders)s %(how)s coded %(n)s of %(total)s sources (%(share)s %% of the"
            " characters)%(each)s%(drawn)s%(codebook)s."
        )
        % words
    ).replace(",.", ".")


def drawing_words(drawing: dict[str, Any]) -> str:
    """How the sources of a round were drawn, as far as it was noted."""
    how = str(drawing.get("how") or "")
    ways = {
        "random": _("drawn at random (seed %(seed)s)"),
        "stratified": _("drawn at random within strata (seed %(seed)s)"),
        "chosen": _("chosen by hand"),
        "all": _("all there were"),
    }
    return ways.get(how, how.replace("%", "%%")) % {"seed": drawing.get("seed")}


def unit_sentence(found: Agreement) -> str:
    """The unit in words: "speaker turns: 214 units in 12 sources by 3 coders"."""
    n = found.lookups if found.unit == "overlap" else found.units
    n_sources = len(found.compared)
    where = ngettext("%(n)s source", "%(n)s sources", n_sources) % {"n": n_sources}
    by = ngettext("%(n)s coder", "%(n)s coders", found.n_coders) % {"n": found.n_coders}
    if found.unit in ("source", "case"):
        return _("%(units)s by %(by)s") % {"units": unit_words(found.unit, n), "by": by}
    return _("%(units)s in %(where)s by %(by)s") % {
        "units": unit_words(found.unit, n),
        "where": where,
        "by": by,
    }


def _how(found: Agreement) -> str:
    n = found.lookups if found.unit == "overlap" else found.units
    return _(
        "Agreement was computed on %(units)s (%(rule)s), on what the coders had left before any"
        " discussion."
    ) % {
        "units": unit_words(found.unit, n),
        "rule": _("found or not at the other coder")
        if found.unit == "overlap"
        else _("code present or absent"),
    }


def _range(found: Agreement, name: str) -> tuple[float, float] | None:
    values = [row.figures[name].value for row in found.code_rows]
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else None


def _percent(found: Agreement) -> str:
    figure, between = found.headline["percent"], _range(found, "percent")
    if figure.value is None or between is None:
        return ""
    known = sum(row.figures["percent"].value is not None for row in found.code_rows)
    return _(
        "Mean percent agreement over %(codes)s codes was %(value)s %% (%(low)s to %(high)s %%)."
    ) % {
        "codes": known,
        "value": f"{100 * figure.value:.1f}",
        "low": f"{100 * between[0]:.1f}",
        "high": f"{100 * between[1]:.1f}",
    }


def _interval(found: Agreement, figure: Figure) -> str:
    if figure.low is None or figure.high is None or figure.interval is None:
        return ""
    method = (
        (
            _("bootstrap of cases, %(n)s resamples, seed %(seed)s")
            if found.unit == "case"
            else _("bootstrap of sources, %(n)s resamples, seed %(seed)s")
        )
        % {"n": f"{found.spec.resamples:,}", "seed": found.spec.seed}
        if found.spec.interval == "bootstrap"
        else _("delete-one-case jackknife")
        if found.unit == "case"
        else _("delete-one-source jackknife")
    )
    return _(" (95 %% CI %(low)s to %(high)s, %(method)s)") % {
        "low": f"{figure.low:z.3f}",
        "high": f"{figure.high:z.3f}",
        "method": method,
    }


def _alpha(found: Agreement) -> str:
    name = found.lead
    figure, between = found.headline[name], _range(found, name)
    if name != "alpha" or figure.value is None or between is None:
        return ""
    return _(
        "Krippendorff’s nominal alpha was %(value)s over all codes%(interval)s; per code it ranged"
        " from %(low)s to %(high)s."
    ) % {
        "value": f"{figure.value:z.3f}",
        "interval": _interval(found, figure),
        "low": f"{between[0]:z.3f}",
        "high": f"{between[1]:z.3f}",
    }


def _others(found: Agreement) -> str:
    names = measure_words(found.n_coders)
    said = []
    for name, how in (
        ("kappa", _("pooled over codes after De Vries et al. (2008)")),
        ("ac1", _("pooled in the same way")),
        ("f1", _("mean over codes")),
    ):
        figure = found.headline[name]
        if figure.value is not None:
            said.append(f"{names[name]} {figure.value:z.3f} ({how})")
    if not said:
        return ""
    return _("Beside it: %(list)s.") % {"list": "; ".join(said)}


def _low(found: Agreement) -> str:
    if not found.access.project.agreement_advice:
        return ""
    # The limits are Krippendorff's, for his alpha; for other figures they say nothing.
    low = [
        row.code.name
        for row in found.code_rows
        if not row.rare and row.figures["alpha"].advice == "below"
    ]
    if not low:
        return ""
    return _("The lower limit lay below .667 for %(codes)s.") % {"codes": ", ".join(low)}


def _differences(found: Agreement) -> str:
    differing, made = queries.decided(found.access, found.held.round)
    if not made:
        return ""
    return _(
        "Of %(n)s passages on which the coders differed, %(made)s were decided on and went into an"
        " agreed coding."
    ) % {"n": differing, "made": made}


# --- the stamp ------------------------------------------------------------------------------------


def stamp(found: Agreement) -> list[tuple[str, str]]:
    """How the figures were made, as label and sentence; printed with every copy."""
    held = found.held.round
    lines = [
        (_("Project"), found.access.project.title),
        (_("Round"), _("%(number)s: %(name)s") % {"number": held.number, "name": held.name}),
        (_("Unit"), f"{unit_sentence(found)}. {unit_rule(found.unit, held.threshold)}"),
        (
            _("n"),
            _("%(there)s of %(all)s sources of the round count; %(coders)s; %(codes)s codes")
            % {
                "there": len(found.compared),
                "all": len(found.held.sources),
                "coders": ", ".join(label for _pk, label in found.coders) or _("nobody"),
                "codes": len(found.codes),
            },
        ),
        (_("Compared"), _("what each coder had left on finishing, before any discussion")),
        (
            _("All codes as one number"),
            _(
                "agreement and chance are averaged over the codes, then put into the formula (De"
                " Vries et al. 2008); percent and F1 are means"
            ),
        ),
        *several_words(found),
        (_("Interval"), interval_words(found)),
        (_("Filters"), filter_words(found)),
        (_("Codebook"), codebook_words(found)),
    ]
    if words := drawing_words(held.drawing):
        lines.append((_("Sources of the round"), words))
    if found.waiting:
        lines.append(
            (_("Not counted"), "; ".join(f"{title}: {why}" for title, why in found.waiting))
        )
    lines += [(_("Left out"), words) for words in found.held.left_out]
    if found.held.merged:
        words = "; ".join(
            _("“%(old)s” as “%(new)s”") % {"old": old, "new": new} for old, new in found.held.merged
        )
        lines.append((_("Merged codes count as what they were merged into"), words))
    if found.access.project.synthetic:
        lines.append((_("Data"), _("Synthetic: people and words are invented.")))
    lines.append((_("Software"), f"coachstudy {settings.VERSION}"))
    return lines


def full_stamp(found: Agreement) -> list[tuple[str, str]]:
    """The stamp of a file: with who, when, where and a hash."""
    query = found.spec.query()
    page = f"/projects/{found.access.project.pk}/rounds/{found.held.round.pk}/agreement/"
    made = timezone.localtime(timezone.now()).strftime("%Y-%m-%d %H:%M:%S %Z")
    return [
        *stamp(found),
        (_("Made"), made),
        (_("Made by"), found.access.membership.label),
        (_("Address"), f"{page}?{query}" if query else page),
        (_("SHA-256 of the figures and the rule"), sha256(found)),
    ]


def several_words(found: Agreement) -> list[tuple[str, str]]:
    """Which figures of several coders these are, where there are several."""
    if found.n_coders < 3:
        return []
    both = [
        (
            _("A coder against the others"),
            _("the tables with each of the others are added up for each code"),
        )
    ]
    if found.unit == "overlap":
        return both
    return [(_("Kappa"), _("of all coders together Conger’s, of two coders Cohen’s")), *both]


def interval_words(found: Agreement) -> str:
    cases = found.unit == "case"
    if found.sources < FEWEST_DOCUMENTS:
        few = _("none: that needs at least %(n)s cases")
        few = few if cases else _("none: that needs at least %(n)s sources")
        return few % {"n": FEWEST_DOCUMENTS}
    if found.spec.interval == "bootstrap":
        again = _(
            "95 %%: cases drawn again with replacement, %(n)s times, percentiles; seed %(seed)s"
        )
        if not cases:
            again = _(
                "95 %%: sources drawn again with replacement, %(n)s times, percentiles; seed"
                " %(seed)s"
            )
        return again % {"n": f"{found.spec.resamples:,}", "seed": found.spec.seed}
    if cases:
        return _("95 %: each case left out once (jackknife), t distribution")
    return _("95 %: each source left out once (jackknife), t distribution")


def filter_words(found: Agreement) -> str:
    spec, said = found.spec, []
    if spec.rolled_up:
        said.append(_("codes of the top level, each with everything below it"))
    if spec.codes:
        said.append(_("only the codes %(list)s") % {"list": _listed(c.name for c in found.codes)})
    if spec.sources:
        said.append(
            _("only the sources %(list)s") % {"list": _listed(s.title for s in found.chosen)}
        )
    if spec.coders:
        said.append(
            _("only the coders %(list)s") % {"list": _listed(label for _pk, label in found.coders)}
        )
    return "; ".join(said) or _("none: all codes, sources and coders of the round")


def _listed(names: Any) -> str:
    return ", ".join(names) or _("(none)")


def codebook_words(found: Agreement) -> str:
    book = found.held.round.codebook
    if book is None:
        return _("no frozen version: the codes as they are now")
    return _("version %(number)s, “%(name)s”, SHA-256 %(hash)s") % {
        "number": book.number,
        "name": book.name,
        "hash": book.sha256,
    }


def sha256(found: Agreement) -> str:
    """A hash of what the figures say and how they were made; the date is not part of it."""
    content = {
        "project": str(found.access.project.guid),
        "round": str(found.held.round.guid),
        "rule": stamp(found),
        "codes": [
            [row.code.key, row.applications, [_digits(row.figures[name]) for name in row.figures]]
            for row in sorted(found.code_rows, key=lambda row: row.code.id)
        ],
        "limits": ADVICE_LIMITS,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _digits(figure: Figure) -> list[str | None]:
    # Rounded: the last bits may differ between machines.
    values = (figure.value, figure.low, figure.high)
    return [None if value is None else f"{value:.10f}" for value in values]
