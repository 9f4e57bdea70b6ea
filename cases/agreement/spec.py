"""What was asked for: an address as the specification of the figures, and back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _

from coding.agreement import Evidence
from coding.core.agreement import Measure
from coding.models import Round

MEASURES: dict[str, Measure] = {
    "alpha": Measure.ALPHA,
    "kappa": Measure.CONGER,
    "f1": Measure.POSITIVE,
    "percent": Measure.PERCENT,
    "ac1": Measure.AC1,
    "pabak": Measure.BRENNAN_PREDIGER,
}
INTERVALS = ("jackknife", "bootstrap")
RESAMPLES = 1000
MOST_RESAMPLES = 10_000
SORTS = ("worst", "code", "applications", "prevalence", *MEASURES)


@dataclass(frozen=True, slots=True)
class AgreementSpec:
    """What was asked for. Empty filters mean everything; ``unit`` "" the unit of the round."""

    unit: str = ""
    codes: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()
    coders: tuple[int, ...] = ()
    rolled_up: bool = False
    interval: str = "jackknife"
    resamples: int = RESAMPLES
    seed: int = 1
    measure: str = "alpha"
    sort: str = "worst"
    down: bool = False

    def query(self, **changes: Any) -> str:
        """The specification as the query part of an address; defaults are left out."""
        plain = AgreementSpec()
        pairs: list[tuple[str, Any]] = []
        if self.unit:
            pairs.append(("unit", self.unit))
        pairs += [("code", code) for code in self.codes]
        pairs += [("source", source) for source in self.sources]
        pairs += [("coder", coder) for coder in self.coders]
        if self.rolled_up:
            pairs.append(("rollup", 1))
        for name in ("interval", "resamples", "seed", "measure", "sort"):
            if getattr(self, name) != getattr(plain, name):
                pairs.append((name, getattr(self, name)))
        if self.down:
            pairs.append(("down", 1))
        pairs += [(name, value) for name, value in changes.items() if value is not None]
        return urlencode(pairs)

    def sorted_by(self, sort: str) -> str:
        """The address of the same figures in another order; asked again it turns round."""
        down = self.sort == sort and not self.down
        return replace(self, sort=sort, down=down).query()


def read_spec(held: Evidence, params: QueryDict) -> AgreementSpec:
    """The specification in an address. What it does not understand is an error, never ignored:
    a filter that silently does nothing would make a wrong figure."""
    found = AgreementSpec(
        unit=_one_of(params, "unit", ["", *Round.Unit.values]),
        codes=_numbers(params, "code"),
        sources=_numbers(params, "source"),
        coders=_numbers(params, "coder"),
        rolled_up=_one_of(params, "rollup", ["", "1"]) == "1",
        interval=_one_of(params, "interval", ["", *INTERVALS]) or "jackknife",
        resamples=_number(params, "resamples", RESAMPLES, 100, MOST_RESAMPLES),
        seed=_number(params, "seed", 1, 0, 2**31 - 1),
        measure=_one_of(params, "measure", ["", *MEASURES]) or "alpha",
        sort=_one_of(params, "sort", ["", *SORTS]) or "worst",
        down=_one_of(params, "down", ["", "1"]) == "1",
    )
    if found.unit == held.round.unit:
        found = replace(found, unit="")
    if set(found.codes) - held.every.lines.keys():
        raise BadRequest(_("This address names a code that is not in this project."))
    if set(found.sources) - {source.id for source in held.sources}:
        raise BadRequest(_("This address names a source that is not in this round."))
    if set(found.coders) - held.coders.keys():
        raise BadRequest(_("This address names a coder who is not in this round."))
    if len(found.coders) == 1:
        raise BadRequest(_("Agreement is between people: choose at least two coders."))
    return found


def _one_of(params: QueryDict, name: str, known: Iterable[str]) -> str:
    value = params.get(name) or ""
    if value not in known:
        raise BadRequest(
            _("“%(name)s” cannot be “%(value)s”.") % {"name": name, "value": value[:40]}
        )
    return value


def _numbers(params: QueryDict, name: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(value) for value in params.getlist(name) if value))
    except ValueError:
        raise BadRequest(_("“%(name)s” must be a number.") % {"name": name}) from None


def _number(params: QueryDict, name: str, usual: int, low: int, high: int) -> int:
    value = params.get(name)
    if not value:
        return usual
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise BadRequest(
            _("“%(name)s” must be a whole number from %(low)s to %(high)s.")
            % {"name": name, "low": low, "high": high}
        )
    return number
