"""Visits to each touchpoint: what they solved, what effort they took, and how successful customers felt after them.

A visit is one stay of a contact in a place: tries at a menu, and stays with agents of one queue who hand the contact
back, are one visit. Who is transferred or called back comes to another touchpoint than who calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.schema import ledger

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

Floats = npt.NDArray[np.float64]
CAME = ("", "after a transfer", "called back")  # how a contact came to a queue
VISITED = ("visits", "solved", "onward", "effort", "success")  # what is summed by touchpoint
# What leads on to another place within the contact.
ONWARD = (ledger.HANDED_ON, ledger.TRANSFERRED, ledger.CALLBACK, ledger.REPLIED)


def visits(scenario: Scenario, legs: npt.NDArray[np.void], efforts: Floats, counted: npt.NDArray[np.bool_]) -> Floats:
    """Sums VISITED of each touchpoint, in the order of `touchpoints`, over the legs that are `counted`.

    `legs` are those of whole issues in their order, `efforts` their points.
    """
    queues, nodes = len(scenario.queues), len(scenario.flow)
    kept = counted & ((legs["felt"] & ledger.PASSED) == 0)
    legs, efforts = legs[kept], efforts[kept]
    came = np.select([legs["cause"] == ledger.TRANSFER, legs["cause"] == ledger.CALLED_BACK], [1, 2], 0)
    place = legs["queue"].astype(np.int64)
    point = np.where(place < 0, -1 - place, nodes + place * len(CAME) + came)
    out = np.zeros((nodes + queues * len(CAME), len(VISITED)))
    if not len(legs):
        return out
    new = np.append(True, (np.diff(point) != 0) | (np.diff(legs["issue"]) != 0) | (np.diff(legs["attempt"]) != 0))
    # What happens after a transfer, or a callback that was accepted, is another visit even in the same queue.
    new[1:] |= np.isin(legs["outcome"][:-1], (ledger.TRANSFERRED, ledger.CALLBACK))
    begins = np.flatnonzero(new)
    ends = np.append(begins[1:], len(legs)) - 1
    effort = np.add.reduceat(efforts, begins)
    solved = np.maximum.reduceat((legs["resolved"] == 1).astype(np.float64), begins)
    onward = (1.0 - solved) * np.isin(legs["outcome"][ends], ONWARD)
    said = scenario.experience.success
    level = solved * said.solved + onward * said.onward + (1.0 - solved - onward) * said.failed
    felt = level * np.exp2(-effort / said.effort_halves) if said.effort_halves else level
    for column, values in enumerate((np.ones(len(begins)), solved, onward, effort, felt)):
        out[:, column] = np.bincount(point[begins], values, len(out))
    return out


def touchpoints(scenario: Scenario) -> list[tuple[str, str]]:
    """Every touchpoint: its name and its kind, such as a menu, or the channel in which agents talk there."""
    out = []
    for name, node in scenario.flow.items():
        kind = next(key for key in type(node).model_fields if getattr(node, key) is node.part)
        out.append((name, "AI agent" if kind == "ai_agent" else kind.replace("_", " ")))
    first = next(iter(scenario.channels), "phone")
    for name, queue in scenario.queues.items():
        out += [(name, f"{queue.channel or first}{came and f', {came}'}") for came in CAME]
    return out
