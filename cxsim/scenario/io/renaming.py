"""Renaming a queue, group, reason or other named part of a scenario, with every place that names it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cxsim.scenario.io.edit_text import Put, Rename, Step
from cxsim.scenario.io.faults import Fault, Path, ScenarioError, shown

# Where a scenario names its parts. `*` is any name, a last `@` says that keys name them, and the text behind a colon
# stands before the name. Numbers of list entries are left out.
_AFTER = ("after_contact.*.next", "reasons.*.after_contact.*.next", "segments.*.next.*", "segments.*.begins")
_PLACES = ("flow.*.then", "flow.*.otherwise", "flow.*.to.*", *_AFTER, *(f"{one}.@" for one in _AFTER))
_BY_REASON = (
    "flow.*.menu.chooses.@",
    *(f"flow.*.ai_agent.{key}.@" for key in ("longer", "offered", "accepted", "resolves", "hands_over")),
    "queues.*.transfers.share.@",
    "queues.*.turns.share.@",
)
NAMED: dict[str, tuple[str, ...]] = {
    "queues": (
        "reasons.*.queue",
        "queues.*.overflow.to_queue",
        "queues.*.transfers.to",
        "groups.*.serves",
        "groups.*.skills.@",
        "flow.*.least_delay.of",
        "routing.weights.@",
        "routing.credit.@",
        "routing.parameters.*:queues.",
        "optimize.subject_to.scope:queue:",
        *_PLACES,
    ),
    "groups": (
        "queues.*.overflow.to",
        "staff.headcounts.@",
        "staff.shifts.group",
        "absences.groups",
        "routing.idleness.@",
        "routing.preferred_agent",
        "routing.preferred_agent.*",
        "routing.parameters.*:groups.",
        "optimize.groups.@",
        "optimize.shifts.contracts.*.groups",
        "optimize.subject_to.scope:group:",
        "capacity.teams.*.groups",
    ),
    "reasons": (
        "events.reasons",
        "notices.reasons",
        "notices.annoys.reason",
        "capacity.volumes.@",
        "optimize.subject_to.scope:reason:",
        *_BY_REASON,
    ),
    "segments": ("routing.preferred_agent.@", "optimize.subject_to.scope:segment:"),
    "channels": ("queues.*.channel", "flow.*.channel"),
    "flow": ("reasons.*.flow", *_PLACES),
    "sites": ("groups.*.site",),
}


class _Found(NamedTuple):
    """A value or key of the tree: where it stands, and the place of the scenario that it is about."""

    path: Path
    place: tuple[str, ...]
    value: Any


def renaming(tree: dict[str, Any], kind: str, old: str, new: str) -> list[Step]:
    """The steps that rename a part; `kind` is one of NAMED, `tree` the values of the file.

    What was implied by the old name is written out, such as the queue of a reason of the same name. ScenarioError for a
    name that is taken.
    """
    if new in (tree.get(kind) or ()):
        raise ScenarioError([Fault("", f"{kind}.{old}", shown(new), "already exists", "choose another name")])
    patterns = [(*one.partition(":")[::2],) for one in NAMED[kind]]
    plain = [(tuple(place.split(".")), before) for place, before in patterns]
    keys = [place[:-1] for place, _ in plain if place[-1] == "@"] + [(kind,)]
    values = [(place, before) for place, before in plain if place[-1] != "@"]
    steps: list[Step] = []
    renamed: list[Rename] = []
    for found in _walk(tree, (), ()):
        if isinstance(found.value, str):
            for place, before in values:
                if found.value == before + old and _fits(place, found.place):
                    steps.append(Put(found.path, before + new))
                    break
        written = _renamed_key(found, keys, old, new)
        if written is not None:
            renamed.append(Rename(found.path, written))
    steps += _implied(tree, kind, old, new)
    return [*steps, *sorted(renamed, key=lambda step: -len(step.path))]  # inner keys first: paths hold the old names


def _renamed_key(found: _Found, keys: list[tuple[str, ...]], old: str, new: str) -> str | None:
    """The last key of a path with the name put in; None where it stays."""
    last = found.path[-1] if found.path else 0
    if not isinstance(last, str):
        return None
    steps = last.split(".") if found.path[0] == "overrides" and len(found.path) == 3 else [last]
    ahead = found.place[: len(found.place) - len(steps)]
    out = [
        new if step == old and any(_fits(key, (*ahead, *_named(steps[:n]))) for key in keys) else step
        for n, step in enumerate(steps)
    ]
    return ".".join(out) if out != steps else None


def _named(steps: list[str]) -> list[str]:
    return [step for step in steps if not step.isdigit()]


def _fits(pattern: tuple[str, ...], place: tuple[str, ...]) -> bool:
    return len(pattern) == len(place) and all(p in ("*", x) for p, x in zip(pattern, place, strict=True))


def _walk(node: Any, path: Path, place: tuple[str, ...]) -> Iterator[_Found]:
    """Everything in the tree; values of `overrides` stand at the places that they change."""
    if path:
        yield _Found(path, place, node)
    if isinstance(node, dict):
        for key, item in node.items():
            if path and path[0] == "overrides":
                below = tuple(str(key).split(".")) if len(path) == 2 else () if len(path) == 1 else (*place, str(key))
            else:
                below = (*place, str(key))
            yield from _walk(item, (*path, key), below)
    elif isinstance(node, list):
        for n, item in enumerate(node):
            yield from _walk(item, (*path, n), place)


def _implied(tree: dict[str, Any], kind: str, old: str, new: str) -> Iterator[Step]:
    """What followed from the old name, written out."""
    reasons = tree.get("reasons")
    reason = reasons.get(old) if isinstance(reasons, dict) else None
    alone = isinstance(reason, dict) and not reason.get("queue") and not reason.get("flow")
    if kind in ("queues", "reasons") and alone:
        yield Put(("reasons", old, "queue"), new if kind == "queues" else old)
    if kind == "reasons" and isinstance(reason, dict):
        for key in ("volume", "handle_times"):
            table = reason.get(key)
            if isinstance(table, dict) and table.get("file") and not table.get("column"):
                yield Put(("reasons", old, key, "column"), old)
    capacity = tree.get("capacity")
    teams = capacity.get("teams") if isinstance(capacity, dict) else None
    team = teams.get(old) if isinstance(teams, dict) else None
    if kind == "groups" and isinstance(team, dict) and not team.get("groups"):
        yield Put(("capacity", "teams", old, "groups"), [new])
