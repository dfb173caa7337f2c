"""Compiling point after point: a piece of the model is made again only where something it read has changed.

Each piece (days, plan, volume, network, …) is made from a view of the scenario that notes what is read. A piece made
before serves again if everything it read is the same now: the same number, or the very same part.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cxsim.engines.inputs import Inputs
from cxsim.model.calendar import timeline
from cxsim.model.demand import Demand, arrivals, demand
from cxsim.model.network.compile import network, restaffed
from cxsim.model.network.people import redrawn, team_of
from cxsim.model.network.routing import tells_waits
from cxsim.model.plan import Plan, plan
from cxsim.model.prepare import Model, _layout, _staffing, prepare
from cxsim.randomness import draws
from cxsim.scenario.model.part import Part
from cxsim.schema.network import STAFF_DTYPE
from cxsim.studies.sweep.points import MAPS

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

MOST_KEPT = 256  # results of a piece
MOST_OBJECTS = 50_000  # of a scenario, to compare by
KEPT_BYTES = 64 * 2**20  # of arrivals
PLAIN = (int, float, str, bool, type(None))

Read = tuple[str, ...]  # part, or part and entry, or part, entry and field; one of the names of a part ends in '*'


class _Entry:
    """A view of an entry that notes which of its fields are read; what was read once is a plain attribute then."""

    def __init__(self, part: Part, at: Read, note: Callable[[Read], None]) -> None:
        self._part, self._at, self._note = part, at, note

    def __getattr__(self, name: str) -> Any:
        self._note((*self._at, name) if name in type(self._part).model_fields else self._at)
        value = getattr(self._part, name)
        self.__dict__[name] = value
        return value


class _View:
    """A view of a scenario that notes what is read."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.reads: dict[Read, None] = {}

    def _note(self, at: Read) -> None:
        self.reads[at] = None

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._scenario, name)
        if name in MAPS:
            self._note((name, "*"))
            value = {key: _Entry(item, (name, key), self._note) for key, item in value.items()}
        elif name in type(self._scenario).model_fields:
            self._note((name,))
        elif name == "own_policy":
            self._note(("routing",))
        elif name not in ("source", "table", "files"):
            for field in type(self._scenario).model_fields:
                self._note((field,))
        self.__dict__[name] = value
        return value


def _now(scenario: Scenario, at: Read) -> Any:
    """What stands at a place that was read; names of a part in their order."""
    part = getattr(scenario, at[0])
    if len(at) == 1:
        return part
    if at[1] == "*":
        return tuple(part)
    return part.get(at[1]) if len(at) == 2 else getattr(part.get(at[1]), at[2], None)


class _Tokens:
    """Numbers for values: equal values have one number. An object is looked at once and kept, so its id stays."""

    def __init__(self) -> None:
        self._of_object: dict[int, tuple[Any, int]] = {}
        self._of_value: dict[Any, int] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, PLAIN):
            return value
        kept = self._of_object.get(id(value))
        if kept is None:
            number = self._of_value.setdefault(_deep(value), len(self._of_value))
            kept = self._of_object[id(value)] = (value, number)
        return kept[1]

    def full(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self._of_object) > MOST_OBJECTS


def _deep(value: Any) -> Any:
    """A value as something that is equal and hashed by its content."""
    if isinstance(value, Part):
        fields = tuple((name, _deep(item)) for name, item in value.__dict__.items())
        return type(value).__name__, fields, tuple(sorted(value.model_fields_set))
    if isinstance(value, dict):
        return tuple((key, _deep(item)) for key, item in value.items())
    if isinstance(value, tuple):
        return tuple(map(_deep, value))
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    return value


class _Piece:
    """One step of compiling with what it gave before; `alike` results are one object: what follows is not redone."""

    def __init__(self, make: Callable[..., Any], tokens: _Tokens, alike: bool = False) -> None:
        self.make, self.tokens, self.alike = make, tokens, alike
        self._known: dict[tuple[Read, ...], OrderedDict[Any, tuple[Any, Any]]] = {}
        self._made: dict[Any, Any] = {}

    def __call__(self, scenario: Scenario, *given: Any) -> Any:
        ids = tuple(map(id, given))
        for reads, results in self._known.items():
            found = results.get((ids, tuple([self.tokens(_now(scenario, at)) for at in reads])))
            if found is not None:
                return found[0]
        view = _View(scenario)
        made = self.make(view, *given)
        if self.alike:
            made = self._made.setdefault(_deep(tuple(getattr(made, field.name) for field in fields(made))), made)
        reads = tuple(view.reads)
        results = self._known.setdefault(reads, OrderedDict())
        # What was given is kept, so that its id stays its.
        results[ids, tuple([self.tokens(_now(scenario, at)) for at in reads])] = (made, given)
        if len(results) > MOST_KEPT:
            results.popitem(last=False)
        return made


class Compiler:
    """Models of scenarios that are much alike, equal to those of `prepare`. Not safe for threads."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._begin()

    def _begin(self) -> None:
        seed, tokens = self.seed, _Tokens()
        self._tokens = tokens
        self._timeline, self._demand = _Piece(timeline, tokens, alike=True), _Piece(demand, tokens)
        self._plan = _Piece(plan, tokens)
        self._team = _Piece(lambda scenario, who: team_of(scenario, who.first_seat, seed), tokens)
        self._network = _Piece(lambda scenario, when, who, told: network(scenario, when, who, seed, told), tokens)
        self._layout, self._staffing = _Piece(_layout, tokens), _Piece(_staffing, tokens)
        self._bare: dict[Any, Plan] = {}
        self._arrivals: OrderedDict[tuple[int, int], tuple[Demand, Any, Any]] = OrderedDict()
        self._bytes = 0

    def model(self, scenario: Scenario) -> Model:
        """The model of a scenario. Raises ScenarioError with every fault of tables that do not fit."""
        if self._tokens.full():
            self._begin()
        try:
            when = self._timeline(scenario)
            who, volume = self._plan(scenario, when), self._demand(scenario, when)
            bare = self._without_seats(who)
            told = volume if tells_waits(scenario) else None
            rules = self._network(scenario, when, bare, told)
        except ValueError:
            return prepare(scenario, self.seed)
        net = restaffed(rules, who, self._team(scenario, who))
        layout, staffing = self._layout(scenario, when, who), self._staffing(scenario, who)
        return Model(scenario, when, who, volume, net, layout, staffing, self.seed)

    def _without_seats(self, who: Plan) -> Plan:
        """A plan of the same groups without people: the network of rules is the same for all plans."""
        if who.groups not in self._bare:
            nobody = np.zeros(len(who.groups) + 1, dtype=np.int64)
            self._bare[who.groups] = replace(who, first_seat=nobody, seats=())
        return self._bare[who.groups]

    def inputs(self, model: Model, replication: int) -> Inputs:
        """What the engine needs for a replication; arrivals of the same volume are made once while there is room."""
        key = draws.run_key(self.seed, replication)
        address = (id(model.demand), replication)
        kept = self._arrivals.get(address)
        if kept is None:
            times, issues = arrivals(model.demand, key)
            kept = (model.demand, times.copy(), issues.copy())
            self._arrivals[address] = kept
            self._bytes += times.nbytes + issues.nbytes
            while self._bytes > KEPT_BYTES and len(self._arrivals) > 1:
                _, old, numbers = self._arrivals.popitem(last=False)[1]
                self._bytes -= old.nbytes + numbers.nbytes
        else:
            self._arrivals.move_to_end(address)
        staff = model.plan.events.astype(STAFF_DTYPE)
        net = redrawn(model.network, model.scenario, model.plan, self.seed, replication)
        return Inputs(net, staff, kept[1], kept[2], key, model.policy)
