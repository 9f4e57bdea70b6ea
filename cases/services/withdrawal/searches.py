"""Searches that a participant can be recognised in: saved ones, and those that history remembers.

An address names the person by number or by label, or its words are theirs: their name, a run of
what they said, or a word that nobody else in the project has said.
"""

from urllib.parse import parse_qs

from cases.models import SavedQuery
from cases.services.withdrawal.scope import Scope
from coding import search
from coding.core.quoting import quoted
from coding.core.search_text import Query, Term, tokens
from coding.models import Turn


def searches_of(scope: Scope) -> list[SavedQuery]:
    rows = scope.access.project.saved_queries.order_by("pk")
    return [
        row
        for row in rows
        if asks_for(scope, row.query) or scope.names_in(row.name) or tells(scope, row.name)
    ]


def asks_for(scope: Scope, query: str) -> bool:
    """Whether the query part of an address asks for this person or these words."""
    params = parse_qs(query)
    who = params.get("who", [""])[0]
    if who == f"p:{scope.participant.pk}" or (who[:2] == "s:" and who[2:] in scope.names):
        return True
    return any(tells(scope, text) for text in params.get("words", []))


def tells(scope: Scope, text: str) -> bool:
    words = tuple(token.word for token in tokens(text))
    if not words:
        return False
    for name in scope.names:
        wanted = tuple(token.word for token in tokens(name))
        size = len(wanted)
        if size and any(words[at : at + size] == wanted for at in range(len(words) - size + 1)):
            return True
    return bool(quoted(text, scope.runs)) or any(
        _only_theirs(scope, word) for word in dict.fromkeys(words)
    )


def _only_theirs(scope: Scope, word: str) -> bool:
    """A word that this person has said and nobody else in what stays."""
    query = Query(((Term((word,)),),))
    turns = Turn.objects.filter(source__project=scope.access.project)
    own = turns.filter(source__in=scope.own) | turns.filter(participant=scope.participant)
    if not search.find(own, query).exists():
        return False
    others = turns.exclude(source__in=scope.own).exclude(participant=scope.participant)
    return not search.find(others, query).exists()
