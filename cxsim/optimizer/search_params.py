"""What a researcher may turn in the search: every constant of it, with unit, default, range and reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


def _knob(
    default: float, unit: str, why: str, low: float = 0.0, high: float = math.inf, *, positive: bool = True
) -> Any:
    """A field: its default, unit, why, and range; `positive` leaves out the lower end where that is 0."""
    if isinstance(default, int):
        low = max(low, 1.0)
    facts = {"unit": unit, "why": why, "low": low, "high": high, "open": positive and low == 0.0}
    return field(default=default, metadata=facts)


@dataclass(frozen=True)
class SearchParams:
    """Constants of the search, its start and its proof; the defaults suit contact centers of 2 to 100 groups.

    Give those that differ: `optimize(scenario, params=SearchParams(elite=8))`. `SearchParams.table()` lists each field
    with its unit, default, range and reason. Raises ValueError with every field that is out of range or of the wrong
    type. A plan stores the values that it was found with.
    """

    # Time
    presolve_share: float = _knob(
        0.2, "share of the time limit", "by when the first linear program and the bound end", 0, 1
    )
    search_share: float = _knob(0.5, "share of the time limit", "by when the search ends, so that a proof fits", 0, 1)
    proof_share: float = _knob(0.85, "share of the time limit", "by when the proof ends; the rest is advice", 0, 1)
    keep_share: float = _knob(0.05, "share of the search", "that storing the best plan so far may take", 0, 1)
    # Start
    start_gain: float = _knob(0.4, "share", "of a miss that corrects the start; above one half it swings", 0, 1)
    start_rounds: int = _knob(1, "rounds", "corrections of the start by simulation; 1 does most of the good")
    far_short: float = _knob(0.25, "slack", "a start further below its goals is stretched: slopes are flat there", 0, 1)
    stretch: float = _knob(1.2, "factor", "by which a start far below its goals is stretched at once", 1.0, 4)
    most_stretches: int = _knob(6, "times", "that a start is stretched at most")
    # Differences
    slope_spacing: int = _knob(3, "intervals", "from one changed interval to the next; fewer mix their effects")
    slope_memory: float = _knob(0.6, "weight", "of earlier slopes beside new ones; the plan has moved since", 0, 1)
    least_ratio: float = _knob(1.0, "ratio", "of loss (one less) to gain (one more), at least", 0, 10)
    most_ratio: float = _knob(4.0, "ratio", "of loss (one less) to gain (one more), at most", 1, 100)
    # Steps
    first_moved: float = _knob(0.15, "share of agents", "moved in the first step at most", 0, 1)
    most_moved: float = _knob(0.5, "share of agents", "moved in any step at most", 0, 1)
    least_moved: float = _knob(4.0, "agents", "moved in a step at most, when steps have shrunk")
    grow: float = _knob(1.6, "factor", "on the step after a success", 1, 10)
    shrink: float = _knob(0.45, "factor", "on the step after a failure", 0, 1)
    most_failures: int = _knob(4, "steps", "failed in a row, at the least step, that end a phase")
    least_curvature: float = _knob(0.7, "ratio", "of a simulated loss to that by slopes, at least", 0, 10)
    most_curvature: float = _knob(2.5, "ratio", "of a simulated loss to that by slopes, at most", 1, 100)
    learn_from: float = _knob(0.002, "slack", "expected to be lost, below which nothing is learned from a step", 0, 1)
    stall_rounds: int = _knob(4, "rounds", "with next to no gain that end a phase")
    stall_gain: float = _knob(0.0008, "share of cost", "over those rounds that is next to none", 0, 1)
    elite: int = _knob(4, "plans", "looked at again with more replications when a phase begins")
    full_size: int = _knob(200, "groups × intervals", "from which on a problem gets all its replications")
    # Prices of shortfalls
    cheapest_columns: int = _knob(5, "columns", "whose money for slack a price is averaged over")
    price_factor: float = _knob(2.0, "factor", "on that money; ten times blocks every useful step", 1, 10)
    least_price: float = _knob(0.3, "factor", "on the price by the cheapest columns, at least", 0, 1)
    most_price: float = _knob(64.0, "factor", "on its price that a shortfall may come to cost", 1, 1e6)
    far_lacking: float = _knob(0.03, "slack", "missing in a round, above which shortfalls become dearer at once", 0, 1)
    # The program of a step
    flat_slack: float = _knob(0.15, "slack", "further below a goal than this, cuts are not believed", 0, 1)
    most_cuts: int = _knob(12, "plans", "whose cuts are kept")
    program_gap: float = _knob(2e-4, "share", "relative gap of the whole-number program", 0, 1)
    program_miss: float = _knob(0.2, "share", "of what a step may gain, that its whole-number program may miss", 0, 1)
    program_seconds: float = _knob(3.0, "s", "for one whole-number program")
    # Small cases
    small_columns: int = _knob(16, "columns", "up to which every cheaper plan may be tried")
    # Proof
    proof_contacts: float = _knob(20e6, "contacts", "in a block of the proof: some 3 s on two free cores")
    least_proof: int = _knob(512, "replications", "of a block of the proof, at least, without a time limit")
    most_proof: int = _knob(32768, "replications", "of a block of the proof, at most")
    hurried_proof: int = _knob(128, "replications", "of a block of the proof, at least, under a time limit")
    proof_blocks: int = _knob(3, "blocks", "of a proof that a time limit must leave room for")
    cushion: float = _knob(1.5, "standard errors", "kept beyond those of the proof, so that it is made once", 0, 10)
    most_repairs: int = _knob(12, "top-ups", "before a proof is given up")
    cheap_repair: float = _knob(
        0.004, "share of staff cost", "that a top-up may add before a search mends the plan", 0, 1
    )
    thin_rounds: int = _knob(6, "rounds", "of taking people from a plan; most of the gain is in the first")
    most_thinned: int = _knob(24, "agents", "taken at once from a plan with slack to spare")
    most_added: int = _knob(24, "agents", "added at once by a top-up")
    repair_rounds: int = _knob(10, "rounds", "of one repair")
    least_repair: int = _knob(256, "days", "that a plan is simulated for in a repair, at least")
    most_repair: int = _knob(1024, "replications", "of a plan in a repair, at most")
    unproved: int = _knob(200, "replications", "on which a plan that is not proved is shown")

    def __post_init__(self) -> None:
        faults = [text for one in fields(self) if (text := _fault(one.name, getattr(self, one.name), one))]
        pairs = (
            ("presolve_share", "search_share"),
            ("search_share", "proof_share"),
            ("least_ratio", "most_ratio"),
            ("first_moved", "most_moved"),
            ("least_curvature", "most_curvature"),
            ("least_proof", "most_proof"),
            ("least_repair", "most_repair"),
        )
        for low, high in pairs:
            if not faults and getattr(self, low) > getattr(self, high):
                faults.append(f"{low}: {getattr(self, low):g} is above {high}, {getattr(self, high):g}")
        if faults:
            raise ValueError("\n".join(faults))

    @classmethod
    def table(cls) -> list[Mapping[str, Any]]:
        """The fields as a table.

        Returns
        -------
        list of mapping
            A row per field: name, default, range, unit and why.
        """
        return [
            {
                "name": one.name,
                "default": one.default,
                "range": _range(one),
                "unit": one.metadata["unit"],
                "why": one.metadata["why"],
            }
            for one in fields(cls)
        ]

    def stored(self) -> dict[str, float]:
        """What a plan keeps of the constants.

        Returns
        -------
        dict
            Every field with its value.
        """
        return asdict(self)


def _range(one: Any) -> str:
    low, high = one.metadata["low"], one.metadata["high"]
    least = f"{'above' if one.metadata['open'] else 'at least'} {low:g}"
    return least if math.isinf(high) else f"{least}, at most {high:g}"


def _fault(name: str, value: Any, one: Any) -> str:
    """What is wrong with a value, '' if nothing is."""
    whole = isinstance(one.default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return f"{name}: {value!r} is not a {'whole ' if whole else ''}number; the default is {one.default:g}"
    low, high, above = one.metadata["low"], one.metadata["high"], one.metadata["open"]
    if not (low <= value <= high) or (above and value == low) or math.isinf(value):
        return (
            f"{name}: {value:g} is out of range ({_range(one)}); the default is {one.default:g} {one.metadata['unit']}"
        )
    return ""


def _attributes() -> str:
    """The section of the docstring that describes each field, from what the fields say of themselves."""
    out = ["Attributes", "----------"]
    for row, one in zip(SearchParams.table(), fields(SearchParams), strict=True):
        said = f"{str(row['unit']).capitalize()} {row['why']} ({row['range']})."
        out += [f"{row['name']} : {one.type}, default {row['default']:g}", f"    {said}"]
    return "\n".join(f"    {line}" for line in out)


SearchParams.__doc__ = f"{(SearchParams.__doc__ or '').rstrip()}\n\n{_attributes()}\n    "
