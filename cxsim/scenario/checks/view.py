"""A scenario with the names that were written, as checks see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxsim.scenario.io.faults import Path
from cxsim.scenario.model.scenario import Scenario
from cxsim.tables.reader import Table

Tables = Mapping[tuple[str, str | None], Table]


class View:
    """A scenario with the names that were written, those of faulty entries included."""

    def __init__(self, scenario: Scenario, tree: dict[str, Any], broken: list[Path]) -> None:
        self.scenario, self.tree, self.broken = scenario, tree, broken
        self.groups = self._names("groups", scenario.groups)
        self.reasons = self._names("reasons", scenario.reasons)
        listed = self._names("queues", {})
        self.listed = list(listed)
        named = []
        raw = tree.get("reasons")
        for name, reason in raw.items() if isinstance(raw, dict) else ():
            queue = reason.get("queue") if isinstance(reason, dict) else None
            if not (isinstance(reason, dict) and reason.get("flow")):
                named.append(queue if isinstance(queue, str) else name)
        served = [queue for group in scenario.groups.values() for queue in group.skills]
        led = [target for node in scenario.flow.values() for _, target in node.targets()]
        led += [one.to for queue in scenario.queues.values() for one in queue.transfers]
        self.queues = list(dict.fromkeys([*listed, *named, *(name for name in served if name in led)]))

    def _names(self, key: str, known: Mapping[str, Any]) -> list[str]:
        raw = self.tree.get(key)
        return list(dict.fromkeys([*(raw if isinstance(raw, dict) else ()), *known]))

    def sound(self, *paths: Path) -> bool:
        """Whether nothing at or below these paths was left out."""
        return not any(b[: len(p)] == p for p in paths for b in self.broken)

    def served_by(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for name, group in self.scenario.groups.items():
            for queue in group.skills:
                out.setdefault(queue, []).append(name)
        return out


def written(tree: Any, path: Path) -> bool:
    node = tree
    for step in path:
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True
