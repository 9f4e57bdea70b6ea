"""How far the coders of a round agree: what was asked for, the figures, and the words beside them.

The address is the specification. Page, report and every file are made from the one ``Agreement``
built here, so they cannot disagree.
"""

from cases.agreement.building import Waiting, build
from cases.agreement.figures import ADVICE_LIMITS, RARE, Figure
from cases.agreement.lines import CodeRow
from cases.agreement.on_paper import Arithmetic, arithmetic
from cases.agreement.over_time import Trend, trend
from cases.agreement.places import CodePlaces, code_places
from cases.agreement.report import methods, stamp
from cases.agreement.spec import MEASURES, AgreementSpec, read_spec
from cases.agreement.table import Agreement
from cases.agreement.words import measure_words, unit_words

__all__ = [
    "ADVICE_LIMITS",
    "MEASURES",
    "RARE",
    "Agreement",
    "AgreementSpec",
    "Arithmetic",
    "CodePlaces",
    "CodeRow",
    "Figure",
    "Trend",
    "Waiting",
    "arithmetic",
    "build",
    "code_places",
    "measure_words",
    "methods",
    "read_spec",
    "stamp",
    "trend",
    "unit_words",
]
