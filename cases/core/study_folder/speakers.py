"""Which participant a speaker label means."""

from collections.abc import Iterable, Mapping, Sequence

from cases.core.study_folder.report import listing, several, shown
from cases.core.study_folder.rows import ParticipantRow
from coding.core.turns import PARTICIPANT, TurnSpan, is_generic_label


class Speakers:
    """The people of a study, found by their id or pseudonym without regard to case."""

    def __init__(self, people: Iterable[ParticipantRow]) -> None:
        self._by_key: dict[str, ParticipantRow] = {}
        self._by_pseudonym: dict[str, list[ParticipantRow]] = {}
        for person in people:
            self._by_key[person.key.casefold()] = person
            if person.pseudonym:
                self._by_pseudonym.setdefault(person.pseudonym.casefold(), []).append(person)
        self._unknown: dict[str, list[str]] = {}
        self._spelling: dict[str, str] = {}

    @property
    def roles(self) -> Mapping[str, str]:
        """Label -> role of its turns, as ``parse_turns`` takes it."""
        pseudonyms = {label: people[0].turn_role for label, people in self._by_pseudonym.items()}
        return pseudonyms | {label: person.turn_role for label, person in self._by_key.items()}

    def link(
        self,
        document: str,
        kind: str,
        participant: str | None,
        cases: Sequence[str],
        turns: Iterable[TurnSpan],
    ) -> dict[str, str]:
        """Label as written -> participant key, for the labels of participants' turns.

        Staff is never linked: nothing they say counts as a participant's. An interview whose one
        unknown label is generic ("Respondent") is with the person the table names.
        """
        labels = dict.fromkeys(turn.speaker for turn in turns if turn.role == PARTICIPANT)
        links: dict[str, str] = {}
        unknown: list[str] = []
        for label in labels:
            person = self._person(label, participant, cases)
            if person is not None:
                links[label] = person.key
            else:
                unknown.append(label)
        nameless = {label.casefold() for label in unknown}
        if (
            kind == "interview"
            and participant is not None
            and participant not in links.values()
            and len(nameless) == 1
            and is_generic_label(unknown[0])
        ):
            return links | dict.fromkeys(unknown, participant)
        for folded in dict.fromkeys(label.casefold() for label in unknown):
            self._unknown.setdefault(folded, []).append(document)
            self._spelling.setdefault(folded, next(u for u in unknown if u.casefold() == folded))
        return links

    def notes(self) -> list[str]:
        """One sentence for each label that is nobody's."""
        return [
            f"The speaker {shown(self._spelling[label])} ({several(len(documents), 'document')}: "
            f"{listing(documents)}) is not in the list of participants; the turns are kept as "
            "those of an unknown participant."
            for label, documents in self._unknown.items()
        ]

    def _person(
        self, label: str, participant: str | None, cases: Sequence[str]
    ) -> ParticipantRow | None:
        folded = label.casefold()
        if folded in self._by_key:
            return self._by_key[folded]
        people = self._by_pseudonym.get(folded, [])
        # Two people may share a pseudonym: the document says which of them can be meant.
        for fitting in (
            people,
            [person for person in people if person.key == participant],
            [person for person in people if person.case in cases],
        ):
            if len(fitting) == 1:
                return fitting[0]
        return None
