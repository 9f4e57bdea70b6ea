"""What was asked for: an address as the specification of a table, and back."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _

from cases import queries
from cases.core.counting import (
    DEFAULT_UNIT,
    UNITS,
    Rule,
)
from coding import queries as coding_queries
from projects.access import Access

# ``agreed``: where a source has an agreed coding, that takes the place of everybody's own.
LAYERS = ("union", "consensus", "agreed")


@dataclass(frozen=True, slots=True)
class MatrixSpec:
    """What was asked for. Empty filters mean everything."""

    unit: str = DEFAULT_UNIT
    layer: str = "union"
    kinds: tuple[str, ...] = ()
    coders: tuple[int, ...] = ()
    codes: tuple[int, ...] = ()

    @property
    def rule(self) -> Rule:
        return Rule(
            layer="consensus" if self.layer == "consensus" else "union",
            # Of the agreed layer the evidence has the chosen coders only: what was agreed stays.
            coders=frozenset(self.coders) if self.coders and self.layer != "agreed" else None,
        )

    def query(self, **changes: Any) -> str:
        """The specification as the query part of an address; defaults are left out."""
        pairs: list[tuple[str, Any]] = []
        if self.unit != DEFAULT_UNIT:
            pairs.append(("unit", self.unit))
        if self.layer != "union":
            pairs.append(("layer", self.layer))
        pairs += [("kind", kind) for kind in self.kinds]
        pairs += [("coder", coder) for coder in self.coders]
        pairs += [("code", code) for code in self.codes]
        pairs += [(name, value) for name, value in changes.items() if value is not None]
        return urlencode(pairs)


def read_spec(access: Access, params: QueryDict) -> MatrixSpec:
    """The specification in an address. What it does not understand is an error, never ignored:
    a filter that silently does nothing would make a wrong table."""
    unit = params.get("unit") or DEFAULT_UNIT
    layer = params.get("layer") or "union"
    kinds = tuple(dict.fromkeys(k for k in params.getlist("kind") if k))
    known_kinds = dict(queries.kinds_present(access))
    if unit not in UNITS or layer not in LAYERS or any(k not in known_kinds for k in kinds):
        raise BadRequest(
            _("This matrix address names a unit, layer or source type that is unknown.")
        )
    coders = _numbers(params, "coder")
    if coders and set(coders) - {c["id"] for c in coding_queries.coders(access)}:
        raise BadRequest(_("This matrix address names a coder who is not in this project."))
    codes = _numbers(params, "code")
    if codes and set(codes) - {node.code.pk for node in coding_queries.codebook(access)}:
        raise BadRequest(
            coding_queries.merged_away(access, codes)
            or _("This matrix address names a code that is not in this project.")
        )
    return MatrixSpec(unit, layer, kinds, coders, codes)


def _numbers(params: QueryDict, name: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(value) for value in params.getlist(name) if value))
    except ValueError:
        raise BadRequest(_("“%(name)s” must be a number.") % {"name": name}) from None
