"""What is a participant's: sources that go, talk that gets gap marks, words and names.

* *Own* sources go as a whole: those that are with this person (and nobody else who is known speaks
  in them), and those in which nobody speaks but this person and interviewers (and nothing is told).
* *Group talk* is every other source in which they speak: their turns become marks.
* In *former* talk they do not speak any more, but an earlier version of the text has their turns:
  the versions, the original file and the recording go, the text stays.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import F, Q

from coding.core.quoting import runs
from coding.core.turns import DEFAULT_SPEAKER_ROLES, is_generic_label
from coding.models import Participant, Source, SourceText, SourceVersion, Turn
from coding.sealing import Unreadable, unseal
from projects.access import Access


@dataclass
class Scope:
    """Everything that is found by asking: is this theirs?"""

    access: Access
    participant: Participant
    own: list[Source] = field(default_factory=list)
    group: list[Source] = field(default_factory=list)
    former: list[Source] = field(default_factory=list)
    # Runs of their words, and what they are called: id, pseudonym, real name, speaker labels.
    runs: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    # The real name is sealed with a key that the program does not have now.
    name_unreadable: bool = False

    @property
    def touched(self) -> list[Source]:
        """Sources that stay, but of which versions, original and recording go."""
        return [*self.group, *self.former]

    @cached_property
    def _pattern(self) -> str:
        longest_first = sorted(self.names, key=len, reverse=True)
        return rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"

    def names_in(self, text: str, *, any_case: bool = False) -> list[tuple[int, int]]:
        """Names as whole words; in prose as they are written, because "Will" is not "will"."""
        if not self.names:
            return []
        flags = re.IGNORECASE if any_case else re.NOFLAG
        return [match.span() for match in re.finditer(self._pattern, text, flags)]


def find_scope(access: Access, participant: Participant) -> Scope:
    scope = sort_sources(access, participant)
    _names(scope)
    scope.runs = runs(_words(scope))
    return scope


def sort_sources(access: Access, person: Participant) -> Scope:
    """The sources alone, without names and words."""
    scope, project = Scope(access, person), access.project
    theirs = Turn.objects.filter(participant=person).values("source")
    sources = project.sources.filter(Q(participant=person) | Q(pk__in=theirs)).order_by("key")
    others = Turn.objects.filter(source__in=sources).exclude(participant=person)
    # Somebody else who is known speaks there; or at least somebody who is no interviewer does.
    known = set(
        others.filter(participant__isnull=False).with_words().values_list("source_id", flat=True)
    )
    anybody = known | set(
        others.filter(role__in=[Turn.Role.PARTICIPANT, Turn.Role.OBSERVER])
        .with_words()
        .values_list("source_id", flat=True)
    )
    # Of an observation or a document, prose is somebody's work; over an interview it is a heading.
    prose = set(
        others.filter(role=Turn.Role.TEXT)
        .exclude(source__kind=Source.Kind.INTERVIEW)
        .with_words()
        .values_list("source_id", flat=True)
    )
    for source in sources:
        declared = source.participant_id
        if declared == person.pk:
            whole = source.pk not in known
        else:
            whole = declared is None and source.pk not in anybody | prose
        (scope.own if whole else scope.group).append(source)
    here = {source.pk for source in (*scope.own, *scope.group)}
    former = {
        source_id
        for source_id, turns in SourceVersion.objects.filter(source__project=project)
        .exclude(source__in=here)
        .values_list("source_id", "turns")
        .iterator(chunk_size=50)
        if any(len(row) > 5 and row[5] == person.pk for row in turns)
    }
    scope.former = list(project.sources.filter(pk__in=former).order_by("key"))
    return scope


def _names(scope: Scope) -> None:
    person = scope.participant
    try:
        real = unseal(person.real_name_sealed)
    except Unreadable:
        real, scope.name_unreadable = "", True
    spoken = Turn.objects.filter(participant=person).order_by().values_list("speaker", flat=True)
    labels = [
        *spoken.distinct(),
        *person.speakers.values_list("label", flat=True),
    ]
    labels = [
        label
        for label in labels
        if not is_generic_label(label) and label.casefold() not in DEFAULT_SPEAKER_ROLES
    ]
    found = (name.strip() for name in (person.key, person.pseudonym, real, *labels))
    # A bare number or a single letter would be found everywhere.
    scope.names = tuple(
        dict.fromkeys(n for n in found if len(n) > 1 and any(c.isalpha() for c in n))
    )


def _words(scope: Scope) -> Iterable[str]:
    """What this person has said, turn by turn; one text in memory at a time.

    In a source of their own everything that is not an interviewer's is taken for theirs.
    """
    own = Q(source__in=scope.own) & ~Q(role=Turn.Role.INTERVIEWER)
    turns = Turn.objects.filter(
        own | Q(participant=scope.participant), end__gt=F("body_start")
    ).order_by("source", "ordinal")
    by_source: dict[int, list[tuple[int, int]]] = {}
    for source, start, end in turns.values_list("source_id", "body_start", "end"):
        by_source.setdefault(source, []).append((start, end))
    texts = SourceText.objects.filter(source__in=by_source).order_by("pk")
    for source, text in texts.values_list("source_id", "text").iterator(chunk_size=20):
        for start, end in by_source[source]:
            yield text[start:end]
    versions = SourceVersion.objects.filter(source__in=[s.pk for s in (*scope.own, *scope.touched)])
    for text, rows in versions.values_list("text", "turns").iterator(chunk_size=20):
        for row in rows:
            if len(row) > 5 and row[5] == scope.participant.pk:
                yield text[row[1] : row[2]]
