"""Where names stand."""

import pytest

from coding.core.edits import apply_edits
from coding.core.names import Finder, Replacement


def replaced(text, *rows):
    finder = Finder([Replacement(*row) for row in rows])
    return apply_edits(text, finder.edits(list(finder.hits(text))))


@pytest.mark.parametrize(
    ("text", "rows", "after"),
    [
        ("Ann met Anna and Ann.", [("Ann", "P1")], "P1 met Anna and P1."),
        ("Ann met Anna.", [("Ann", "P1", False)], "P1 met P1a."),
        ("Rose rose.", [("Rose", "P2")], "P2 rose."),
        ("Rose ROSE rose.", [("Rose", "P2", True, False)], "P2 P2 P2."),
        ("Anna’s and Anna's", [("Anna", "P1")], "P1’s and P1's"),
        # The longer name counts where both begin at one place.
        ("Anna Berg and Anna", [("Anna", "P1"), ("Anna Berg", "P1 B")], "P1 B and P1"),
        # Typed composed, written decomposed.
        ("Zoe\u0308 and Zoë", [("Zoë", "P3")], "P3 and P3"),
        ("Zoe\u0308", [("Zoe", "P3")], "Zoe\u0308"),
        ("a.b axb", [("a.b", "c")], "c axb"),
        ("שלום Anna", [("שלום", "P4")], "P4 Anna"),
        # What is put in is not looked at again.
        ("Anna Ben", [("Anna", "Ben"), ("Ben", "Anna")], "Ben Anna"),
        ("nobody", [], "nobody"),
    ],
)
def test_replacing(text, rows, after):
    assert replaced(text, *rows) == after


def test_hits_say_which_name():
    finder = Finder([Replacement("Ben", "x"), Replacement("Anna", "y")])
    hits = list(finder.hits("Anna, Ben"))
    assert [(h.start, h.end, h.which) for h in hits] == [(0, 4, 1), (6, 9, 0)]
    assert finder.count("Anna, Ben") == 2
