"""Agreement between coders: counts that are added per source, coefficients, intervals, places.

The usual way: ``count_sources`` (kept as bytes, counted anew for a source that changed),
``tabulate`` for the coders and codes wanted, ``estimate`` for the numbers, ``jackknife`` or
``bootstrap`` for how sure they are. ``confusion``, ``set_alpha`` and ``unitizing`` start from the
passages; ``comparisons`` lists the places of one source to talk about.
"""

from coding.core.agreement.confusion import Confusion, confusion
from coding.core.agreement.counting import THRESHOLD, count_source, count_sources, join_cases
from coding.core.agreement.counts import SourceCounts
from coding.core.agreement.intervals import FEWEST_DOCUMENTS, bootstrap, jackknife
from coding.core.agreement.model import REASONS, Coefficient, Interval, Reason, SourceCoding, Unit
from coding.core.agreement.places import Kind, Passage, Place, comparisons
from coding.core.agreement.sets import Distance, SetAlpha, set_alpha
from coding.core.agreement.statistics import (
    Measure,
    Pooling,
    Statistic,
    against_the_others,
    applications,
    between_coders,
    estimate,
)
from coding.core.agreement.sums import Rows, Sums, tabulate, total
from coding.core.agreement.unitizing import Unitizing, unitizing

__all__ = [
    "FEWEST_DOCUMENTS",
    "REASONS",
    "THRESHOLD",
    "Coefficient",
    "Confusion",
    "Distance",
    "Interval",
    "Kind",
    "Measure",
    "Passage",
    "Place",
    "Pooling",
    "Reason",
    "Rows",
    "SetAlpha",
    "SourceCoding",
    "SourceCounts",
    "Statistic",
    "Sums",
    "Unit",
    "Unitizing",
    "against_the_others",
    "applications",
    "between_coders",
    "bootstrap",
    "comparisons",
    "confusion",
    "count_source",
    "count_sources",
    "estimate",
    "jackknife",
    "join_cases",
    "set_alpha",
    "tabulate",
    "total",
    "unitizing",
]
