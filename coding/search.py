"""Full-text search over turns: one index table, one function, two databases.

Splitting, folding and phrases are the project's own (``coding.core.search_text``), so both find
the same turns. The databases only look up coded words, which hold nothing but a-z and digits;
whatever somebody typed reaches them as parameters.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from coding.core.search_text import Query, Term, indexed_words
from coding.models import SourceText, Turn, TurnWords

BATCH = 1_000

_LOOK_UP = {
    "sqlite": (
        "SELECT w.turn_id FROM coding_turnwords_fts"
        " JOIN coding_turnwords w ON w.turn_id = coding_turnwords_fts.rowid"
        " WHERE coding_turnwords_fts MATCH %s"
    ),
    "postgresql": (
        "SELECT w.turn_id FROM coding_turnwords w"
        " WHERE array_to_tsvector(string_to_array(w.words, ' ')) @@ %s::tsquery"
    ),
}
_PHRASE = "(' ' || w.words || ' ') LIKE %s"


def index_turns(text: str, turns: Iterable[Turn]) -> None:
    """Make the turns of a new source findable; ``text`` is the source's, turns have their ids."""
    TurnWords.objects.bulk_create(
        [
            TurnWords(turn=turn, words=indexed_words(text[turn.body_start : turn.end]))
            for turn in turns
            if not turn.withdrawn  # a gap mark is nobody's words
        ],
        batch_size=BATCH,
    )


def rebuild(sources: Iterable[int]) -> int:
    """Index the sources anew, each in a transaction of its own; the number of turns indexed."""
    count = 0
    for source in sources:
        with transaction.atomic():
            text = SourceText.objects.values_list("text", flat=True).get(source=source)
            turns = list(Turn.objects.filter(source=source))
            TurnWords.objects.filter(turn__source=source).delete()
            index_turns(text, turns)
        count += len(turns)
    return count


def find(turns: QuerySet[Turn], query: Query) -> QuerySet[Turn]:
    """Those of ``turns`` in which every group of ``query`` is met."""
    if not query.groups:
        return turns
    sql = _LOOK_UP[connection.vendor]
    params: list[Any] = [_SYNTAX[connection.vendor](query)]
    # The index knows which words a turn has. Their order is looked up in the words themselves:
    # positions in an index have limits that differ between the databases.
    for group in query.groups:
        if any(len(term.words) > 1 for term in group):
            sql += " AND (" + " OR ".join([_PHRASE] * len(group)) + ")"
            params += [_pattern(term) for term in group]
    # Made of the constants above alone; see the module's docstring.
    return turns.filter(pk__in=RawSQL(sql, params))  # noqa: S611


def _pattern(term: Term) -> str:
    # Codes hold no % and no _, so that nothing has to be escaped.
    return f"% {' '.join(term.words)}{'' if term.prefix else ' '}%"


def _sqlite(query: Query) -> str:
    def one(term: Term) -> str:
        *whole, last = (f'"{word}"' for word in term.words)
        return "(" + " AND ".join([*whole, last + (" *" if term.prefix else "")]) + ")"

    return " AND ".join("(" + " OR ".join(map(one, group)) + ")" for group in query.groups)


def _postgresql(query: Query) -> str:
    def one(term: Term) -> str:
        *whole, last = (f"'{word}'" for word in term.words)
        return "(" + " & ".join([*whole, last + (":*" if term.prefix else "")]) + ")"

    return " & ".join("(" + " | ".join(map(one, group)) + ")" for group in query.groups)


_SYNTAX = {"sqlite": _sqlite, "postgresql": _postgresql}
