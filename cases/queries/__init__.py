"""What is read about cases, and the evidence that matrices are counted from.

``overviews`` has the cases and what a project consists of, ``counted`` the evidence as arrays,
``behind`` the lines of the list behind a number, ``searches`` what was saved and what was coded by
searching, ``known`` what an import may refer to, ``drawn`` what a round can be drawn from,
``agreement`` what the report of a round says of sources and cases.
"""

from cases.queries.agreement import (
    all_sources,
    coded_before,
    compared_places,
    decided,
    lengths,
    source_versions,
    sources_of_cases,
)
from cases.queries.behind import (
    coding_lines,
    participant_names,
    source_lines,
    texts,
    turn_lines,
)
from cases.queries.counted import ROLE_CODES, Evidence, evidence, placements_waiting, study_text
from cases.queries.drawn import drawable
from cases.queries.known import StoredTexts, existing
from cases.queries.overviews import (
    case,
    case_sources,
    case_table,
    cases,
    codebook_state,
    coders_with_codings,
    kinds_present,
    overview,
)
from cases.queries.searches import batch_lines, batch_rows, saved_queries, saved_query

__all__ = [
    "ROLE_CODES",
    "Evidence",
    "StoredTexts",
    "all_sources",
    "batch_lines",
    "batch_rows",
    "case",
    "case_sources",
    "case_table",
    "cases",
    "codebook_state",
    "coded_before",
    "coders_with_codings",
    "coding_lines",
    "compared_places",
    "decided",
    "drawable",
    "evidence",
    "existing",
    "kinds_present",
    "lengths",
    "overview",
    "participant_names",
    "placements_waiting",
    "saved_queries",
    "saved_query",
    "source_lines",
    "source_versions",
    "sources_of_cases",
    "study_text",
    "texts",
    "turn_lines",
]
