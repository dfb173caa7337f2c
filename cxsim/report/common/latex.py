"""Tables for papers: a frame as a LaTeX tabular in the style of booktabs, with the words and units of the reports."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    char: f"\\{char}" for char in "&%$#_{}"
}
_PATTERN = re.compile("|".join(re.escape(char) for char in _SPECIAL))


def escaped(text: str) -> str:
    """Text without LaTeX's own characters."""
    return _PATTERN.sub(lambda match: _SPECIAL[match[0]], text).replace("\n", " ")


def number(value: float, unit: str, digits: int = 4) -> str:
    """A value in the table's unit: shares in per cent, with so many significant digits; a dash for none."""
    if math.isnan(value):
        return "--"
    value = 100.0 * value if unit == "share" else value
    whole = len(f"{abs(value):.0f}") if abs(value) >= 1.0 else 0 if value == 0.0 else math.floor(math.log10(abs(value)))
    places = max(0, digits - whole) if abs(value) >= 1.0 or value == 0.0 else min(8, digits - 1 - whole)
    return f"${value:.{places}f}$"


def interval(low: float, high: float, unit: str) -> str:
    """Both ends of an interval in brackets."""
    if math.isnan(low):
        return "--"
    return f"[{number(low, unit)}, {number(high, unit)}]"


def titled(title: str, unit: str) -> str:
    """A metric with its unit in brackets."""
    shown = {"share": "%", "count": "", "ratio": "", "number": ""}.get(unit, unit)
    return escaped(f"{title} ({shown})" if shown else title)


def tabular(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int, caption: str = "", label: str = "") -> str:
    """A table of cells that are LaTeX already: the first `left` columns to the left, all others to the right.

    With a caption it is a float; the caption and the label are text.
    """
    lines = [
        rf"\begin{{tabular}}{{{'l' * left}{'r' * (len(heads) - left)}}}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    if caption:
        named = [rf"\label{{{label}}}"] if label else []
        lines = [r"\begin{table}", r"\centering", rf"\caption{{{escaped(caption)}}}", *named, *lines, r"\end{table}"]
    return "\n".join(lines) + "\n"
