"""How a coefficient comes about: the table of a code and a pair, and each formula with its numbers.

The figures are those of the engine; the lines here show on paper what it computed.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from cases.agreement.figures import Figure
from cases.agreement.lines import PairRow
from cases.agreement.table import Agreement
from cases.agreement.words import measure_words
from coding.agreement import CodeLine


@dataclass(frozen=True, slots=True)
class Formula:
    """One coefficient: its lines of arithmetic, observed and expected, and the figure."""

    name: str
    lines: tuple[str, ...]
    figure: Figure

    @property
    def observed(self) -> str:
        return _digits(self.figure.coefficient.observed)

    @property
    def expected(self) -> str:
        return _digits(self.figure.coefficient.expected)


@dataclass(frozen=True, slots=True)
class PairSum:
    first: str
    second: str
    row: PairRow
    formulas: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The sums behind one code: all coders together, and each pair."""

    code: CodeLine
    together: tuple[Formula, ...]
    pairs: tuple[PairSum, ...]


def arithmetic(found: Agreement, code: int) -> Arithmetic | None:
    """None where the code is not among those compared."""
    place = next((n for n, line in enumerate(found.codes) if line.id == code), None)
    if place is None or found.rows is None:
        return None
    labels = dict(found.coders)
    names = measure_words(2)
    pairs = []
    for row in found.pair_rows(code):
        lines = _passages(row, found.rows.offered) if found.unit == "overlap" else _table(row)
        formulas = tuple(
            Formula(names[name], (*steps, *_end(name, row.figures[name])), row.figures[name])
            for name, steps in lines.items()
        )
        pairs.append(PairSum(labels[row.first], labels[row.second], row, formulas))
    return Arithmetic(found.codes[place], _together(found, place, code), tuple(pairs))


def _table(row: PairRow) -> dict[str, tuple[str, ...]]:
    a, b, c, d, n = row.a, row.b, row.c, row.d, row.n
    ones = 2 * a + b + c
    zeros = 2 * n - ones
    observed = _share("Po = (a + d) ÷ n", f"({a} + {d}) ÷ {n}", a + d, n)
    chance = (a + b) * (a + c) + (c + d) * (b + d)
    share = ones / (2 * n) if n else 0.0
    return {
        "percent": (observed,),
        "f1": (_share("F1 = 2a ÷ (2a + b + c)", f"{2 * a} ÷ {ones}", 2 * a, ones),),
        "kappa": (
            observed,
            _share(
                "Pe = ((a + b)(a + c) + (c + d)(b + d)) ÷ n²",
                f"({a + b} × {a + c} + {c + d} × {b + d}) ÷ {n}²",
                chance,
                n * n,
            ),
        ),
        "alpha": (
            _share("Do = (b + c) ÷ n", f"({b} + {c}) ÷ {n}", b + c, n),
            _share(
                "De = 2 × n₁ × n₀ ÷ (N × (N − 1)),  n₁ = 2a + b + c,  n₀ = 2d + b + c,  N = 2n",
                f"2 × {ones} × {zeros} ÷ ({2 * n} × {2 * n - 1})",
                2 * ones * zeros,
                2 * n * (2 * n - 1),
            ),
        ),
        "ac1": (
            observed,
            f"π = (2a + b + c) ÷ 2n = {ones} ÷ {2 * n} = {share:.4f}",
            f"Pe = 2 × π × (1 − π) = {2 * share * (1 - share):.4f}",
        ),
        "pabak": (observed, "Pe = 1 ÷ 2 = 0.5000"),
    }


def _passages(row: PairRow, offered: int) -> dict[str, tuple[str, ...]]:
    a, b, c = row.a, row.b, row.c
    observed = _share("Po = a ÷ (a + b + c)", f"{a} ÷ ({a} + {b} + {c})", a, a + b + c)
    return {
        "percent": (observed,),
        "pabak": (
            observed,
            _share(_("Pe = 1 ÷ q, q being the codes on offer"), f"1 ÷ {offered}", 1, offered),
        ),
    }


def _together(found: Agreement, place: int, code: int) -> tuple[Formula, ...]:
    """Krippendorff's alpha of all coders, from the sums of the sources."""
    if found.rows is None or found.unit == "overlap" or found.n_coders < 3:
        return ()
    sums = found.rows.total()
    values, ones = round(float(sums.values)), round(float(sums.applied[place]))
    unequal = float(sums.unequal[place])
    lines = (
        _(
            "N = %(values)s values: each coder’s decision about each unit; n₁ = %(ones)s of"
            " them say that the code is there, n₀ = %(zeros)s that it is not"
        )
        % {"values": values, "ones": ones, "zeros": values - ones},
        _(
            "Do = unequal pairs of values in a unit, each weighted by 1 ÷ (coders − 1), ÷ N"
            " = %(unequal)s ÷ %(values)s = %(share)s"
        )
        % {
            "unequal": f"{unequal:g}",
            "values": values,
            "share": f"{unequal / values:.4f}" if values else "0 ÷ 0",
        },
        _share(
            "De = 2 × n₁ × n₀ ÷ (N × (N − 1))",
            f"2 × {ones} × {values - ones} ÷ ({values} × {values - 1})",
            2 * ones * (values - ones),
            values * (values - 1),
        ),
    )
    row = next(row for row in found.code_rows if row.code.id == code)
    figure = row.figures["alpha"]
    return (Formula(measure_words(3)["alpha"], (*lines, *_end("alpha", figure)), figure),)


def _end(name: str, figure: Figure) -> tuple[str, ...]:
    """The last line: the formula with observed and expected put in."""
    observed, expected = figure.coefficient.observed, figure.coefficient.expected
    if observed is None or expected is None:
        return ()
    value = _("not defined") if figure.value is None else _digits(figure.value)
    if name == "alpha":
        return (f"α = 1 − Do ÷ De = 1 − {1 - observed:.4f} ÷ {1 - expected:.4f} = {value}",)
    sign = {"kappa": "κ", "ac1": "AC1"}.get(name, "PABAK")
    return (
        f"{sign} = (Po − Pe) ÷ (1 − Pe)"
        f" = ({observed:.4f} − {expected:.4f}) ÷ (1 − {expected:.4f}) = {value}",
    )


def _share(formula: str, numbers: str, top: int, bottom: int) -> str:
    value = f"{top / bottom:.4f}" if bottom else _("not defined")
    return f"{formula} = {numbers} = {value}"


def _digits(value: float | None) -> str:
    return "" if value is None else f"{value:z.4f}".replace("-", "−")
