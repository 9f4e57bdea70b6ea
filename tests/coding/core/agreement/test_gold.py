"""Published values, and outputs of other programs: ../shared/gold/agreement_gold.json.

Every case names its publication, and where the value was read, in the file itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coding.core.agreement import (
    Coefficient,
    Distance,
    Measure,
    SourceCoding,
    Statistic,
    count_source,
    estimate,
    ratings,
    set_alpha,
    tabulate,
    unitizing,
)
from coding.core.agreement import formulas as f
from coding.core.agreement.ratings import Level, Ratings
from coding.core.agreement.sets import set_distance
from coding.core.agreement.statistics import coefficients

NOT_OFFERED = {
    "cohen_kappa_se": "it takes units as independent; here sources are what is left out or drawn",
    "gwet_ac1_se": "it takes units as independent; here sources are what is left out or drawn",
}

OF_RATINGS = {
    "percent_units": ratings.percent,
    "fleiss_kappa": ratings.fleiss_kappa,
    "gwet_fleiss_kappa": ratings.fleiss_kappa,
    "conger_kappa": ratings.conger_kappa,
    "gwet_ac1": ratings.gwet_ac1,
    "brennan_prediger": ratings.brennan_prediger,
}
OF_TABLES = {
    "percent": f.percent,
    "cohen_kappa": f.cohen_kappa,
    "scott_pi": f.scott_pi,
    "gwet_ac1": f.gwet_ac1,
    "brennan_prediger": f.brennan_prediger,
    "pabak": f.brennan_prediger,
    "positive_agreement": f.positive_agreement,
    "negative_agreement": f.negative_agreement,
    "krippendorff_alpha_nominal": f.krippendorff_alpha,
}
OF_CODES = {
    "pooled_kappa_devries": f.pooled_kappa,
    "summed_table_kappa": f.summed_table_kappa,
    "mean_kappa": f.mean_kappa,
}
OF_SPANS = {
    "cohen_kappa": Measure.KAPPA,
    "scott_pi": Measure.SCOTT,
    "char_alpha_binary": Measure.ALPHA,
}
DISTANCES = {
    "masi_2006": Distance.MASI,
    "masi_2004": Distance.MASI_2004,
    "jaccard": Distance.JACCARD,
    "dice": Distance.DICE,
    "passonneau": Distance.PASSONNEAU,
}


def of_ratings(data: dict[str, Any], name: str) -> float | None:
    given = Ratings.of(data["ratings"])
    if name == "expected":
        return ratings.fleiss_kappa(given).expected
    if name.startswith("krippendorff_alpha_"):
        level = Level(name.removeprefix("krippendorff_alpha_"))
        return ratings.krippendorff_alpha(given, level).value
    if name.startswith("kappa_category_"):
        return ratings.category_kappa(given, int(name.removeprefix("kappa_category_"))).value
    if name == "percent":
        return coefficients(f.percent(given.table()))[0].value
    return OF_RATINGS[name](given).value


def of_table(data: dict[str, Any], name: str) -> float | None:
    return coefficients(OF_TABLES[name](np.array(data["table"], float)))[0].value


def of_tables(data: dict[str, Any], name: str) -> float | None:
    tables = np.array([[[a, b], [c, d]] for a, b, c, d in data["tables"]], float)
    return coefficients(OF_CODES[name](tables))[0].value


def of_spans(data: dict[str, Any], name: str) -> float | None:
    rows = [(int(who), 1, *span) for who, spans in data["coders"].items() for span in spans]
    coders = [int(who) for who in data["coders"]]
    counts = tabulate([count_source(SourceCoding.from_rows(1, data["length"], coders, rows))])
    return estimate(counts, Statistic(OF_SPANS[name], (coders[0], coders[1])))[0].value


def of_continuum(data: dict[str, Any], name: str) -> float | None:
    rows = [
        (number, int(code), start, end)
        for number, spans in enumerate(data["coders"].values())
        for start, end, code in spans
    ]
    coders = range(len(data["coders"]))
    found = unitizing([SourceCoding.from_rows(1, data["length"], coders, rows)])
    if name.startswith("ku_alpha_") and name.endswith("_coverage"):
        return found.coverage_by_code[int(name.split("_")[2])]
    if name.startswith("ku_alpha_"):
        return found.by_code[int(name.removeprefix("ku_alpha_"))].value
    one: dict[str, Coefficient] = {
        "u_alpha": found.u,
        "bar_u_alpha": found.relevance,
        "cu_alpha": found.coding,
    }
    return one[name].value


def of_set_pairs(data: dict[str, Any], name: str) -> list[float]:
    return [set_distance(a, b, DISTANCES[name]) for a, b in data["pairs"]]


def of_set_ratings(data: dict[str, Any], name: str) -> float | None:
    rows = [
        (coder, ord(code), unit, unit + 1)
        for unit, sets in enumerate(data["ratings"])
        for coder, codes in enumerate(sets)
        for code in codes
    ]
    coding = SourceCoding.from_rows(1, len(data["ratings"]), range(2), rows)
    if name == "percent":
        return set_alpha([coding]).percent.value
    return set_alpha([coding], DISTANCES[name.removeprefix("alpha_")]).coefficient.value


WAYS = {
    "ratings": of_ratings,
    "table": of_table,
    "tables_2x2": of_tables,
    "spans_one_code": of_spans,
    "continuum": of_continuum,
    "set_pairs": of_set_pairs,
    "set_ratings": of_set_ratings,
}


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "gold" / "agreement_gold.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["cases"]
    return found


def test_the_published_values_are_reproduced(cases: list[dict[str, Any]]) -> None:
    passed, left_out = 0, []
    for case in cases:
        for name, expected in case["expected"].items():
            if name in NOT_OFFERED:
                left_out.append((case["name"], name))
                continue
            tolerance = case["tolerance"]
            if isinstance(tolerance, dict):
                tolerance = tolerance.get(name, tolerance["*"])
            found = WAYS[case["data"]["type"]](case["data"], name)
            wanted = expected if isinstance(expected, list) else [expected]
            values = found if isinstance(found, list) else [found]
            assert len(values) == len(wanted)
            for value, one in zip(values, wanted, strict=True):
                if one is None and isinstance(expected, list):
                    continue  # no outside number for this pair of sets
                assert value == (None if one is None else pytest.approx(one, abs=tolerance)), (
                    case["name"],
                    name,
                )
            passed += 1
    assert len(cases) == 18
    assert passed == 78
    assert left_out == [
        ("krippendorff_4x12", "gwet_ac1_se"),
        ("gwet_3x3_abstractors", "cohen_kappa_se"),
    ]


def test_the_other_set_distances_give_the_reference_values(cases: list[dict[str, Any]]) -> None:
    """Where only full precision of an independent program exists, that is what is compared."""
    case = next(case for case in cases if case["name"] == "set_valued_alpha")
    compared = 0
    for name, expected in case["reference_value"].items():
        assert of_set_ratings(case["data"], name) == pytest.approx(expected, abs=1e-12), name
        compared += 1
    assert compared == 6


def test_full_precision_of_the_reference(cases: list[dict[str, Any]]) -> None:
    compared = 0
    for case in cases:
        for name, expected in case["reference_value"].items():
            if name in NOT_OFFERED or name not in case["expected"]:
                continue
            found = WAYS[case["data"]["type"]](case["data"], name)
            assert found == (
                None if expected is None else pytest.approx(expected, rel=1e-12, abs=1e-12)
            ), (case["name"], name)
            compared += 1
    assert compared == 78
