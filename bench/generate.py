"""A study of any size, made up from a seed and written straight into the database.

The same size and seed give the same texts, codes and codings (and the same guids), so that figures
of two runs can be compared. Turns and words are found by the project's own parser: every row is as
an import would have written it. Codings come with their events, one each, as after tagging by hand.
"""

import argparse
import hashlib
import random
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np

START = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
BATCH = 2_000
VOCABULARY = 4_000
EMOJI = ("🙂", "👍🏽", "🎉", "🤔")
# One word each by the project's rule, and each with a character that is easily miscounted.
SPECIAL_WORDS = ("don't", "it's", "co-teach", "naïve", "café", "we’re", "cafe\u0301")
ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "l", "m", "n", "p", "pl", "r", "s", "st")
VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")
CODAS = ("", "", "n", "r", "s", "t", "ll", "nd")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything. ``codings`` are those of all documents but the long transcript."""

    documents: int
    words: int
    cases: int
    codes: int
    coders: int
    codings: int
    long_words: int = 30_000
    long_codings: int = 2_000

    @property
    def all_codings(self) -> int:
        return self.codings + self.long_codings


SIZES = {
    "tiny": Size(6, 600, 3, 20, 2, 300, long_words=2_000, long_codings=100),
    "small": Size(40, 2_000, 8, 30, 3, 5_000),
    "medium": Size(200, 8_000, 20, 60, 3, 118_000),
}


@dataclass(frozen=True, slots=True)
class Study:
    """Where to find what was made: primary keys, and how many rows there are of what."""

    project: int
    owner: int
    source: int
    long_source: int
    leaf_code: int
    documents: int
    turns: int
    words: int
    codings: int
    events: int


@dataclass(slots=True)
class _Text:
    key: str
    kind: str
    case: int
    speakers: list[str]
    text: str


class _Writer:
    """Texts of word-like tokens, common ones often and most of them rarely, as in any language."""

    def __init__(self, seed: int) -> None:
        self.numbers = np.random.default_rng(seed)
        self.random = random.Random(seed)
        self.words = self._vocabulary()
        weights = 1 / np.arange(1, len(self.words) + 1)
        self.weights = weights / weights.sum()

    def _vocabulary(self) -> list[str]:
        found = dict.fromkeys(("the", "and", "we", "to", "it", *SPECIAL_WORDS))
        while len(found) < VOCABULARY:
            syllables = self.random.choice((1, 2, 2, 3))
            found["".join(self._syllable() for _ in range(syllables))] = None
        return list(found)

    def _syllable(self) -> str:
        pick = self.random.choice
        return pick(ONSETS) + pick(VOWELS) + pick(CODAS)

    def transcript(self, words: int, speakers: list[str], first: str) -> str:
        """``words`` words of talk, ``first`` and the speakers in turn; "" speaks a paragraph."""
        ids = self.numbers.choice(len(self.words), size=words, p=self.weights)
        tokens = iter([self.words[i] for i in ids])
        lines: list[str] = []
        left, asks = words, True
        while left > 0:
            who = first if asks else self.random.choice(speakers)
            many = min(left, self.random.randint(4, 25) if asks else self.random.randint(30, 160))
            body = self._sentences(list(islice(tokens, many)))
            lines.append(f"{who}: {body}" if who else body)
            left, asks = left - many, not asks
        return "\n".join(lines) + "\n"

    def _sentences(self, words: list[str]) -> str:
        sentences: list[str] = []
        while words:
            many = self.random.randint(5, 18)
            sentence, words = " ".join(words[:many]), words[many:]
            mark = f" {self.random.choice(EMOJI)}" if self.random.random() < 0.03 else ""
            sentences.append(f"{sentence[0].upper()}{sentence[1:]}.{mark}")
        return " ".join(sentences)

    def guid(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)


def generate(size: Size, seed: int = 1, title: str = "Benchmark study") -> Study:
    """Make a project of this size in the default database, in one transaction."""
    from django.db import transaction

    with transaction.atomic():
        return _Maker(size, seed, title).make()


class _Maker:
    def __init__(self, size: Size, seed: int, title: str) -> None:
        self.size, self.title = size, title
        self.writer = _Writer(seed)
        self.numbers = self.writer.numbers

    def make(self) -> Study:
        self._people()
        self._cases()
        self._codes()
        sources, spans, turns = self._sources()
        codings = self._codings(sources, spans)
        events = self._events(codings)
        return Study(
            project=self.project.pk,
            owner=self.users[0].pk,
            source=sources[0].pk,
            long_source=sources[-1].pk,
            leaf_code=self.codes[-1].pk,
            documents=len(sources),
            turns=turns,
            words=sum(source.words for source in sources),
            codings=len(codings),
            events=events,
        )

    def _people(self) -> None:
        from projects.models import Membership, Project, Role, User

        guid = self.writer.guid
        self.project = Project.objects.create(guid=guid(), title=self.title, synthetic=True)
        self.users = User.objects.bulk_create(
            User(
                email=f"coder{n}.{self.project.pk}@bench.example",
                display_name=f"Coder {n}",
                password="!",
            )
            for n in range(1, self.size.coders + 1)
        )
        self.coders = Membership.objects.bulk_create(
            Membership(
                guid=guid(),
                project=self.project,
                user=user,
                label=user.display_name,
                role=Role.OWNER if n == 0 else Role.CODER,
            )
            for n, user in enumerate(self.users)
        )

    def _cases(self) -> None:
        from cases.models import Case, CaseParticipant
        from coding.models import Participant

        guid = self.writer.guid
        self.cases = Case.objects.bulk_create(
            Case(guid=guid(), project=self.project, key=f"case{n:03}", name=f"Team {n}", position=n)
            for n in range(self.size.cases)
        )
        # At least four to a case, so that a meeting of one team has somebody to talk to.
        many = max(4 * self.size.cases, self.size.documents // 2)
        self.participants = Participant.objects.bulk_create(
            [
                Participant(
                    guid=guid(),
                    project=self.project,
                    key=f"P{n:03}",
                    pseudonym=f"Person {n}",
                    role=("coach", "teacher", "principal")[n % 3],
                    consent_use=True,
                )
                for n in range(many)
            ],
            batch_size=BATCH,
        )
        CaseParticipant.objects.bulk_create(
            CaseParticipant(case=self.cases[n % self.size.cases], participant=person)
            for n, person in enumerate(self.participants)
        )

    def _codes(self) -> None:
        """Groups of ten: a root, and nine below it of which two lie a level deeper."""
        from coding.models import Code

        self.codes: list[Code] = []
        for n in range(self.size.codes):
            place = n % 10
            parent = None
            if place:
                parent = self.codes[n - place + (1 if place in (2, 3) else 0)]
            self.codes.append(
                Code.objects.create(
                    guid=self.writer.guid(),
                    project=self.project,
                    key=f"code{n:03}",
                    name=f"{self.writer.words[100 + n].capitalize()} {n}",
                    definition=self.writer.transcript(30, [""], "").strip(),
                    parent=parent,
                    position=n,
                    colour=n % 12,
                )
            )

    def _texts(self) -> Iterator[_Text]:
        cases, size = self.size.cases, self.size
        for n in range(size.documents):
            case = n % cases
            team = [p.key for p in self.participants[case::cases]]
            kind = ("document", "observation")[n % 2] if n % 10 > 6 else "interview"
            speakers = {
                "interview": [team[(n // cases) % len(team)]],
                "observation": team[:4],
                "document": [""],
            }[kind]
            first = {"interview": "INT", "observation": "OBS", "document": ""}[kind]
            text = self.writer.transcript(size.words, speakers, first)
            yield _Text(f"source{n:04}", kind, case, speakers, text)
        speakers = [self.participants[0].key]
        text = self.writer.transcript(size.long_words, speakers, "INT")
        yield _Text("the-long-one", "interview", 0, speakers, text)

    def _sources(self) -> tuple[list[Any], list[Any], int]:
        from cases.models import CaseSource
        from coding.core.text import word_spans
        from coding.core.turns import label_intervals, parse_turns, words_per_turn
        from coding.models import Reading, Source, SourceText, Turn

        person_of = {person.key: person for person in self.participants}
        sources, spans, turns_made = [], [], 0
        for n, made in enumerate(self._texts()):
            known = {key: "participant" for key in made.speakers if key}
            turns = parse_turns(made.text, known)
            words = word_spans(made.text, label_intervals(turns))
            per_turn = words_per_turn(words, turns)
            asked = sum(
                int(many)
                for many, turn in zip(per_turn, turns, strict=True)
                if turn.role == "interviewer"
            )
            data = made.text.encode()
            digest = hashlib.sha256(data).hexdigest()
            alone = made.speakers[0] if made.kind == "interview" else ""
            source = Source.objects.create(
                guid=self.writer.guid(),
                project=self.project,
                key=made.key,
                title=f"{made.kind.capitalize()} {n}",
                kind=made.kind,
                date=(START + timedelta(days=n)).date(),
                participant=person_of.get(alone),
                length=len(made.text),
                text_sha256=digest,
                original_sha256=digest,
                words=len(words),
                participant_words=len(words) - asked,
            )
            SourceText.objects.create(
                source=source,
                text=made.text,
                word_spans=np.ascontiguousarray(words, dtype="<i4").tobytes(),
                original=data,
                original_name=f"{made.key}.txt",
                encoding="utf-8",
            )
            Turn.objects.bulk_create(
                [
                    Turn(
                        source=source,
                        ordinal=place,
                        start=turn.start,
                        body_start=turn.body_start,
                        end=turn.end,
                        speaker=turn.speaker,
                        role=turn.role,
                        participant=person_of.get(turn.speaker),
                    )
                    for place, turn in enumerate(turns, start=1)
                ],
                batch_size=BATCH,
            )
            # A meeting of two teams belongs to both of their cases.
            homes = {made.case, (made.case + 1) % self.size.cases} if n % 20 == 7 else {made.case}
            CaseSource.objects.bulk_create(
                CaseSource(case=self.cases[home], source=source) for home in sorted(homes)
            )
            if n % 2:
                Reading.objects.create(
                    source=source, coder=self.coders[n % len(self.coders)], finished_at=START
                )
            sources.append(source)
            spans.append(words)
            turns_made += len(turns)
        return sources, spans, turns_made

    def _codings(self, sources: list[Any], spans: list[Any]) -> list[Any]:
        from coding.models import Coding

        each, rest = divmod(self.size.codings, self.size.documents)
        codings: list[Coding] = []
        for n, (source, words) in enumerate(zip(sources, spans, strict=True)):
            long = n == len(sources) - 1
            wanted = self.size.long_codings if long else each + (n < rest)
            everybody = long or n % 3 == 0
            for start, end, code, coder in self._places(words, wanted, everybody=everybody):
                codings.append(
                    Coding(
                        guid=self.writer.guid(),
                        source=source,
                        code=self.codes[code],
                        coder=self.coders[(n + coder) % len(self.coders)],
                        start=start,
                        end=end,
                        created_at=START + timedelta(minutes=len(codings)),
                    )
                )
        return Coding.objects.bulk_create(codings, batch_size=BATCH)

    def _places(
        self, words: Any, wanted: int, *, everybody: bool
    ) -> list[tuple[int, int, int, int]]:
        """Passages of whole words with code and coder, all different, in the order of tagging."""
        weights = 1 / np.arange(2, self.size.codes + 2)
        found: dict[tuple[int, int, int, int], None] = {}
        while len(found) < wanted:
            many = wanted - len(found)
            first = self.numbers.integers(0, len(words), many)
            length = 3 + self.numbers.geometric(1 / 25, many)
            last = np.minimum(first + length, len(words) - 1)
            code = self.numbers.permutation(self.size.codes)[
                self.numbers.choice(self.size.codes, many, p=weights / weights.sum())
            ]
            coder = self.numbers.integers(0, self.size.coders if everybody else 1, many)
            rows = np.stack([words[first, 0], words[last, 1], code, coder], axis=1)
            found |= dict.fromkeys(map(tuple, rows.tolist()))
        return list(found)

    def _events(self, codings: list[Any]) -> int:
        from projects.models import Event

        def events() -> Iterator[Event]:
            for coding in codings:
                row = {
                    "id": coding.pk,
                    "guid": str(coding.guid),
                    "code": coding.code_id,
                    "coder": coding.coder_id,
                    "start": coding.start,
                    "end": coding.end,
                }
                yield Event(
                    project=self.project,
                    actor_id=coding.coder.user_id,
                    at=coding.created_at,
                    verb="coding.added",
                    object_type="coding",
                    object_guid=coding.guid,
                    label=coding.code.name,
                    source_guid=coding.source.guid,
                    after={"codings": [row]},
                    batch=self.writer.guid(),
                )

        return len(Event.objects.bulk_create(events(), batch_size=BATCH))


def main() -> int:
    """Fill the configured database, to look at a large study in the browser."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachstudy.settings")

    django.setup()
    from django.core.exceptions import ObjectDoesNotExist

    from projects.models import Membership, Project, Role, User

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--size", choices=SIZES, default="medium")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--documents", type=int)
    parser.add_argument("--words", type=int, help="words of each document")
    parser.add_argument("--codes", type=int)
    parser.add_argument("--coders", type=int)
    parser.add_argument("--codings", type=int)
    parser.add_argument("--lead", metavar="EMAIL", help="an account that may then open the study")
    options = parser.parse_args()
    names = ("documents", "words", "codes", "coders", "codings")
    chosen = {n: getattr(options, n) for n in names if getattr(options, n) is not None}
    if any(number < 1 for number in chosen.values()):
        parser.error("A size must be at least 1.")
    lead = None
    if options.lead:
        try:
            lead = User.objects.get_by_natural_key(options.lead)
        except ObjectDoesNotExist:
            parser.error(f"There is no account {options.lead}.")
    study = generate(replace(SIZES[options.size], **chosen), options.seed)
    if lead is not None:
        Membership.objects.create(
            project=Project.objects.get(pk=study.project),
            user=lead,
            label=str(lead),
            role=Role.LEAD,
        )
    print(
        f"Project {study.project}: {study.documents:,} documents, {study.words:,} words,"
        f" {study.turns:,} turns, {study.codings:,} codings."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
