"""A round before it is kept: which sources are drawn, who codes which, and what that amounts to."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases import queries
from coding import queries as coding_queries
from coding.core import drawing
from coding.core.drawing import Candidate, Stratum
from projects.access import Access

CASE, KIND = "case", "kind"


@dataclass(frozen=True, slots=True)
class SourcePlan:
    source: dict[str, Any]
    coders: list[str]


@dataclass(frozen=True, slots=True)
class CoderPlan:
    label: str
    sources: int
    words: int


@dataclass(slots=True)
class RoundPlan:
    """``shares`` by source id; ``drawing`` is what is kept and cited of the draw."""

    sources: list[SourcePlan] = field(default_factory=list)
    coders: list[CoderPlan] = field(default_factory=list)
    shares: dict[int, list[int]] = field(default_factory=dict)
    strata: tuple[Stratum, ...] = ()
    # (coder, coder, sources that both code), the fewest first.
    pairs: list[tuple[str, str, int]] = field(default_factory=list)
    words: int = 0
    words_of: int = 0
    of: int = 0
    drawing: dict[str, Any] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """Share of the words of all sources that may be read."""
        return 100 * self.words / self.words_of if self.words_of else 0.0

    @property
    def seen(self) -> str:
        """The same plan, the same word: what is kept must be what was shown."""
        return hashlib.sha256(repr(sorted(self.shares.items())).encode()).hexdigest()[:32]


def plan_round(access: Access, wanted: Mapping[str, Any]) -> RoundPlan:
    """Draw and share out as the form says: ``how``, ``number``, ``percent``, ``by``, ``chosen``
    (source ids), ``coders`` (memberships), ``each``, ``seed``. Nothing is written."""
    rows = queries.drawable(access)
    by_guid = {row["guid"]: row for row in rows}
    people = {str(row.guid): row for row in coding_queries.able_coders(access).values()}
    chosen_people = [guid for guid, row in people.items() if row.pk in set(wanted["coders"])]
    if len(chosen_people) < 2:
        raise ValidationError({"coders": _("Choose at least two coders.")})
    candidates = [
        Candidate(row["guid"], row["words"], stratum_of(row, wanted["by"])) for row in rows
    ]
    chosen = set(wanted["chosen"])
    drawn = drawing.draw(
        candidates,
        how=wanted["how"],
        seed=wanted["seed"],
        number=wanted["number"],
        percent=wanted["percent"],
        chosen=[row["guid"] for row in rows if row["id"] in chosen],
    )
    if not drawn.guids:
        raise ValidationError({"chosen": _("Choose at least one source.")})
    taken = set(drawn.guids)
    shares = drawing.share_out(
        [row for row in candidates if row.guid in taken],
        chosen_people,
        each=wanted["each"] or len(chosen_people),
        seed=wanted["seed"],
    )
    plan = RoundPlan(strata=drawn.strata, of=len(rows))
    plan.words = sum(by_guid[guid]["words"] for guid in taken)
    plan.words_of = sum(row["words"] for row in rows)
    plan.shares = {
        by_guid[guid]["id"]: [people[coder].pk for coder in team] for guid, team in shares.items()
    }
    plan.sources = [
        SourcePlan(row, sorted(people[coder].label for coder in shares[row["guid"]]))
        for row in rows
        if row["guid"] in taken
    ]
    for guid in sorted(chosen_people, key=lambda guid: people[guid].label):
        own = [by_guid[source]["words"] for source, team in shares.items() if guid in team]
        plan.coders.append(CoderPlan(people[guid].label, len(own), sum(own)))
    plan.pairs = _pairs(shares, chosen_people, {guid: row.label for guid, row in people.items()})
    plan.drawing = {
        "how": wanted["how"],
        "seed": wanted["seed"],
        "number": wanted["number"],
        "percent": wanted["percent"],
        "by": list(wanted["by"]),
        "each": wanted["each"],
        "of": plan.of,
        "drawn": len(taken),
        "words": plan.words,
        "words_of": plan.words_of,
        "strata": [[s.name, s.of, s.drawn] for s in drawn.strata] if wanted["by"] else [],
    }
    return plan


def stratum_of(row: Mapping[str, Any], by: Sequence[str]) -> str:
    """The group of a source: its case (all of them, where it has several), its type, or both."""
    parts = []
    if CASE in by:
        parts.append(" + ".join(row["cases"]) or _("no case"))
    if KIND in by:
        parts.append(row["kind"])
    return ", ".join(parts)


def _pairs(
    shares: Mapping[str, Sequence[str]], people: Sequence[str], labels: Mapping[str, str]
) -> list[tuple[str, str, int]]:
    met = drawing.overlaps(shares)
    rows = [
        (*sorted((labels[a], labels[b])), met.get((a, b), 0))
        for a, b in combinations(sorted(people), 2)
    ]
    return sorted(rows, key=lambda row: (row[2], row[0], row[1]))


def in_words(held: Any) -> str:
    """How the sources of a round were drawn, as one would write it."""
    said = held.drawing or {}
    how = said.get("how")
    words = {"drawn": said.get("drawn"), "of": said.get("of"), "seed": said.get("seed")}
    if how == drawing.ALL:
        return _("All %(of)s sources.") % words
    if how == drawing.CHOSEN:
        return _("%(drawn)s of %(of)s sources, chosen by hand.") % words
    if how == drawing.RANDOM:
        return _("%(drawn)s of %(of)s sources, drawn at random (seed %(seed)s).") % words
    if how == drawing.STRATIFIED:
        by = {CASE: _("case"), KIND: _("type of source")}
        words["by"] = _(" and ").join(str(by[name]) for name in said.get("by", []) if name in by)
        return (
            _("%(drawn)s of %(of)s sources, drawn at random within each %(by)s (seed %(seed)s).")
            % words
        )
    return ""
