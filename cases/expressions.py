"""Looking for a regular expression in the turns of a project, and what of it can be coded.

Only places are kept: source, start and end of every passage, and of the matches in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import search
from cases.search import SENTENCE, TURN, Choices, Row, SearchSpec
from coding import queries as coding_queries
from coding.core.patterns import Looking, Matches, PatternFailed
from coding.core.patterns.looking import TOTAL_SECONDS, TURN_SECONDS
from coding.core.sentences import around, sentences
from coding.models import Turn
from projects.access import Access
from projects.models import Job

KIND = "expression"
MATCH = "match"
UNITS = (MATCH, SENTENCE, TURN)
MAX_LENGTH = 300
# Of one passage, as many matches are marked in the preview.
MARKED = 50

Places = list[tuple[int, int]]
Tick = Callable[[int, int], None]


class ExpressionProblem(ValueError):  # noqa: N818
    """Why there is no answer. ``str()`` is one sentence for the user."""


@dataclass(slots=True)
class Looked:
    """``places`` are the passages with the matches in them, in the order of the sources; ``texts``
    says of each source which text was searched (SHA-256)."""

    places: list[tuple[Row, Places]]
    texts: dict[int, str]
    searched: int
    more: bool = False
    empty: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "places": [[*row, marks[:MARKED]] for row, marks in self.places],
            "texts": {str(pk): digest for pk, digest in self.texts.items()},
            "searched": self.searched,
            "more": self.more,
            "empty": self.empty,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Looked":
        return cls(
            [
                ((source, start, end), [(a, b) for a, b in marks])
                for source, start, end, marks in stored["places"]
            ],
            {int(pk): digest for pk, digest in stored["texts"].items()},
            stored["searched"],
            stored["more"],
            stored["empty"],
        )


def unit_choices() -> list[tuple[str, str]]:
    return [
        (MATCH, _("the words themselves")),
        (SENTENCE, _("the sentence")),
        (TURN, _("the whole turn")),
    ]


def check(spec: SearchSpec) -> None:
    """What can be said of an expression before it is looked for. Raises ExpressionProblem."""
    if not spec.words:
        raise ExpressionProblem(_("Type the expression to look for."))
    if len(spec.words) > MAX_LENGTH:
        raise ExpressionProblem(
            _("An expression has at most %(most)s characters; this has %(n)s.")
            % {"most": MAX_LENGTH, "n": len(spec.words)}
        )
    try:
        search.check(spec)
    except search.SearchProblem as problem:
        raise ExpressionProblem(str(problem)) from None


def read(access: Access, query: str) -> tuple[SearchSpec, Choices]:
    """The specification that a job has kept as an address. Raises ExpressionProblem when the
    project no longer has what it names."""
    known = search.choices(access)
    try:
        spec = search.read_spec(QueryDict(query), known)
    except BadRequest as problem:
        raise ExpressionProblem(str(problem)) from None
    check(spec)
    return spec, known


def look(
    access: Access, spec: SearchSpec, known: Choices, unit: str, *, most: int, tick: Tick
) -> Looked:
    """Look through every turn that meets the conditions, until ``most`` passages are found.

    ``tick`` is called with the turns done and all turns, often; what it raises ends the search.
    Raises ExpressionProblem; then nothing is found.
    """
    rows = search.conditioned(access, spec, known)
    looked = Looked([], {}, len(rows))
    done = 0
    where = ""
    turns: list[Row] = []
    try:
        with Looking(
            spec.words, match_case=spec.match_case, pause=lambda: tick(done, len(rows))
        ) as looking:
            for source, group in groupby(rows, key=lambda row: row[0]):
                turns = list(group)
                where, text, digest = _text(access, source)
                if any(end > len(text) for _source, _start, end in turns):
                    raise ExpressionProblem(_changed(where))
                found = looking.search(text, [(start, end) for _source, start, end in turns])
                looked.empty += found.empty
                _add(looked, text, turns, found, unit, most)
                looked.texts[source] = digest
                done += len(turns)
                if len(looked.places) > most:
                    break
                tick(done, len(rows))
    except PatternFailed as failed:
        raise ExpressionProblem(_why(failed, where, turns)) from None
    looked.more = looked.more or len(looked.places) > most
    del looked.places[most:]
    kept = {row[0] for row, _marks in looked.places}
    looked.texts = {pk: digest for pk, digest in looked.texts.items() if pk in kept}
    return looked


def _text(access: Access, source: int) -> tuple[str, str, str]:
    """Title, text and its SHA-256, of one moment."""
    rows = coding_queries.visible_sources(access).filter(pk=source)
    found = rows.values_list("title", "content__text", "text_sha256").first()
    if found is None:
        raise Http404
    return found


def _add(
    looked: Looked, text: str, turns: Sequence[Row], found: Matches, unit: str, most: int
) -> None:
    passages: dict[Row, Places] = {}
    for number, hits in found.hits:
        source, start, end = turns[number]
        spans = sentences(text, start, end) if unit == SENTENCE else []
        for hit in hits:
            whole: tuple[int, int] | None = (start, end)
            if unit == MATCH:
                whole = hit
            elif unit == SENTENCE:
                whole = around(spans, *hit)
            if whole is not None:
                passages.setdefault((source, *whole), []).append(hit)
        if len(looked.places) + len(passages) > most:
            break
    looked.places += passages.items()
    looked.more = looked.more or (found.cut and unit != TURN)


def _why(failed: PatternFailed, source: str, turns: Sequence[Row]) -> str:
    if failed.reason == "broken":
        if failed.at is None:
            return _("The expression is broken: %(what)s.") % {"what": failed.detail}
        return _("The expression is broken at character %(at)s: %(what)s.") % {
            "at": failed.at + 1,
            "what": failed.detail,
        }
    if failed.reason == "slow" and failed.at is not None:
        pk, start, _end = turns[failed.at]
        ordinal = Turn.objects.filter(source=pk, body_start=start).values_list("ordinal", flat=True)
        return _(
            "The expression took longer than %(n)s seconds in “%(source)s”, turn %(turn)s; nothing"
            " was coded."
        ) % {"n": f"{TURN_SECONDS:g}", "source": source, "turn": ordinal.first() or "?"}
    if failed.reason == "late":
        return _(
            "The expression took longer than %(n)s seconds in all; it had come to “%(source)s”."
            " Nothing was coded. Narrow the search, or make the expression simpler."
        ) % {"n": f"{TOTAL_SECONDS:g}", "source": source or "–"}
    return _("The expression needs too much memory; nothing was coded. Make it simpler.")


def _changed(title: str) -> str:
    return _("“%(source)s” was corrected while it was searched; look again.") % {"source": title}


# --- what was found, later -----------------------------------------------------------------------


def own_job(access: Access, job_id: int) -> Job:
    """A finished search that this person has asked for in this project."""
    rows = access.project.jobs.filter(kind=KIND, created_by=access.user, state=Job.State.DONE)
    return get_object_or_404(rows, pk=job_id)


def changed_since(access: Access, looked: Looked) -> str:
    """One sentence when a text is no longer the one that was searched, or may no longer be read."""
    rows = coding_queries.visible_sources(access).filter(pk__in=looked.texts)
    now = {
        pk: (title, digest) for pk, title, digest in rows.values_list("pk", "title", "text_sha256")
    }
    for pk, digest in looked.texts.items():
        if pk not in now:
            return _("A source that was searched may no longer be read. Look again.")
        title, present = now[pk]
        if present != digest:
            return _(
                "The text of “%(source)s” has been corrected since it was searched. Look again."
            ) % {"source": title}
    return ""


def in_words(looked: Looked, unit: str) -> list[str]:
    """What was found, in sentences over the list."""
    sources = len(looked.texts)
    count = ngettext("%(n)s passage", "%(n)s passages", len(looked.places))
    where = ngettext("in %(n)s source", "in %(n)s sources", sources)
    of = ngettext("%(n)s turn was searched.", "%(n)s turns were searched.", looked.searched)
    first = count % {"n": f"{len(looked.places):,}"} + " " + where % {"n": f"{sources:,}"}
    lines = [f"{first}; {of % {'n': f'{looked.searched:,}'}}"]
    lines.append(_("Coded would be: %(unit)s.") % {"unit": dict(unit_choices())[unit]})
    if looked.empty:
        lines.append(
            _(
                "The expression also matches where there is nothing; such places (%(n)s) are left"
                " out."
            )
            % {"n": f"{looked.empty:,}"}
        )
    return lines
