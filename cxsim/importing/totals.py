"""Rows of totals are left out, but first compared with the rows above them: what they add up to, and how."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxsim.importing.fields import Rows
from cxsim.importing.quality import Quality

Bools = npt.NDArray[np.bool_]
LEAST_APART = 0.01  # relative difference of two means that is worth telling


def compare(rows: Rows, keep: Bools, totals: Bools, quality: Quality) -> None:
    """Tell where a row of totals has another sum than its rows, or a mean that is not weighted by contacts.

    The rows of a row of totals are those between it and the one above it.
    """
    offered, answered, aht = rows.number("offered"), rows.number("answered"), rows.number("aht")
    begin, name = 0, rows.files.text(0) if len(rows) else ""
    for end in np.flatnonzero(totals).tolist():
        mine = np.arange(begin, end)[keep[begin:end]]
        begin = end + 1
        if not len(mine):
            continue
        total = float(np.nansum(offered[mine]))
        if np.isfinite(offered[end]) and abs(offered[end] - total) > 0.5:
            text = f"the row of totals in line {rows.lines[end]} has {offered[end]:,.0f} contacts offered"
            quality.find("totals", f"{text}, but its rows add up to {total:,.0f} ({name})")
        good = mine[np.isfinite(aht[mine]) & (np.nan_to_num(answered[mine]) > 0)]
        if not np.isfinite(aht[end]) or not len(good):
            continue
        weighted, plain = float(np.average(aht[good], weights=answered[good])), float(aht[good].mean())
        if abs(weighted - plain) > LEAST_APART * weighted and abs(aht[end] - plain) < abs(aht[end] - weighted):
            text = f"the AHT of the row of totals in line {rows.lines[end]} ({aht[end]:,.0f} s)"
            text += " is the plain mean of its rows"
            quality.find("unweighted", f"{text}; weighted by answered contacts it is {weighted:,.0f} s ({name})")
