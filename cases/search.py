"""Searching a project: what was asked for, and the turns or coded passages that answer it.

The address is the specification, as for the matrix. With words (or without any code) the answer is
a list of turns; with codes alone it is a list of coded passages: the stretches that all coders
together coded, overlapping ones as one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.core.exceptions import BadRequest
from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import queries
from coding import queries as coding_queries
from coding import search
from coding.core.relations import intersection, near, select, touching
from coding.core.search_text import Query, QueryProblem, hits, parse_query
from coding.core.sentences import around, sentences
from coding.core.spans import Pieces, union
from coding.models import Coding, Turn
from projects.access import Access

OVERLAP, NEAR = "overlap", "near"
AGREED = "agreed"
RELATIONS = (OVERLAP, NEAR)
MAX_WITHIN = 100
# (source, start, end): a turn's words or a coded passage.
Row = tuple[int, int, int]


class SearchProblem(ValueError):  # noqa: N818
    """Something to put right in the form. ``str()`` is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """What was asked for. Empty means: no such condition."""

    words: str = ""
    # The words are a regular expression: looked for in a job (``cases.expressions``).
    expression: bool = False
    match_case: bool = False
    kinds: tuple[str, ...] = ()
    case: int | None = None
    # "p:12" a participant, "s:Label" a speaker who is no participant.
    who: str = ""
    role: str = ""
    code: int | None = None
    relation: str = OVERLAP
    other: int | None = None
    within: int = 1
    without: int | None = None
    # "agreed": where a source has an agreed coding, that takes the place of everybody's own.
    layer: str = ""

    @property
    def is_empty(self) -> bool:
        return self == SearchSpec(relation=self.relation, within=self.within, layer=self.layer)

    @property
    def lists_passages(self) -> bool:
        """Whether the answer is a list of coded passages (else: of turns)."""
        return self.code is not None and not self.words

    def query(self) -> str:
        """The specification as the query part of an address; what is not asked for is left out."""
        pairs: list[tuple[str, Any]] = [("words", self.words)] if self.words else []
        pairs += [("regex", 1)] * self.expression + [("match_case", 1)] * self.match_case
        pairs += [("kind", kind) for kind in self.kinds]
        pairs += [("case", self.case), ("who", self.who), ("role", self.role), ("code", self.code)]
        if self.other is not None:
            pairs += [("rel", self.relation), ("other", self.other)]
            if self.relation == NEAR:
                pairs.append(("within", self.within))
        pairs.append(("without", self.without))
        if self.code is not None or self.without is not None:
            pairs.append(("layer", self.layer))
        return urlencode([(name, value) for name, value in pairs if value not in (None, "")])


# --- reading an address --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers, and so what an address may name."""

    kinds: list[tuple[str, str]]
    cases: list[tuple[int, str]]
    people: list[tuple[str, str]]
    roles: list[tuple[str, str]]
    codes: list[coding_queries.CodeNode]
    # Of codes that are not there: into which one was merged, in a sentence, or "".
    merged_away: Callable[[Iterable[int]], str]
    # Whether there can be an agreed coding.
    agreed: bool = False

    def code_name(self, pk: int | None) -> str:
        return next((n.code.name for n in self.codes if n.code.pk == pk), "")

    def family(self, pk: int) -> frozenset[int]:
        """The code and everything below it."""
        return next(n.codes for n in self.codes if n.code.pk == pk)


def choices(access: Access) -> Choices:
    labels = (
        Turn.objects.filter(
            source__in=coding_queries.visible_sources(access),
            participant__isnull=True,
            withdrawn=False,
        )
        .exclude(speaker="")
        .order_by("speaker")
        .values_list("speaker", flat=True)
        .distinct()
    )
    people = [(f"p:{p.pk}", str(p)) for p in coding_queries.participants(access)]
    return Choices(
        kinds=queries.kinds_present(access),
        cases=[(case.pk, case.name) for case in queries.cases(access)],
        people=people + [(f"s:{label}", label) for label in labels],
        roles=[(role.value, str(role.label)) for role in Turn.Role],
        codes=coding_queries.codebook(access),
        merged_away=partial(coding_queries.merged_away, access),
        agreed=coding_queries.any_opened(access),
    )


def read_spec(params: QueryDict, known: Choices) -> SearchSpec:
    """The specification in an address. Names that the project does not have are an error, never
    ignored: a filter that silently does nothing would make a wrong list."""
    kinds = tuple(dict.fromkeys(kind for kind in params.getlist("kind") if kind))
    expression = params.get("regex") == "1"
    words = params.get("words", "")
    spec = SearchSpec(
        # In an expression every space counts.
        words=words if expression else " ".join(words.split()),
        expression=expression,
        match_case=expression and params.get("match_case") == "1",
        kinds=kinds,
        case=_number(params, "case"),
        who=params.get("who", ""),
        role=params.get("role", ""),
        code=_number(params, "code"),
        relation=params.get("rel") or OVERLAP,
        other=_number(params, "other"),
        within=1 if (within := _number(params, "within")) is None else within,
        without=_number(params, "without"),
        layer=params.get("layer", ""),
    )
    codes = {node.code.pk for node in known.codes} | {None}
    if gone := {pk for pk in (spec.code, spec.other, spec.without) if pk is not None} - codes:
        raise BadRequest(
            known.merged_away(gone)
            or _("This search address names something that is not in this project.")
        )
    if (
        set(kinds) - {value for value, _label in known.kinds}
        or spec.case not in {pk for pk, _name in known.cases} | {None}
        or spec.who not in {value for value, _label in known.people} | {""}
        or spec.role not in {value for value, _label in known.roles} | {""}
        or spec.relation not in RELATIONS
        or spec.layer not in ("", AGREED)
    ):
        raise BadRequest(_("This search address names something that is not in this project."))
    return spec


def _number(params: QueryDict, name: str) -> int | None:
    value = params.get(name, "").strip()
    if not value:
        return None
    if not value.isdecimal() or len(value) > 15:
        raise BadRequest(_("“%(name)s” must be a number.") % {"name": name})
    return int(value)


# --- the answer ----------------------------------------------------------------------------------


@dataclass
class Found:
    """The answer, in order of sources and places; its words are not loaded yet.

    ``rows`` is a query or a list; both can be counted and cut.
    """

    access: Access
    spec: SearchSpec
    query: Query
    rows: Any
    searched: int

    @cached_property
    def total(self) -> int:
        return self._totals[0]

    @cached_property
    def sources(self) -> int:
        return self._totals[1]

    @cached_property
    def _totals(self) -> tuple[int, int]:
        if isinstance(self.rows, list):
            return len(self.rows), len({row[0] for row in self.rows})
        made = self.rows.order_by().aggregate(n=Count("pk"), s=Count("source", distinct=True))
        return made["n"], made["s"]

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, part: slice) -> list[Row]:
        return list(self.rows[part])


def run(access: Access, spec: SearchSpec, known: Choices) -> Found:
    if spec.expression:
        raise SearchProblem(_("A regular expression is looked for in the background."))
    try:
        query = parse_query(spec.words)
    except QueryProblem as problem:
        raise SearchProblem(str(problem)) from None
    check(spec)
    turns = _turns(access, spec)
    searched = turns.count()
    if spec.lists_passages:
        return Found(access, spec, query, _passages(access, spec, known, turns), searched)
    matched = search.find(turns, query).order_by("source__key", "source_id", "ordinal")
    rows = matched.values_list("source_id", "body_start", "end")
    if spec.code is None and spec.without is None:
        return Found(access, spec, query, rows, searched)
    return Found(access, spec, query, _kept(access, spec, known, list(rows)), searched)


def check(spec: SearchSpec) -> None:
    """Raises SearchProblem where the conditions on codes do not go together."""
    if spec.other is not None and spec.code is None:
        raise SearchProblem(_("Choose the first code of the pair, too."))
    if spec.relation == NEAR and spec.within > MAX_WITHIN:
        raise SearchProblem(
            _("“Near” reaches at most %(n)s turns.") % {"n": MAX_WITHIN},
        )


def conditioned(access: Access, spec: SearchSpec, known: Choices) -> list[Row]:
    """All turns that meet every condition of ``spec`` but the words; the same order everywhere."""
    check(spec)
    turns = _turns(access, spec).order_by("source_id", "ordinal")
    rows = list(turns.values_list("source_id", "body_start", "end"))
    keys = dict(coding_queries.visible_sources(access).values_list("pk", "key"))
    # Sorted here: databases differ in how they sort letters, and a list that is cut short must be
    # cut at the same place.
    return sorted(
        _kept(access, spec, known, [row for row in rows if row[0] in keys]),
        key=lambda row: (keys[row[0]], *row),
    )


def _kept(access: Access, spec: SearchSpec, known: Choices, found: list[Row]) -> list[Row]:
    """Those of these turns that meet the conditions on codes."""
    starts, ends, groups = (np.array(found, np.int64).reshape(-1, 3)[:, n] for n in (1, 2, 0))
    keep = np.ones(len(found), dtype=bool)
    coded = _layer(access, spec)
    if spec.code is not None:
        keep &= touching(starts, ends, groups, _related(coded, spec, known))
    if spec.without is not None:
        keep &= ~touching(starts, ends, groups, _segments(coded, known.family(spec.without)))
    return [row for row, stays in zip(found, keep.tolist(), strict=True) if stays]


def _turns(access: Access, spec: SearchSpec) -> QuerySet[Turn]:
    """The turns that are searched: something is said in them, and the filters let them in."""
    sources = coding_queries.visible_sources(access)
    if spec.kinds:
        sources = sources.filter(kind__in=spec.kinds)
    if spec.case is not None:
        sources = sources.filter(cases=spec.case)
    turns = Turn.objects.filter(source__in=sources).with_words()
    if spec.who.startswith("p:"):
        turns = turns.filter(participant=int(spec.who[2:]))
    elif spec.who:
        turns = turns.filter(participant__isnull=True, speaker=spec.who[2:])
    if spec.role:
        turns = turns.filter(role=spec.role)
    return turns


# The codings that are looked at, as lists that have nothing in common.
Layer = list[QuerySet[Coding]]


def _layer(access: Access, spec: SearchSpec) -> Layer:
    if spec.layer == AGREED:
        return coding_queries.agreed_layer(access).parts()
    return [coding_queries.visible_codings(access)]


def _segments(coded: Layer, codes: frozenset[int]) -> Pieces:
    """What was coded with any of these codes; overlapping stretches as one."""
    rows = [
        row
        for part in coded
        for row in part.filter(code__in=codes).order_by().values_list("start", "end", "source_id")
    ]
    starts, ends, groups = np.array(rows, np.int64).reshape(-1, 3).T
    return union(starts, ends, groups)


def _related(coded: Layer, spec: SearchSpec, known: Choices) -> Pieces:
    """The pieces of the first code that stand in the relation asked for."""
    if spec.code is None:
        raise ValueError("There is no code to start from.")
    pieces: Pieces = _segments(coded, known.family(spec.code))
    if spec.other is not None:
        others = _segments(coded, known.family(spec.other))
        if spec.relation == OVERLAP:
            pieces = intersection(pieces, others)
        else:
            there = set(pieces.groups.tolist())
            lines = Turn.objects.filter(source__in=there)
            turns = _as_pieces(lines.values_list("source_id", "start", "end"))
            pieces = select(pieces, near(pieces, others, turns, spec.within))
    if spec.without is not None:
        barred = _segments(coded, known.family(spec.without))
        pieces = select(pieces, ~touching(pieces.starts, pieces.ends, pieces.groups, barred))
    return pieces


def _as_pieces(rows: Any) -> Pieces:
    table = np.array(list(rows.order_by("source_id", "ordinal")), np.int64).reshape(-1, 3)
    return Pieces(table[:, 1], table[:, 2], table[:, 0])


def _passages(access: Access, spec: SearchSpec, known: Choices, turns: QuerySet[Turn]) -> list[Row]:
    pieces = _related(_layer(access, spec), spec, known)
    if spec.who or spec.role:
        spoken = _as_pieces(turns.values_list("source_id", "body_start", "end"))
        pieces = select(pieces, touching(pieces.starts, pieces.ends, pieces.groups, spoken))
    sources = coding_queries.visible_sources(access).order_by("key")
    if spec.kinds:
        sources = sources.filter(kind__in=spec.kinds)
    if spec.case is not None:
        sources = sources.filter(cases=spec.case)
    order = {pk: n for n, pk in enumerate(sources.values_list("pk", flat=True))}
    rows = zip(pieces.groups.tolist(), pieces.starts.tolist(), pieces.ends.tolist(), strict=True)
    return sorted(
        (row for row in rows if row[0] in order), key=lambda row: (order[row[0]], *row[1:])
    )


def in_words(found: Found, known: Choices) -> list[str]:
    """What was found, in how much, and by which conditions on codes: sentences over the list."""
    spec = found.spec
    amount = {"n": f"{found.total:,}", "searched": f"{found.searched:,}"}
    where = ngettext("in %(n)s source", "in %(n)s sources", found.sources) % {"n": found.sources}
    if spec.lists_passages:
        first = ngettext("%(n)s coded passage", "%(n)s coded passages", found.total) % amount
        sentences_ = [f"{first} {where}."]
    else:
        first = ngettext("%(n)s turn", "%(n)s turns", found.total) % amount
        of = ngettext(
            "%(searched)s turn was searched.", "%(searched)s turns were searched.", found.searched
        )
        sentences_ = [f"{first} {where}; {of % amount}"]
    names = {
        "a": known.code_name(spec.code),
        "b": known.code_name(spec.other),
        "c": known.code_name(spec.without),
        "n": spec.within,
    }
    if spec.code is not None:
        if spec.other is None:
            text = _("Coded with “%(a)s” or a code below it.")
        elif spec.relation == OVERLAP:
            text = _("Where “%(a)s” and “%(b)s” overlap (each with the codes below it).")
        else:
            text = ngettext(
                "Coded with “%(a)s”, with “%(b)s” at most %(n)s turn away.",
                "Coded with “%(a)s”, with “%(b)s” at most %(n)s turns away.",
                spec.within,
            )
        sentences_.append(text % names)
    if spec.without is not None:
        sentences_.append(_("Not touched by “%(c)s” or a code below it.") % names)
    if spec.code is not None or spec.without is not None:
        if spec.layer == AGREED:
            agreed = len(coding_queries.agreed_sources(found.access))
            text = ngettext(
                "The agreed coding, which %(n)s source of the project has; elsewhere all coders "
                "together.",
                "The agreed coding, which %(n)s sources of the project have; elsewhere all coders "
                "together.",
                agreed,
            )
            sentences_.append(text % {"n": agreed})
        else:
            sentences_.append(_("All coders together."))
    asked = [node for node in known.codes if node.code.pk in (spec.code, spec.other)]
    for node in asked:
        if node.code.elicited:
            text = _("“%(a)s” is elicited by the protocol: how often it occurs says little.")
        elif node.elicited_below:
            text = _(
                "Below “%(a)s” are codes elicited by the protocol: how often these occur says "
                "little."
            )
        else:
            continue
        sentences_.append(text % {"a": node.code.name})
    return sentences_


# --- what auto-coding would code -----------------------------------------------------------------

TURN, SENTENCE, PASSAGE = "turn", "sentence", "passage"


def units(spec: SearchSpec) -> list[str]:
    """What a hit can be coded as."""
    if spec.lists_passages:
        return [PASSAGE]
    return [TURN, SENTENCE] if spec.words else [TURN]


def coverage(found: Found, unit: str, limit: int) -> tuple[list[Row], bool]:
    """The passages that auto-coding would code, each once, and whether there are more of them."""
    rows = found[: limit + 1]
    if unit == SENTENCE:
        texts = queries.texts(found.access, {row[0] for row in rows})
        spans = [
            (source, *span)
            for source, start, end in rows
            for span in _sentences(texts[source], start, end, found.query)
        ]
        rows = list(dict.fromkeys(spans))
    return rows[:limit], len(rows) > limit


def _sentences(text: str, start: int, end: int, query: Query) -> list[tuple[int, int]]:
    spans = sentences(text, start, end)
    found = (around(spans, *place) for place in hits(text, start, end, query))
    return list(dict.fromkeys(span for span in found if span))
