"""Identities that times of an export must keep: a talk ends after it began, and an agent has one contact at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from cxsim.importing.contacts import NAMES
from cxsim.importing.fields import Rows
from cxsim.importing.quality import Quality, several

LEAST = 20  # answered contacts from which the check says something
UNITS = (60.0, 1.0 / 60.0, 1000.0, 1e-3)  # how many times too small or large a time in another unit is
OFF = 0.15  # by which a ratio may differ from that of two units
MOST_AT_ONCE = 0.2  # of an agent's contacts that begin before the one before has ended
_BUCKET = re.compile(
    r"\b(?P<low>\d{1,4})\s*(?:-|–|to)\s*(?P<high>\d{1,4})(?!\d)|(?P<edge>[<>≤≥]\s*\d{1,4}\s*s?|\b\d{1,4}\s*\+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"ans|aband|wait|calls?\b|queue|within", re.IGNORECASE)


def talks(rows: Rows, outcome: npt.NDArray[np.int64], quality: Quality) -> None:
    """Talk times against the clock, and against the agent's next contact."""
    served = outcome == NAMES.index("answered")
    wait, talk = np.nan_to_num(rows.number("wait")), rows.number("talk") + np.nan_to_num(rows.number("hold"))
    begin = rows.number("arrived") + np.nan_to_num(rows.number("ivr")) + wait
    _clocked(rows.number("ended") - begin, talk, served, quality)
    handle = rows.number("handle")
    work = np.where(np.isfinite(handle), handle, talk + np.nan_to_num(rows.number("acw")))
    agent = rows.text("agent")
    named = np.array([bool(text) for text in agent.values], np.bool_)[agent.codes]
    mine = served & named & np.isfinite(begin) & np.isfinite(work)
    if mine.sum() < LEAST:
        return
    order = np.lexsort((begin[mine], agent.codes[mine]))
    who, start, end = agent.codes[mine][order], begin[mine][order], (begin + work)[mine][order]
    early = (who[1:] == who[:-1]) & (start[1:] < end[:-1] - 1.0)
    if early.sum() > MOST_AT_ONCE * mine.sum():
        text = (
            f"{several(int(early.sum()), 'contact')} of {int(mine.sum()):,} began before the same agent's contact "
            "before it had ended: agents serve several at once, or times are in a larger unit than they seem"
        )
        quality.find("at_once", text, "check the units of talk and after-call work; say so if these are chats")


def _clocked(
    clock: npt.NDArray[np.float64],
    talk: npt.NDArray[np.float64],
    served: npt.NDArray[np.bool_],
    quality: Quality,
) -> None:
    """Whether talk times are those of the stamps, or in another unit."""
    both = served & np.isfinite(clock) & np.isfinite(talk) & (clock > 0.0) & (talk > 0.0)
    if both.sum() < LEAST:
        return
    ratio = float(np.median(clock[both] / talk[both]))
    for times in UNITS:
        if abs(ratio / times - 1.0) <= OFF:
            text = f"by their times, contacts last {ratio:.3g} times as long as their talk time says: its unit is wrong"
            quality.find("unit", text, "set the unit: columns.talk.unit=min, s or ms")
            return


def buckets(columns: Iterable[str], quality: Quality) -> None:
    """Columns that count contacts by wait, which are not read: tell so, and why."""
    found = [name for name in columns if _BUCKET.search(name) and _WORD.search(name)]
    if len(found) < 2:
        return
    told = ", ".join(map(repr, found[:4])) + (" …" if len(found) > 4 else "")
    text = f"columns {told} count contacts by their wait; they are not read"
    bounds = [match for name in found if (match := _BUCKET.search(name))]
    lows = {int(m["low"]) for m in bounds if m["low"]}
    highs = {int(m["high"]) for m in bounds if m["high"]}
    if lows & highs:
        text += f", and a wait of {min(lows & highs)} s may be in either of two of them"
    if any(mark in name for name in found for mark in ">≥+"):
        text += ", and the longest waits have no upper bound, so that no mean wait follows from them"
    quality.find("wait_buckets", text, "read the mean wait (asa) and the service level from columns of their own")
