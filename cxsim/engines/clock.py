"""The fast engine: replays one replication by a compiled event loop, the one that its scenario needs."""

from __future__ import annotations

import math
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import int64

from cxsim import customers, ledger, routing
from cxsim.compiled import is_cold, make
from cxsim.engines import calendar as cal
from cxsim.engines import world as ws
from cxsim.engines.inputs import Inputs
from cxsim.memory import Book, lined_up


def _loaded(name: str, rich: bool) -> Any:
    """The module `loop`, loaded under a name of its own (that of its machine code on disk)."""
    source = find_spec(f"{__package__}.loop")
    assert source is not None
    spec = spec_from_file_location(f"{__package__}.{name}", source.origin)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    module.RICH = rich  # type: ignore[attr-defined]
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


plain, rich = _loaded("plain_loop", False), _loaded("rich_loop", True)
_looked_at: set[str] = set()
_lock = Lock()


def ready(net: Book) -> Any:
    """The loop that a network needs. If it is not on disk yet it is compiled, and beside it what others need."""
    loop = rich if net["settings"]["rich"][0] else plain
    name = loop.__name__.rpartition(".")[2]
    with _lock:
        if name not in _looked_at:
            _looked_at.add(name)
            if is_cold(name):
                make(loop.run, 3 * (int64,), "cxsim.warm")
    return loop


def replay(inputs: Inputs, sink: ledger.Sink, block: int = 1 << 11) -> None:
    """Replay one replication and hand its ledger to `sink`, block by block."""
    net = inputs.network
    loop = ready(net)
    policy = inputs.policy
    board = routing.board(net, inputs.times.size, policy.values if policy else None)
    if policy:
        policy.compiled_for(board)
    customers.seated(net, board, inputs.run_key)
    if net["groups"]["hand_back"].any():
        block = max(block, 8 * net["team"].size)
    world = _world(inputs, block)
    while True:
        code = loop.run(net.address, board.address, world.address)
        state = world["state"]
        if code == loop.CONTACTS_FULL:
            world = _more_contacts(world)
        if code in (loop.LEGS_FULL, loop.DONE):
            sink.legs(world["legs"][: state["legs"][0]])
            state["legs"] = 0
            if 2 * state["waiting"][0] + 8 > world["legs"].size // 2:
                world = ws.WORLD.book(**world.arrays | {"legs": _empty_legs(2 * world["legs"].size)})
        if code in (loop.SPELLS_FULL, loop.DONE):
            sink.spells(world["spells"][: state["spells"][0]])
            state["spells"] = 0
        if board["asking"]["failed"][0]:
            assert policy is not None
            raise policy.failure(board)
        if code == loop.DONE:
            break
    shape = (net["queues"].size, -1)
    sink.lengths(world["waiting"].reshape(shape), world["most"].reshape(shape))
    if net["settings"]["people"][0]:
        sink.customers(customers.made(board))


def _world(inputs: Inputs, block: int, contacts: int = 0) -> Book:
    """A world at rest before the first event, with room for `contacts` at once; room never used costs nothing."""
    net = inputs.network
    seats, cells = net["team"].size, net["queues"].size * int(net["settings"]["intervals"][0])
    state = np.zeros(1, ws.STATE_DTYPE)
    state["run"] = inputs.run_key
    state["unused"] = state["giver"] = state["part"] = -1
    contacts = contacts or max(1024, inputs.times.size >> 4)
    nodes = lined_up(2 * (seats + contacts), ws.NODE_DTYPE)
    nodes["place"][: 2 * seats] = cal.NOWHERE
    agents = lined_up(seats, ws.AGENT_DTYPE)
    agents["group"] = net["team"]["group"]
    lists = np.zeros(net["queues"].size, ws.LIST_DTYPE)
    lists["first"] = lists["last"] = -1
    diallers = np.zeros(net["queues"].size, ws.DIALLER_DTYPE)
    diallers["first"] = diallers["last"] = -1
    crews = np.zeros(net["groups"].size, ws.CREW_DTYPE)
    crews["first"] = crews["last"] = -1
    streams = np.zeros(net["reasons"].size, ws.STREAM_DTYPE)
    streams["day"] = -1
    wheel, buckets = _wheel(inputs)
    filled = np.zeros(cal.WORDS + 1, ws.WORD_DTYPE)
    filled["bits"][cal.WORDS] = 1
    return ws.WORLD.book(
        state=state,
        nodes=nodes,
        buckets=np.full(2 * buckets, -1, np.int32).view(ws.BUCKET_DTYPE),
        filled=filled,
        wheel=wheel,
        contacts=lined_up(contacts, ws.CONTACT_DTYPE),
        more=lined_up(contacts if net["settings"]["rich"][0] else 0, ws.MORE_DTYPE),
        desks=lined_up(seats if (net["channels"]["slots"] > 1).any() else 0, ws.DESK_DTYPE),
        lines=np.zeros(net["channels"].size, ws.LINE_DTYPE),
        queues=lists,
        diallers=diallers,
        crews=crews,
        agents=agents,
        pending=np.zeros(seats),
        streams=streams,
        times=inputs.times,
        issues=inputs.issues,
        plan=inputs.plan,
        legs=_empty_legs(block),
        spells=np.zeros(max(block >> 2, 4 * seats + 16), ledger.SPELL_DTYPE),
        waiting=np.zeros(cells),
        most=np.zeros(cells, np.int64),
    )


def _empty_legs(size: int) -> npt.NDArray[np.void]:
    rows = np.zeros(size, ledger.LEG_DTYPE)
    rows["told"] = math.nan
    return rows


def _wheel(inputs: Inputs) -> tuple[npt.NDArray[np.void], int]:
    """The wheel and its number of buckets: an event in five fine ones, and the whole horizon at once if it fits."""
    openings = inputs.network["openings"]
    open_seconds = float(np.sum(openings["end"] - openings["start"]))
    width = min(60.0, max(1e-4, open_seconds / (12.0 * inputs.times.size + 1.0)))
    wheel = np.zeros(1, ws.WHEEL_DTYPE)
    wheel["per_second"] = 1.0 / width
    wheel["scout"] = -1
    rings = (float(inputs.network["settings"]["end"][0]) + 3600.0) / width / cal.FINE
    return wheel, cal.FINE + (1 << int(np.clip(math.ceil(math.log2(rings)), 6, 18)))


def _more_contacts(world: Book) -> Book:
    """The same world with twice the room for contacts, whose second nodes move up."""
    size, seats = world["contacts"].size, world["agents"].size
    split = 2 * seats + size
    pool = lined_up(2 * size, ws.CONTACT_DTYPE)
    pool[:size] = world["contacts"]
    nodes = lined_up(2 * (seats + 2 * size), ws.NODE_DTYPE)
    nodes[:split] = world["nodes"][:split]
    nodes[split + size : split + 2 * size] = world["nodes"][split:]
    for rows, key in ((nodes, "next"), (nodes, "previous"), (world["buckets"], "first"), (world["buckets"], "last"),
                      (world["wheel"], "scout")):  # fmt: skip
        rows[key][rows[key] >= split] += size
    more = lined_up(2 * world["more"].size, ws.MORE_DTYPE)
    more[: world["more"].size] = world["more"]
    return ws.WORLD.book(**world.arrays | {"contacts": pool, "nodes": nodes, "more": more})
