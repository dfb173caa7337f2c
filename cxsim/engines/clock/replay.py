"""The fast engine: replays one replication by a compiled event loop, the one that its scenario needs."""

from __future__ import annotations

import math
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int64

from cxsim.engines.clock import event_calendar as cal
from cxsim.engines.clock import state as ws
from cxsim.engines.inputs import Inputs, Memory
from cxsim.jit.buffer_pool import Lender
from cxsim.jit.decorators import is_cold, make, on_disk, processors
from cxsim.jit.struct_arrays import Book, lined_up, side_by_side
from cxsim.rules import loyalty
from cxsim.rules.routing import system_state
from cxsim.schema import ledger
from cxsim.schema.names import LOOPS


def _loaded(name: str) -> Any:
    """The package `loop`, loaded under a name of its own (that of its machine code on disk), with its features set."""
    source = find_spec(f"{__package__}.loop")
    assert source is not None and source.origin is not None
    own = f"{__package__}.{on_disk(name)}"
    spec = spec_from_file_location(own, source.origin, submodule_search_locations=source.submodule_search_locations)
    assert spec is not None and spec.loader is not None
    package = module_from_spec(spec)
    sys.modules[own] = package
    features = import_module(f"{own}.features")
    vars(features).update(RICH=name.endswith("rich"), RULES=name != "basic", POLICY=name.startswith("own"))
    spec.loader.exec_module(package)
    return package


_MANY_RINGS = 1 << 15  # coarse buckets of the wheel, of 8 bytes: as many as leave room in the processor's second cache
_loops: dict[str, Any] = {}
_looked_at: set[str] = set()
_loading, _lock = Lock(), Lock()


def loop_called(name: str) -> Any:
    """A loop by its name in `LOOPS`; loaded when it is first needed, since most runs need one of them."""
    with _loading:
        if name not in _loops:
            _loops[name] = _loaded(name)
        return _loops[name]


def ready(net: Book) -> Any:
    """The loop that a network needs. If it is not on disk yet it is compiled, and beside it what others need."""
    name = LOOPS[net["settings"]["loop"][0]]
    loop = loop_called(name)
    with _lock:
        if name not in _looked_at:
            _looked_at.add(name)
            if is_cold(on_disk(name)):
                make(loop.run, 3 * (int64,), "cxsim.simulation.precompile")
    return loop


def replay(inputs: Inputs, sink: ledger.Sink, block: int = 1 << 11, contacts: int = 0) -> Memory:
    """Replay one replication and hand its ledger to `sink`, in blocks of so many legs; what its policy remembers.

    `contacts` is how many at once there is room for at first, 0 for as many as is usual.
    """
    net = inputs.network
    loop = ready(net)
    with _rooms.lend((id(net), block, contacts), lambda: _Room(inputs, block, contacts)) as room:
        room.begin(inputs)
        board, world = room.board, room.world
        state, code = world["state"], None
        while code != loop.DONE:
            code = loop.run(net.address, board.address, world.address)
            if code == loop.CONTACTS_FULL:
                room.more_contacts()
                if inputs.policy:
                    inputs.policy.make_room(board, world["contacts"].size)
            if code == loop.LEGS_FULL or code == loop.DONE:
                legs = world["legs"]
                sink.legs(legs[: state["legs"][0]])
                state["legs"] = 0
                if 4 * state["waiting"][0] + 16 > legs.size:
                    world.put("legs", _empty_legs(2 * legs.size))
            if code == loop.SPELLS_FULL or code == loop.DONE:
                sink.spells(world["spells"][: state["spells"][0]])
                state["spells"] = 0
            if inputs.policy and board["asking"]["failed"][0]:
                raise inputs.policy.failure(board)
        shape = (net["queues"].size, -1)
        sink.lengths(world["waiting"].reshape(shape), world["most"].reshape(shape))
        if net["settings"]["people"][0] or net["settings"]["community"][0]:
            sink.customers(loyalty.made(board))
        return inputs.policy.remembers(board) if inputs.policy else {}


class _Room:
    """Board and world of one replication at a time, used again by the next one of the same network.

    The first one settles how many buckets the wheel has and how large blocks and contacts begin; another may fit them
    less well, and then takes longer. All that a result depends on is set by `begin`.
    """

    def __init__(self, inputs: Inputs, block: int, contacts: int) -> None:
        self._net = inputs.network  # lives as long as the room is found by its address
        arrays, self._clear_board = side_by_side(system_state.empty_board(self._net))
        self.board = system_state.BOARD.book(**arrays, moves=np.zeros(0, ledger.MOVE_DTYPE))
        name = LOOPS[self._net["settings"]["loop"][0]]
        if self._net["groups"]["hand_back"].any():
            block = max(block, 8 * self._net["team"].size)
        if name.startswith("own"):  # a timer may give every agent a contact
            block = max(block, 16 * self._net["team"].size)
        seats, contacts = self._net["team"].size, contacts or max(1024, inputs.times.size >> 4)
        openings = self._net["openings"]
        self._open = float(np.sum(openings["end"] - openings["start"]))
        self._end = float(self._net["settings"]["end"][0]) + 3600.0
        # The whole horizon at once, if it fits.
        rings = math.ceil(math.log2(self._end / self._fine(inputs.times.size) / cal.FINE))
        buckets = cal.FINE + (1 << int(np.clip(rings, 6, 18)))
        arrays, self._clear_world = side_by_side(_empty_world(self._net, buckets))
        self.world = ws.WORLD.book(
            **arrays,
            nodes=lined_up(2 * (seats + contacts), ws.NODE_DTYPE),
            contacts=lined_up(contacts, ws.CONTACT_DTYPE),
            more=lined_up(contacts if name.endswith("rich") else 0, ws.MORE_DTYPE),
            times=inputs.times,
            issues=inputs.issues,
            plan=inputs.plan,
            legs=_empty_legs(block),
            spells=np.zeros(max(block >> 2, 4 * seats + 16), ledger.SPELL_DTYPE),
        )

    @property
    def nbytes(self) -> int:
        """What is held, in bytes."""
        return sum(array.nbytes for book in (self.board, self.world) for array in book.arrays.values())

    def begin(self, inputs: Inputs) -> None:
        """At rest before the first event of a replication."""
        self._clear_board()
        self._clear_world()
        board, world = self.board, self.world
        most = system_state.most_moves(self._net) * inputs.times.size
        if board["moves"].size < most:
            board.put("moves", np.zeros(most, ledger.MOVE_DTYPE))
        if inputs.policy:
            inputs.policy.begin(board, self._net)
            inputs.policy.make_room(board, world["contacts"].size)
            inputs.policy.compiled_for(board)
        loyalty.seated(self._net, board, inputs.run_key)
        world.put("times", inputs.times)
        world.put("issues", inputs.issues)
        world.put("plan", inputs.plan)
        world["state"]["run"] = inputs.run_key
        world["wheel"]["per_second"] = 1.0 / self._fine(inputs.times.size)
        world["nodes"]["place"][: 2 * world["agents"].size] = cal.NOWHERE

    def _fine(self, arrivals: int) -> float:
        """The width of a fine bucket of the wheel, in seconds: an event in five of them, in a large center in two.

        Then fewer coarse ones, which are met in no order, are in the way of what the processor's second cache holds.
        """
        width = self._open / (12.0 * arrivals + 1.0)
        rings = self._end / max(width, 1e-4) / cal.FINE
        return min(60.0, max(1e-4, width * min(4.0, max(1.0, rings / _MANY_RINGS))))

    def more_contacts(self) -> None:
        """Twice the room for contacts, whose second nodes move up."""
        world, size = self.world, self.world["contacts"].size
        split = 2 * world["agents"].size + size
        nodes = lined_up(split + 3 * size, ws.NODE_DTYPE)
        nodes[:split] = world["nodes"][:split]
        nodes[split + size : split + 2 * size] = world["nodes"][split:]
        for rows, key in (
            (nodes, "next"),
            (nodes, "previous"),
            (world["buckets"], "first"),
            (world["buckets"], "last"),
            (world["wheel"], "scout"),
        ):
            rows[key][rows[key] >= split] += size
        world.put("nodes", nodes)
        for name in ("contacts", "more"):
            old = world[name]
            new = lined_up(2 * old.size, old.dtype)
            new[: old.size] = old
            world.put(name, new)


_rooms: Lender[_Room] = Lender(2 * processors())


def _empty_world(net: Book, buckets: int) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a world that are set back before each replication, before anything has happened."""
    seats, cells = net["team"].size, net["queues"].size * int(net["settings"]["intervals"][0])
    state = np.zeros(1, ws.STATE_DTYPE)
    state["unused"] = state["giver"] = state["part"] = -1
    wheel = np.zeros(1, ws.WHEEL_DTYPE)
    wheel["scout"] = -1
    filled = np.zeros(cal.WORDS + 1, ws.WORD_DTYPE)
    filled["bits"][cal.WORDS] = 1
    agents = np.zeros(seats, ws.AGENT_DTYPE)
    agents["group"] = net["team"]["group"]
    streams = np.zeros(net["reasons"].size, ws.STREAM_DTYPE)
    streams["day"] = -1
    return {
        "state": state,
        "wheel": wheel,
        "filled": filled,
        "buckets": _lists(buckets, ws.BUCKET_DTYPE),
        "lines": np.zeros(net["channels"].size, ws.LINE_DTYPE),
        "talking": np.zeros(net["steps"].size, ws.LINE_DTYPE),
        "queues": _lists(net["queues"].size, ws.LIST_DTYPE),
        "diallers": _lists(net["queues"].size, ws.DIALLER_DTYPE),
        "crews": _lists(net["groups"].size, ws.CREW_DTYPE),
        "agents": agents,
        "desks": np.zeros(seats if (net["channels"]["slots"] > 1).any() else 0, ws.DESK_DTYPE),
        "pending": np.zeros(seats),
        "streams": streams,
        "ahead": np.zeros(ready(net).codes.AHEAD, ws.AHEAD_DTYPE),
        "waiting": np.zeros(cells),
        "most": np.zeros(cells, np.int64),
    }


def _lists(count: int, dtype: np.dtype[Any]) -> npt.NDArray[np.void]:
    """Rows with empty lists."""
    rows = np.zeros(count, dtype)
    rows["first"] = rows["last"] = -1
    return rows


def _empty_legs(size: int) -> npt.NDArray[np.void]:
    rows = np.zeros(size, ledger.LEG_DTYPE)
    rows["told"] = math.nan
    return rows
