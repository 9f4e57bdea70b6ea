"""When somebody's words may be quoted: the one rule for pages, files and displays.

The team reads and counts what it may use, whatever was said about quoting. Words that leave the
team (an export with quotations, an exemplar in a display) need a yes: unknown is not a yes. On
pages a passage is marked only where somebody has said no.
"""

from collections.abc import Iterable

from coding.core.turns import PARTICIPANT

# Ends of a sentence that begins with the passage.
REFUSED = "not to be quoted: the speaker has refused"
UNKNOWN = "not to be quoted: nobody has noted whether the speaker agrees"
NOBODY = "not to be quoted: it is not known who speaks"


def refused(consents: Iterable[bool | None]) -> bool:
    """Whether one of those who speak in a passage has said no; for the mark on pages.

    One consent for each turn that the passage touches: one refusal is enough.
    """
    return any(consent is False for consent in consents)


def why_not_quoted(turns: Iterable[tuple[str, bool, bool | None]]) -> str:
    """Why the words of these turns may not leave the team; "" where they may.

    Each turn is (role, whether the participant is known, that person's consent to be quoted).
    Interviewers, observers and texts without a speaker are the team's own or nobody's.
    """
    reasons = [
        REFUSED if consent is False else UNKNOWN if someone else NOBODY
        for role, someone, consent in turns
        if consent is False or (role == PARTICIPANT and consent is not True)
    ]
    return next((r for r in (REFUSED, UNKNOWN, NOBODY) if r in reasons), "")
