"""What going into the trash and coming back share: counts, rights, and the line it answers."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding.services.codings.history import StateConflict


@dataclass(frozen=True, slots=True)
class Touched:
    """How much goes with something, by kind; or the sentence that says why it cannot go."""

    counts: dict[str, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def words(self) -> list[str]:
        return in_words(self.counts)


def in_words(counts: dict[str, int]) -> list[str]:
    """“12 coded passages”, “3 memos” …; what there is none of is left out."""
    said = {
        "sources": lambda n: ngettext("%(n)s source", "%(n)s sources", n),
        "codes": lambda n: ngettext("%(n)s code", "%(n)s codes", n),
        "cases": lambda n: ngettext("%(n)s case", "%(n)s cases", n),
        "notes": lambda n: ngettext("%(n)s memo", "%(n)s memos", n),
        "passages": lambda n: ngettext("%(n)s coded passage", "%(n)s coded passages", n),
        "passages_removed": lambda n: ngettext(
            "%(n)s passage that had been removed", "%(n)s passages that had been removed", n
        ),
        "memos": lambda n: ngettext("%(n)s memo on it", "%(n)s memos on it", n),
        "versions": lambda n: ngettext("%(n)s earlier text", "%(n)s earlier texts", n),
        "recordings": lambda n: ngettext("%(n)s recording", "%(n)s recordings", n),
        "comparisons": lambda n: ngettext(
            "%(n)s compared place in a closed round", "%(n)s compared places in closed rounds", n
        ),
        "assignments": lambda n: ngettext(
            "%(n)s share of a closed round", "%(n)s shares of closed rounds", n
        ),
        "examples": lambda n: ngettext("%(n)s example", "%(n)s examples", n),
        "merged": lambda n: ngettext(
            "%(n)s code that was merged into it", "%(n)s codes that were merged into it", n
        ),
        "children": lambda n: ngettext(
            "%(n)s code below it (stays, and moves up)",
            "%(n)s codes below it (stay, and move up)",
            n,
        ),
        "case_sources": lambda n: ngettext(
            "%(n)s source of it (stays)", "%(n)s sources of it (stay)", n
        ),
        "case_participants": lambda n: ngettext(
            "%(n)s participant of it (stays)", "%(n)s participants of it (stay)", n
        ),
        "values": lambda n: ngettext("%(n)s attribute", "%(n)s attributes", n),
        "corrected": lambda n: ngettext("%(n)s text", "%(n)s texts", n),
        "left": lambda n: ngettext(
            "%(n)s passage stays as it is, because it has changed since",
            "%(n)s passages stay as they are, because they have changed since",
            n,
        ),
    }
    return [said[kind](n) % {"n": f"{n:,}"} for kind, n in counts.items() if n]


def gone(name: str) -> StateConflict:
    return StateConflict(_("“%(name)s” is in the trash already.") % {"name": name}, code="in_trash")


def not_there(name: str) -> StateConflict:
    return StateConflict(
        _("“%(name)s” is not in the trash any more.") % {"name": name}, code="not_in_trash"
    )
