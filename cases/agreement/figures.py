"""A figure: a coefficient with its interval, or the reason why there is none."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from coding.core.agreement import REASONS, Coefficient, Interval, Reason

# Krippendorff's limits: for conclusions that one relies on, and for tentative ones.
ADVICE_LIMITS = (0.667, 0.800)
# With fewer applications by all coders together a code is too rare to judge.
RARE = 5


@dataclass(frozen=True, slots=True)
class Figure:
    coefficient: Coefficient
    interval: Interval | None = None

    @property
    def value(self) -> float | None:
        return self.coefficient.value

    @property
    def n(self) -> int:
        return round(self.coefficient.n)

    @property
    def reason(self) -> str:
        """Why there is no number; "" where there is one."""
        return sentence(self.coefficient.reason)

    @property
    def low(self) -> float | None:
        return self.interval.low if self.interval else None

    @property
    def high(self) -> float | None:
        return self.interval.high if self.interval else None

    @property
    def why_no_interval(self) -> str:
        return sentence(self.interval.reason) if self.interval else ""

    @property
    def advice(self) -> str:
        """ "rely", "tentative", "below" from the lower limit of the interval; "" without one."""
        if self.low is None:
            return ""
        tentative, rely = ADVICE_LIMITS
        if self.low >= rely:
            return "rely"
        return "tentative" if self.low >= tentative else "below"

    @property
    def heat(self) -> int:
        """0 for nothing above chance, else 1…5 in equal steps up to 1."""
        if self.value is None or self.value <= 0:
            return 0
        return max(1, min(5, -int(-5 * self.value // 1)))


def sentence(reason: Reason | None) -> str:
    # The sentences stand in the core, which knows no translation.
    return _(REASONS[reason]) if reason is not None else ""


def advice_words() -> dict[str, str]:
    return {
        "rely": _("lower limit at or above .800: enough to rely on"),
        "tentative": _("lower limit from .667 to .800: enough for tentative conclusions"),
        "below": _("lower limit below .667: talk about this code before you draw conclusions"),
    }
