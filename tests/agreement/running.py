"""Replaying scenarios in either engine, and saying where two ledgers differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cxsim import metrics, parse
from cxsim.engines import story
from cxsim.metrics import waits
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS
from cxsim.model.prepare import Model, prepare
from cxsim.schema import ledger
from cxsim.simulation.replications import inputs, replay


class Raw:
    """A sink that keeps everything in the order it was written."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[np.ndarray[Any, Any]]] = {"legs": [], "spells": []}
        self.people: ledger.Customers | None = None

    def legs(self, block: np.ndarray[Any, Any]) -> None:
        self.blocks["legs"].append(block.copy())

    def spells(self, block: np.ndarray[Any, Any]) -> None:
        self.blocks["spells"].append(block.copy())

    def lengths(self, waiting: np.ndarray[Any, Any], most: np.ndarray[Any, Any]) -> None:
        self.waiting, self.most = waiting.copy(), most.copy()

    def customers(self, made: ledger.Customers) -> None:
        self.people = made

    def ledger(self) -> ledger.Ledger:
        legs = np.concatenate([np.zeros(0, ledger.LEG_DTYPE), *self.blocks["legs"]])
        spells = np.concatenate([np.zeros(0, ledger.SPELL_DTYPE), *self.blocks["spells"]])
        return ledger.Ledger(legs, spells, self.waiting, self.most, self.people)


def model_of(tree: dict[str, Any], seed: int = 1) -> Model:
    return prepare(parse(tree), seed)


def written(model: Model, engine: str, replication: int = 0) -> ledger.Ledger:
    """The ledger of an engine, in the order it was written."""
    sink = Raw()
    replay(model, replication, engine, sink)  # type: ignore[arg-type]
    return sink.ledger()


def verified(model: Model, replication: int = 0) -> ledger.Ledger:
    """The ledger of `story`, which checks its state after each event."""
    sink = Raw()
    story.replay(inputs(model, replication), sink, verify=True)
    return sink.ledger()


def in_order(made: ledger.Ledger) -> ledger.Ledger:
    """Legs by (issue, attempt, leg), spells by (agent, start, end)."""
    legs, spells = made.legs, made.spells
    return ledger.Ledger(
        legs[np.lexsort((legs["leg"], legs["attempt"], legs["issue"]))],
        spells[np.lexsort((spells["end"], spells["start"], spells["agent"]))],
        made.waiting,
        made.most,
        made.customers,
    )


def differences(one: ledger.Ledger, other: ledger.Ledger, skip: tuple[str, ...] = ()) -> list[str]:
    """Every field in which two ledgers differ, with the first row that does; nothing when equal bit for bit."""
    people = [
        line
        for name in ("moves", "members")
        if one.customers is not None and other.customers is not None
        for line in _rows(name[:-1], getattr(one.customers, name), getattr(other.customers, name), ())
    ]
    helped = [
        made.customers.helped[made.customers.helped > 0.0].tolist() if made.customers else [] for made in (one, other)
    ]
    if helped[0] != helped[1]:
        people.append(f"communities helped {helped[0]}, not {helped[1]}")
    return (
        people
        + [*_rows("leg", one.legs, other.legs, skip), *_rows("spell", one.spells, other.spells, skip)]
        + [
            f"queue lengths: {name} differs at {np.argwhere(a != b)[:3].tolist()}"
            for name, a, b in (("waiting", one.waiting, other.waiting), ("most", one.most, other.most))
            if a.shape != b.shape or (a != b).any()
        ]
    )


def _rows(what: str, a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], skip: tuple[str, ...]) -> Iterator[str]:
    if len(a) != len(b):
        yield f"{len(a)} {what}s are not {len(b)}"
    n = min(len(a), len(b))
    for name in a.dtype.names or ():
        if name in skip:
            continue
        x, y = a[name][:n], b[name][:n]
        wrong = np.flatnonzero((x != y) & ~((x != x) & (y != y)))
        if wrong.size:
            k = int(wrong[0])
            yield f"{what} {k}: {name} {x[k]} is not {y[k]}\n  {a[k]}\n  {b[k]}"


def figures(model: Model, made: ledger.Ledger) -> metrics.Sample:
    """The sums of a ledger, added up in the order of its rows."""
    fold = metrics.fold(model.layout)
    fold.legs(made.legs)
    fold.spells(made.spells)
    fold.lengths(made.waiting, made.most)
    return fold.finish()


def other_figures(one: metrics.Sample, other: metrics.Sample) -> list[str]:
    """Which sums of two ledgers are not the same to the last bit."""
    out = []
    for part, columns in (("contacts", CONTACT_COLUMNS), ("groups", GROUP_COLUMNS)):
        for name, a, b in zip(columns, getattr(one, part), getattr(other, part), strict=True):
            out += [f"{part}: {name} is {a[a != b][0]!r} and {b[a != b][0]!r}"] if (a != b).any() else []
    parts = zip(("bins", "counts"), waits.histogram(one), waits.histogram(other), strict=True)
    for part, a, b in [*((name, getattr(one, name), getattr(other, name)) for name in ("waiting", "most")), *parts]:
        out += [] if np.array_equal(a, b, equal_nan=True) else [f"{part} differ"]
    return out


def contacts(made: ledger.Ledger) -> int:
    """How many contacts a ledger tells of: legs that were not handed on."""
    return int((made.legs["outcome"] != ledger.HANDED_ON).sum())
