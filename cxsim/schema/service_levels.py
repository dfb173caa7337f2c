"""The definitions of the service level: which contacts count, and which of them as met."""

from __future__ import annotations

from typing import Final, NamedTuple

ENTERED: Final = "contacts that were answered or waited in a queue (not balked or blocked ones)"


class Definition(NamedTuple):
    """A service level: T is the queue's target time, S the short-abandon time.

    `numerator` and `denominator` are columns of `metrics.sums`, joined by `+` and `-`.
    """

    formula: str
    numerator: str
    denominator: str

    @property
    def of_offered(self) -> bool:
        """Whether every contact counts, and is met only if it was answered."""
        return self.numerator == "in_time" and self.denominator != "answered" and "-" not in self.denominator

    @property
    def asks_who_left_in_time(self) -> bool:
        """Whether those who abandoned within T count as met, or not at all."""
        return "abandoned_in_time" in f"{self.numerator} {self.denominator}"


# As a user writes them; in compiled code by number.
SL_DEFINITIONS: Final[dict[str, Definition]] = {
    "answered_of_offered": Definition(f"answered within T ÷ {ENTERED}", "in_time", "entered"),
    "answered_of_answered": Definition("answered within T ÷ answered", "in_time", "answered"),
    "excluding_short_abandoned": Definition(
        f"answered within T ÷ {ENTERED}, minus those abandoned within S", "in_time", "entered - short_abandoned"
    ),
    "abandoned_in_time_count_as_met": Definition(
        f"(answered within T + abandoned within T) ÷ {ENTERED}", "in_time + abandoned_in_time", "entered"
    ),
    "excluding_abandoned_in_time": Definition(
        f"answered within T ÷ {ENTERED}, minus those abandoned within T", "in_time", "entered - abandoned_in_time"
    ),
    "including_blocked": Definition(
        "answered within T ÷ all contacts offered, including blocked and balked ones",
        "in_time",
        "fresh + redial + repeat",
    ),
}
SL_NAMES: Final = tuple(SL_DEFINITIONS)
OF_OFFERED, OF_ANSWERED, WITHOUT_SHORT, GONE_MET, WITHOUT_GONE, WITH_BLOCKED = range(len(SL_NAMES))
DEFAULT_SL: Final = SL_NAMES[OF_OFFERED]
