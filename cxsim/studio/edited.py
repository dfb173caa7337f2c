"""The scenario with the headcounts on the screen, for studies that take a scenario."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.studio import shifts
from cxsim.studio.document import Document
from cxsim.studio.saving import changes_in_place, named_table, table_text
from cxsim.studio.workspace import HIDDEN

KEPT = 20  # tables of plans, which studies that are under way still read


def edited(document: Document) -> Scenario:
    """The scenario as saving the plan now would leave it; the caller holds the document's lock.

    Days that differ go into a table of the hidden folder. ScenarioError where the plan cannot be written as a scenario.
    """
    given = values(document)
    return document.scenario.vary(given) if given else document.scenario


def values(document: Document) -> dict[str, Any]:
    """What `edited` changes, as `Scenario.vary` takes it; empty where nothing was edited."""
    changes, rows = document.changes(), document.changed_rows()
    given = changes_in_place(document, changes) if changes else {}
    out: dict[str, Any] = {}
    if rows is not None:
        if shifts.has_table(document.scenario):
            out |= {"staff.file": None, "staff.sheet": None, "staff.kind": None}
        out["staff.shifts"] = [shifts.as_written(row) for row in rows.values() if row["agents"]]
        if given is None:
            rule = "cannot be studied with days that differ while its shifts are edited"
            raise ScenarioError([Fault(document.name, "staff", "", rule, "save the plan first")])
    if given is not None:
        return out | {_dotted(at): value for at, value in given.items()}
    text = table_text(document).encode()
    table = document.workspace.root / HIDDEN / f"plan-{sha256(text).hexdigest()[:16]}.csv"
    named, gone = named_table(document, str(table))
    if not table.exists():
        for old in sorted(table.parent.glob("plan-*.csv"), key=lambda one: one.stat().st_mtime)[: -KEPT or None]:
            old.unlink(missing_ok=True)
        document.workspace.keep(table, text)
    return {_dotted(at): None for at in gone} | {_dotted(at): x for at, x in named.items()}


def _dotted(at: tuple[str | int, ...]) -> str:
    return ".".join(map(str, at))
