"""One open scenario and the plan that is being edited: a grid of headcounts, undo and redo, and a draft on disk."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cxsim.model.given_headcounts import Given, as_given
from cxsim.model.plan import Plan, headcounts, plan
from cxsim.model.prepare import Model, prepare, staffed
from cxsim.model.staffing_input import site_of
from cxsim.scenario import Scenario, read
from cxsim.scenario.book.read import load as load_book
from cxsim.scenario.io.faults import Fault, ScenarioError, shown
from cxsim.scenario.io.yaml_tree import load
from cxsim.scenario.model.units import suggestion
from cxsim.simulation.build_result import promises
from cxsim.studio import shifts
from cxsim.studio.shifts import Row, Rows
from cxsim.studio.workspace import EXAMPLE, WORKBOOK, Workspace, refused

MOST_STEPS = 200  # that can be undone
MOST_AGENTS = 100_000  # in a cell
SHIFTS = "works in shifts: change its shifts below the grid"
SITE = "works at a site with a clock of its own: change its hours in the scenario file"

Cell = tuple[str, str, float]  # group, start of the interval as in `Layout.labels`, agents
Step = list[tuple[str, str, Any, Any]]  # cells (shifts: group, 'shift 7', row) with what they were and what they became
Change = tuple[str | None, Row | None]  # a shift's number, None for a new one, and its row, None for one that goes


class Grid(NamedTuple):
    """Headcounts (G, T) of the T counted intervals in which it is open or somebody is there."""

    times: tuple[int, ...]  # numbers of the intervals
    labels: tuple[str, ...]
    values: np.ndarray[Any, Any]


class Document:
    """A scenario file that is open, with its plan as saved and as edited."""

    def __init__(self, workspace: Workspace, name: str, *, run_policies: bool = False) -> None:
        self.workspace, self.name = workspace, name
        self.path = workspace.locate(name)
        self.run_policies = run_policies
        self.revision = 0
        self.undone: list[Step] = []
        self.done: list[Step] = []
        self.note = ""
        self.reload()
        self.restore()

    def reload(self) -> None:
        """Read the file; the plan is then as saved. Raises ScenarioError."""
        data = _bytes(self.path)
        if not self.run_policies:
            refuse_policy(data, self.path)
        self.scenario: Scenario = read(self.path)
        self.model: Model = prepare(self.scenario)
        self.given = as_given(self.scenario, self.model.timeline)
        self._known: tuple[Any, Plan] | None = None  # of shifts as edited
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.saved = self._grid()
        self.current = self.saved.values.copy()
        self.saved_rows = self.rows = shifts.rows_of(self.scenario, self.model)
        self.rules = shifts.rules_of(self.model) if self.rows else None
        self.locked = self._locked()

    @property
    def is_example(self) -> bool:
        """Whether it is shipped with the program, and can only be saved under another name."""
        return self.name.startswith(EXAMPLE)

    @property
    def is_workbook(self) -> bool:
        """Whether it is read from a workbook, which is never written over."""
        return self.path.suffix == WORKBOOK

    def _grid(self) -> Grid:
        scenario, model = self.scenario, self.model
        given = headcounts(scenario, model.timeline)
        shown_there = model.layout.open_mask | (model.plan.scheduled.sum(axis=0) > 0.0)
        times = np.flatnonzero(shown_there)
        who = model.plan
        on_shifts = [
            (who.scheduled if scenario.is_scheduled(name) else who.present)[g].round(2)
            for g, name in enumerate(scenario.groups)
        ]
        rows = [given.get(name, on_shifts[g])[times] for g, name in enumerate(scenario.groups)]
        return Grid(tuple(times.tolist()), tuple(model.layout.labels[t] for t in times), np.nan_to_num(np.array(rows)))

    def _locked(self) -> dict[str, str]:
        """Why groups cannot be edited, by group."""
        out: dict[str, str] = {}
        for name, by_count in zip(self.scenario.groups, self.model.plan.by_count.tolist(), strict=True):
            if not by_count:
                out[name] = SHIFTS if self.saved_rows else shifts.UNREADABLE
            elif site_of(self.scenario, name)[0] is not None:
                out[name] = SITE
        return out

    def changes(self) -> dict[str, dict[int, float]]:
        """Headcounts that differ from those saved, by group and counted interval."""
        groups, out = list(self.scenario.groups), dict[str, dict[int, float]]()
        for g, t in self._changed():
            out.setdefault(groups[g], {})[self.saved.times[t]] = float(self.current[g, t])
        return out

    def _changed(self) -> list[tuple[int, int]]:
        """Cells that differ from those saved; those of shifts follow from the shifts."""
        counted = np.array([name not in self.locked for name in self.scenario.groups])[:, None]
        rows, columns = np.nonzero((self.current != self.saved.values) & counted)
        return list(zip(rows.tolist(), columns.tolist(), strict=True))

    def changed_rows(self) -> Rows | None:
        """The shifts as edited; None where they are as saved."""
        return None if self.rows == self.saved_rows else self.rows

    def changed_shifts(self) -> dict[str, Row | None]:
        """The shifts that differ from those saved, None for those that are gone."""
        keys = dict.fromkeys([*self.saved_rows, *self.rows])
        return {key: self.rows.get(key) for key in keys if self.rows.get(key) != self.saved_rows.get(key)}

    def edited_model(self, changes: Mapping[str, Mapping[int, float]], rows: Rows | None = None) -> Model:
        """The model with headcounts changed, and with other shifts."""
        return edited_model(self.scenario, self.model, changes, rows, self.given)

    def as_edited(self) -> Callable[[], Model]:
        """What makes the model with all edits of now, also once there are others."""
        changes, rows, scenario, model, given = (
            self.changes(),
            self.changed_rows(),
            self.scenario,
            self.model,
            self.given,
        )
        if rows is not None:
            known = self._planned(rows)
            return lambda: staffed(model, known)
        return lambda: edited_model(scenario, model, changes, None, given)

    # Changes by the user. Each returns the cells that are now different.

    def put(self, cells: Sequence[Cell]) -> Step:
        """Set cells, as one step that can be undone. ScenarioError lists every cell that cannot be set."""
        return self._take(self._step(cells))

    def put_shifts(self, changes: Sequence[Change]) -> Step:
        """Change, add and remove shifts, as one step. ScenarioError lists every shift that cannot be worked."""
        if not self.saved_rows:
            raise refused("shifts", "the scenario has no shifts that the studio can edit; change its file")
        return self._take(self._shift_step(changes))

    def put_found(self, rows: Sequence[tuple[str, Row | None]]) -> Step:
        """Put the shifts of a plan that was found, as one step: numbers that are new, or None for shifts that go."""
        return self._take(self._difference(dict(rows)))

    def _take(self, step: Step) -> Step:
        if step:
            self.done = [*self.done[1 - MOST_STEPS :], step]
            self.undone = []
            self._apply([(group, label, after) for group, label, _, after in step])
        return step

    def undo(self) -> Step:
        """Take the last step back."""
        if not self.done:
            raise refused("undo", "there is nothing to undo")
        step = self.done.pop()
        self.undone.append(step)
        self._apply([(group, label, before) for group, label, before, _ in step])
        return step

    def redo(self) -> Step:
        """Do again what was undone last."""
        if not self.undone:
            raise refused("redo", "there is nothing to redo")
        step = self.undone.pop()
        self.done.append(step)
        self._apply([(group, label, after) for group, label, _, after in step])
        return step

    def revert(self) -> Step:
        """Go back to the plan as saved; a step that can be undone."""
        groups = list(self.scenario.groups)
        cells = [(groups[g], self.saved.labels[t], float(self.saved.values[g, t])) for g, t in self._changed()]
        back = {key: self.saved_rows.get(key) for key in self.changed_shifts()}
        return self._take(self._step(cells) + self._difference(back))

    def _apply(self, cells: Iterable[tuple[str, str, Any]]) -> None:
        groups, labels = self._numbers()
        rows = dict(self.rows)
        for group, label, value in cells:
            if not label.startswith(shifts.MARK):
                self.current[groups[group], labels[label]] = value
            elif value is None:
                rows.pop(label.removeprefix(shifts.MARK), None)
            else:
                rows[label.removeprefix(shifts.MARK)] = value
        if rows != self.rows:
            self.rows = dict(sorted(rows.items(), key=lambda row: int(row[0])))
            self._show_shifts(self._planned(self.rows))
        self.revision += 1
        self._keep()

    def _planned(self, rows: Rows) -> Plan:
        changes = self.changes()
        key = list(rows.items()), changes
        if self._known is None or self._known[0] != key:
            self._known = key, plan(shifts.with_rows(self.scenario, rows), self.model.timeline, changes)
        return self._known[1]

    def _show_shifts(self, who: Plan) -> None:
        for g, name in enumerate(self.scenario.groups):
            if name in self.locked:
                people = who.scheduled if self.scenario.is_scheduled(name) else who.present
                self.current[g] = people[g].round(2)[list(self.saved.times)]

    def _difference(self, wanted: Mapping[str, Row | None]) -> Step:
        out: Step = []
        for key, row in wanted.items():
            before = self.rows.get(key)
            if row != before:
                out.append((str((row or before or {})["group"]), f"{shifts.MARK}{key}", before, row))
        return out

    def _shift_step(self, changes: Sequence[Change]) -> Step:
        faults: list[Fault] = []
        wanted: dict[str, Row | None] = {}
        number = shifts.next_number(
            [*self.rows, *self.saved_rows, *(key for key, _ in changes if key and key.isdigit())]
        )
        for key, row in changes:
            if key is not None and key not in self.rows:
                faults.append(Fault("shifts", "id", shown(key), "is not a shift of this plan", "reload the page"))
            elif row is not None and row != self.rows.get(key or ""):
                faults += shifts.faults_of(row, self.model, self.rules)
            if key is None:
                key, number = str(number), number + 1
            wanted[key] = row
        rows = {key: row for key, row in {**self.rows, **wanted}.items() if row is not None}
        if not faults:
            staffed_now = {row["group"] for row in rows.values() if row["agents"]}
            faults += [
                Fault("shifts", name, "", "would have no shifts at all", "keep one of its shifts")
                for name in dict.fromkeys(row["group"] for row in self.rows.values())
                if name not in staffed_now
            ]
        if faults:
            raise ScenarioError(faults)
        try:
            self._planned(rows)
        except ValueError as error:
            place, _, rule = str(error).partition(": ")
            raise ScenarioError([Fault("shifts", place, "", *rule.partition("; ")[::2])]) from None
        return self._difference(wanted)

    def _numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        return (
            {name: g for g, name in enumerate(self.scenario.groups)},
            {label: t for t, label in enumerate(self.saved.labels)},
        )

    def _step(self, cells: Sequence[Cell]) -> Step:
        groups, labels = self._numbers()
        faults: list[Fault] = []
        wanted: dict[tuple[int, int], tuple[str, str, float]] = {}
        for group, label, value in cells:
            place = f"{group} {label}"
            if group not in groups:
                fix = suggestion(group, groups, "the groups are")
                faults.append(Fault("cells", "group", shown(group), "is not a group", fix))
            elif label not in labels:
                fix = f"choose one from {self.saved.labels[0]} to {self.saved.labels[-1]}"
                faults.append(Fault("cells", "interval", shown(label), "is not an open interval of this plan", fix))
            elif group in self.locked:
                faults.append(Fault("cells", place, "", f"{group} {self.locked[group]}"))
            elif not (0.0 <= value <= MOST_AGENTS and value == math.floor(value)):
                fix = f"write 0 to {MOST_AGENTS:,}"
                faults.append(Fault("cells", place, f"{value:g}", "is not a whole number of agents", fix))
            else:
                wanted[groups[group], labels[label]] = (group, label, float(value))
        if faults:
            raise ScenarioError(faults)
        if self.model.timeline.steady:  # one plan for all time
            wanted = {
                (g, t): (group, one, value)
                for (g, _), (group, _, value) in wanted.items()
                for t, one in enumerate(self.saved.labels)
            }
        return [
            (group, label, float(self.current[at]), value)
            for at, (group, label, value) in wanted.items()
            if self.current[at] != value
        ]

    # The draft.

    def _keep(self) -> None:
        """Write the draft; without access to the folder the page says so, and it stays in memory."""
        groups = list(self.scenario.groups)
        cells = [(groups[g], self.saved.labels[t], float(self.current[g, t])) for g, t in self._changed()]
        draft = {
            "sha256": self.sha256,
            "revision": self.revision,
            "cells": cells,
            "shifts": self.changed_shifts(),
            "done": self.done,
            "undone": self.undone,
        }
        try:
            self.workspace.keep(self.workspace.draft(self.name), json.dumps(draft).encode())
            self.note = ""
        except OSError as error:
            self.note = f"Unsaved changes cannot be kept in {self.workspace.root} ({error.strerror}): save often."

    def restore(self) -> None:
        """Take up the draft that was kept, as far as it fits the file."""
        try:
            draft = json.loads(self.workspace.draft(self.name).read_bytes())
            cells = [(str(g), str(t), float(x)) for g, t, x in draft["cells"]]
            steps = [[[_read_change(*one) for one in step] for step in draft[key]] for key in ("done", "undone")]
            rows = {str(int(key)): _read_row(row) for key, row in draft.get("shifts", {}).items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return
        groups, labels = self._numbers()

        def fits(group: str, label: str) -> bool:
            return group in groups and label in labels and group not in self.locked

        revision = draft.get("revision")
        if isinstance(revision, int) and self.revision < revision < 2**53:
            self.revision = revision  # which open pages know
        for group, label, value in cells:
            if fits(group, label) and 0.0 <= value <= MOST_AGENTS:
                self.current[groups[group], labels[label]] = value
        same = draft.get("sha256") == self.sha256
        if rows and same and self.saved_rows:  # the numbers of shifts are those of this file
            merged = {key: row for key, row in {**self.rows, **rows}.items() if row is not None}
            with contextlib.suppress(ValueError):
                self._show_shifts(self._planned(merged))
                self.rows = merged
        if same:
            self.done, self.undone = steps
        elif rows:
            self.note = (
                "The file has changed since its shifts were edited here; those edits no longer fit and are left out."
            )
        elif cells:
            self.note = "The file has changed since these edits were made; they were put over it again."

    def forget_draft(self) -> None:
        """The plan is saved: nothing is left to keep but the steps."""
        self.revision += 1
        self._keep()

    # What the page shows.

    def state(self) -> dict[str, Any]:
        """The plan as edited, and what can be undone."""
        return {
            "revision": self.revision,
            "values": self.current.tolist(),
            "changed": len(self._changed()) + len(self.changed_shifts()),  # cells and shifts
            "changed_shifts": len(self.changed_shifts()),
            "shifts": [
                {"id": key, **row, "days": shifts.days_of(row, self.model), "changed": row != self.saved_rows.get(key)}
                for key, row in self.rows.items()
            ],
            "can_undo": bool(self.done),
            "can_redo": bool(self.undone),
            "note": self.note,
        }

    def describe(self) -> dict[str, Any]:
        """The scenario's plan with everything that does not change while it is edited."""
        scenario, model = self.scenario, self.model
        scale = "scheduled" if all(map(scenario.is_scheduled, scenario.groups)) else "present"
        return {
            "path": self.name,
            "name": scenario.name,
            "example": self.is_example,
            "workbook": self.is_workbook,
            "currency": scenario.currency,
            "interval_seconds": model.timeline.interval,
            "steady": model.timeline.steady,
            "labels": list(self.saved.labels),
            "days": sorted({label[:10] for label in self.saved.labels}),
            "groups": [
                {
                    "name": name,
                    "wage": group.wage,
                    "scheduled": scenario.is_scheduled(name),
                    "shrinkage": group.shrinkage,
                    "serves": list(group.skills),
                    "locked": self.locked.get(name, ""),
                    "saved": self.saved.values[g].tolist(),
                }
                for g, (name, group) in enumerate(scenario.groups.items())
            ],
            "queues": list(scenario.queues),
            "targets": [
                {"queue": one.queue, "figure": one.figure, "bound": one.bound, "limit": one.limit}
                for one in promises(model)
            ],
            "shift_rules": self.rules,
            "within": dict(zip(model.layout.queues, model.layout.within.tolist(), strict=True)),
            "unit": scale,
            "notes": list(model.plan.notes),
            **self.state(),
        }


def edited_model(
    scenario: Scenario, model: Model, changes: Mapping[str, Mapping[int, float]], rows: Rows | None, given: Given
) -> Model:
    """A scenario's model with headcounts changed, and with other shifts; `given` as the scenario gives them."""
    if not changes and rows is None:
        return model
    if rows is not None:
        return staffed(model, plan(shifts.with_rows(scenario, rows), model.timeline, changes))
    return staffed(model, plan(scenario, model.timeline, changes, given))


def _read_change(group: Any, label: Any, before: Any, after: Any) -> tuple[str, str, Any, Any]:
    """A change of a draft."""
    if str(label).startswith(shifts.MARK):
        return str(group), str(label), _read_row(before), _read_row(after)
    return str(group), str(label), float(before), float(after)


def _read_row(row: Any) -> Row | None:
    """A shift of a draft. ValueError, TypeError or KeyError for what is not one."""
    if row is None:
        return None
    shifts.shift_of(row)
    return {**row, "agents": int(row["agents"]), "start": float(row["start"]), "end": float(row["end"])}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScenarioError([Fault(str(path), "", "", f"cannot be read ({error.strerror})")]) from None


def refuse_policy(data: bytes, path: Path) -> None:
    """ScenarioError for a scenario that runs Python code of its own."""
    if path.suffix == WORKBOOK:
        tree, marks, _ = load_book(path)
    elif b"policy" not in data and b"\\" not in data and b"\0" not in data:  # nor escaped, nor UTF-16
        return
    else:
        tree, marks, _ = load(data, str(path))
    routing = tree.get("routing") if isinstance(tree, dict) else None
    policy = routing.get("policy") if isinstance(routing, dict) else None
    if policy:
        place = marks[("routing", "policy")].value if ("routing", "policy") in marks else str(path)
        rule = "is Python code, which the studio does not run by itself"
        fix = "start it with --allow-policies if you trust the file"
        raise ScenarioError([Fault(place, "routing.policy", shown(policy), rule, fix)])
