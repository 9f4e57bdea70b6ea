"""Which places are asked for, in an address."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from coding import queries
from coding.core.deciding import shared, united
from coding.models import Comparison, Round
from projects.access import Access

STATES = ("open", "decided")


@dataclass(frozen=True, slots=True)
class Sieve:
    """Empty parts ask for everything. ``pair`` are two coders who differ at a place."""

    kind: str = ""
    code: int | None = None
    pair: tuple[int, int] | None = None
    state: str = ""
    threshold: int = 90

    @property
    def everything(self) -> bool:
        return not (self.kind or self.code or self.pair or self.state)

    @property
    def pair_value(self) -> str:
        return f"{self.pair[0]}-{self.pair[1]}" if self.pair else ""

    def query(self, **more: Any) -> str:
        pairs: list[tuple[str, Any]] = [
            ("kind", self.kind),
            ("code", self.code),
            ("pair", self.pair_value),
            ("state", self.state),
            *more.items(),
        ]
        return urlencode([(name, value) for name, value in pairs if value not in ("", None)])

    def apply(self, rows: QuerySet[Comparison]) -> QuerySet[Comparison]:
        """Everything but the pair, which no database can be asked for."""
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.code:
            rows = rows.filter(code=self.code)
        if self.state == "open":
            rows = rows.filter(decision=Comparison.Decision.OPEN)
        elif self.state == "decided":
            rows = rows.exclude(decision=Comparison.Decision.OPEN)
        return rows

    def differ(self, passages: list[list[Any]]) -> bool:
        """Whether the pair differs here: only one has it, or they overlap too little."""
        if self.pair is None:
            return True
        one, other = (
            united((p[2], p[3]) for p in passages if p[0] == coder) for coder in self.pair
        )
        if bool(one) != bool(other):
            return True
        both = sum(end - start for start, end in shared({0: one, 1: other}))
        either = sum(end - start for start, end in united([*one, *other]))
        return both * 100 < self.threshold * either


def read_sieve(access: Access, held: Round, params: QueryDict) -> Sieve:
    """The filters in an address. What it does not understand is an error, never ignored."""
    kind, state = params.get("kind", ""), params.get("state", "")
    if (kind and kind not in Comparison.Kind.values) or (state and state not in STATES):
        raise BadRequest(_("This address names a kind of difference or a state that is unknown."))
    code = _number(params.get("code", ""))
    if code is not None and not access.project.codes.filter(pk=code).exists():
        raise BadRequest(_("This address names a code that is not in this project."))
    pair = None
    if wanted := params.get("pair", ""):
        if queries.nameless(held):
            raise BadRequest(_("This round is decided without names, so nobody can be picked out."))
        found = [_number(part) for part in wanted.split("-")]
        known = set(held.assignments.values_list("coder", flat=True))
        if len(found) != 2 or found[0] == found[1] or not known.issuperset(found):
            raise BadRequest(_("This address names two coders who are not in this round."))
        pair = (found[0] or 0, found[1] or 0)
    return Sieve(kind, code, pair, state, held.threshold)


def _number(value: str) -> int | None:
    if not value:
        return None
    if not value.isdecimal() or len(value) > 15:
        raise BadRequest(_("“%(name)s” must be a number.") % {"name": value[:30]})
    return int(value)
