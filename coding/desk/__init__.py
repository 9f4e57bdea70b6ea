"""The desk at which the coders of a round are compared: what its pages show.

``sieve`` says which places are asked for, ``words`` puts a place into a sentence, ``text`` draws
one text with a lane for each coder, ``pages`` puts the pages together, ``own`` holds one coder's
passages against what was agreed on.
"""

from coding.desk.own import OUTCOMES, Own, OwnLine, outcome_words, own, with_words
from coding.desk.pages import KINDS, PAGE, Desk, SourceLine, Way, desk, next_open, source_lines, way
from coding.desk.sieve import Sieve, read_sieve

__all__ = [
    "KINDS",
    "OUTCOMES",
    "PAGE",
    "Desk",
    "Own",
    "OwnLine",
    "Sieve",
    "SourceLine",
    "Way",
    "desk",
    "next_open",
    "outcome_words",
    "own",
    "read_sieve",
    "source_lines",
    "way",
    "with_words",
]
