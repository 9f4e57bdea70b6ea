"""What is chosen for one file of an upload: how it is read, and as what it is stored."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from cases.core.transcript_batch.standing import Take
from coding.core.transcripts import Choices


@dataclass(frozen=True, slots=True)
class FileSettings:
    """``cases`` are ids of cases, ``new_case`` the name of one that the import makes if need be."""

    key: str
    title: str
    kind: str = "interview"
    date: datetime.date | None = None
    cases: tuple[int, ...] = ()
    new_case: str = ""
    participant: int | None = None
    take: Take = Take.UNDECIDED
    choices: Choices = field(default_factory=Choices)

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "kind": self.kind,
            "date": self.date.isoformat() if self.date else None,
            "cases": list(self.cases),
            "new_case": self.new_case,
            "participant": self.participant,
            "take": self.take.value,
            "choices": self.choices.as_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        when = values.get("date")
        return cls(
            key=values["key"],
            title=values["title"],
            kind=values["kind"],
            date=datetime.date.fromisoformat(when) if when else None,
            cases=tuple(values.get("cases", ())),
            new_case=values.get("new_case", ""),
            participant=values.get("participant"),
            take=Take(values.get("take", "")),
            choices=Choices.from_json(values.get("choices", {})),
        )
