"""Numbers and times as a planner reads them."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

from cxsim.metrics import REGISTRY

SHARES = frozenset({"share", "probability", "ratio", "%"})
SECONDS = frozenset({"s", "seconds", "second"})
HOURS = frozenset({"h", "hours", "hour"})
MONEY = frozenset({"money", "currency"})
_NONZERO = re.compile("[1-9]")
NOTHING = "n/a"


def title(figure: str) -> str:
    """The title of a figure in the registry of measures; its name in words where it is not there."""
    words = REGISTRY[figure].title if figure in REGISTRY else figure.replace("_", " ")
    return words[:1].upper() + words[1:]


def head(figure: str) -> str:
    """A short title, for the head of a column."""
    return (REGISTRY[figure].short if figure in REGISTRY else "") or title(figure)


def formula(figure: str) -> str:
    """How a figure is computed, in the words of the registry; empty for one it does not know."""
    return REGISTRY[figure].formula if figure in REGISTRY else ""


def absolute(figure: str) -> bool:
    """Whether a width of the figure is in points (shares); else it is a part of the value."""
    return figure in REGISTRY and REGISTRY[figure].absolute


def share(value: float, digits: int = 1) -> str:
    """A share 0..1 as a percentage; never rounded to 0% or 100% when it is not."""
    if not math.isfinite(value):
        return NOTHING
    text = f"{value * 100:.{digits}f}"
    for edge in (0.0, 100.0):
        if float(text) == edge and value * 100 != edge and digits < 3:
            return share(value, digits + 1)
    return text + "%"


def level(confidence: float) -> str:
    """A confidence level as `95%`."""
    return f"{100.0 * confidence:.6g}%"


def one_in(confidence: float) -> str:
    """Of how many intervals one misses by chance: `twenty` at 95 %."""
    many = 1.0 / (1.0 - confidence)
    return {10: "ten", 20: "twenty", 100: "a hundred"}.get(round(many), f"{many:.0f}")


def seconds(value: float) -> str:
    """A duration in the units that keep it short: 4.2 s, 1 min 05 s, 2 h 10 min, 2.5 days."""
    if not math.isfinite(value):
        return NOTHING if math.isnan(value) else "never"
    if value < 0:
        return "-" + seconds(-value)
    if value < 9.95:
        return f"{value:.0f} s" if value == round(value) else f"{value:.1f} s"
    if round(value) < 60:
        return f"{value:.0f} s"
    if round(value) < 3600:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    if value < 48 * 3600:
        hours, rest = divmod(round(value / 60), 60)
        return f"{hours} h {rest:02d} min" if rest else f"{hours} h"
    return f"{value / 86400:.1f} days"


def clock(value: float) -> str:
    """Seconds as min:s, for axes."""
    minutes, rest = divmod(round(value), 60)
    return f"{minutes}:{rest:02d}"


def number(value: float) -> str:
    """A count or a factor: three significant digits below 100, thousands separated, no false decimals."""
    if not math.isfinite(value):
        return NOTHING
    size = abs(value)
    if value == round(value) or size >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if size >= 10 else f"{value:,.2f}"


def quantity(value: float | None, unit: str, currency: str = "") -> str:
    """A value with its unit, as text; `n/a` for NaN or None. What rounds to zero has no sign."""
    if value is None or math.isnan(value):
        return NOTHING
    text = _with_unit(value, unit, currency)
    return text[1:] if value <= 0 and text[:1] == "-" and not _NONZERO.search(text.split(" ")[0]) else text


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, which what rounds to zero has not; nothing for NaN."""
    if math.isnan(value):
        return ""
    text = f"{value:+.{digits}f}"
    return text.replace("-", "\u2212") if _NONZERO.search(text) else text[1:]


def _with_unit(value: float, unit: str, currency: str) -> str:
    if unit in SHARES:
        return share(value)
    if unit in SECONDS:
        return seconds(value)
    if unit in HOURS:
        return f"{value:,.1f} h"
    if unit in MONEY or (currency and unit == currency):
        return f"{value:,.2f} {currency}".strip() if abs(value) < 1000 else f"{value:,.0f} {currency}".strip()
    if unit == "":
        return f"{value:,.2f}"
    if unit == "contacts":
        return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.1f}"
    if unit == "agents":
        return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:,.1f}"
    return number(value)


def margin(low: float, high: float, unit: str, currency: str = "") -> str:
    """Half the width of an interval as `± …`; empty where there is none."""
    half = (high - low) / 2
    if math.isnan(half) or half == 0:
        return ""
    if unit in SHARES:
        return f"± {half * 100:.1f} points" if half * 100 >= 0.05 else "± < 0.1 points"
    return "± " + quantity(half, unit, currency)


def between(low: float, high: float, unit: str, currency: str = "") -> str:
    """An interval as `a to b`; empty where there is none, or no chance in it."""
    if math.isnan(low) or math.isnan(high) or low == high:
        return ""
    return _range(quantity(low, unit, currency), quantity(high, unit, currency))


def _range(low: str, high: str) -> str:
    """`a to b`, with a unit that both share written once."""
    first, last = low.split(" "), high.split(" ")
    once = len(first) == len(last) == 2 and first[1] == last[1]
    return f"{first[0] if once else low} to {high}"


def change_between(low: float, high: float, unit: str, currency: str = "") -> str:
    """An interval of a difference as `-a to +b`; empty where there is none."""
    if math.isnan(low) or math.isnan(high):
        return ""
    return _range(change(low, unit, currency), change(high, unit, currency))


def change(value: float, unit: str, currency: str = "") -> str:
    """A difference with its sign; shares in points."""
    if math.isnan(value):
        return NOTHING
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    if unit in SHARES:
        return f"{sign}{abs(value) * 100:.1f} points"
    return sign + quantity(abs(value), unit, currency)


def when(interval: str, *, day: bool = True) -> str:
    """An interval for people: `Mon 5 Jan 08:30`, `Mon 5 Jan` for a day, `08:30` without its day."""
    if interval in ("total", ""):
        return "all"
    if "T" not in interval and " " not in interval:
        return day_label(date.fromisoformat(interval))
    moment = datetime.fromisoformat(interval)
    clock = f"{moment:%H:%M}"
    return f"{day_label(moment)} {clock}" if day else clock


def day_label(moment: date) -> str:
    """A day as `Mon 5 Jan`."""
    return f"{moment:%a} {moment.day} {moment:%b}"


def plural(count: int, word: str, many: str = "") -> str:
    """`1 interval`, `2 intervals`."""
    return f"{count:,} {word if count == 1 else many or word + 's'}"


def listing(parts: list[str], limit: int = 6) -> str:
    """`a, b and c`; beyond the limit the rest is counted."""
    if len(parts) > limit:
        parts = [*parts[: limit - 1], f"{len(parts) - limit + 1} more"]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""
