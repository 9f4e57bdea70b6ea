"""What stands at the head of a turn wherever its words are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from coding.core.clock import clock
from coding.core.consent import refused


@dataclass(slots=True)
class TurnHead:
    ordinal: int
    speaker: str
    # The pseudonym, where the label in the text is another one.
    name: str
    role: str
    time: str
    # Whoever speaks here has refused to be quoted.
    no_quote: bool

    @classmethod
    def of(cls, turn: Mapping[str, Any]) -> Self:
        """From a row of ``queries.read_turns``."""
        name = turn["participant__pseudonym"] or ""
        return cls(
            ordinal=turn["ordinal"],
            speaker=turn["speaker"],
            name=name if name != turn["speaker"] else "",
            role=turn["role"],
            time=clock(turn["time_start"]),
            no_quote=refused([turn["participant__consent_quote"]]),
        )
