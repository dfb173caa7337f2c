"""The JSON documents that commands print with `--json`, as models: `cxsim schema --json-output NAME` prints the schema.

Numbers that are not there (an interval over one replication, a mean over nobody) are null. Times are in seconds, shares
from 0 to 1, money in the scenario's currency. Later versions may add keys; `schema_version` rises where a key goes or
means something else.
"""

from __future__ import annotations

from typing import Any, Literal

from cxsim.cli.documents.base import Document
from cxsim.cli.documents.data import Calibrate, Forecast, Import, Validate
from cxsim.cli.documents.runs import JourneysDocument, ResultsDiff, ResultsLs, Run, Trace
from cxsim.cli.documents.scenarios import Check, Faulty, Flow
from cxsim.cli.documents.staffing import Capacity, Erlang, Frontier, Layer, Optimize, Plan, RosterDocument
from cxsim.cli.documents.studies import (
    Compare,
    Explain,
    Levers,
    LeversStaff,
    Reforecast,
    Reproduce,
    ReproduceList,
    Sensitivity,
    Tournament,
    Tune,
)
from cxsim.cli.documents.sweeps import Sweep, SweepDry, SweepReport

TITLE = "cxsim {} --json"

# Each command's documents: the first is the usual one.
DOCUMENTS: dict[str, type[Document]] = {
    "check": Check,
    "check-faults": Faulty,
    "run": Run,
    "compare": Compare,
    "explain": Explain,
    "tournament": Tournament,
    "tune": Tune,
    "trace": Trace,
    "plan": Plan,
    "optimize": Optimize,
    "optimize-layer": Layer,
    "frontier": Frontier,
    "roster": RosterDocument,
    "capacity": Capacity,
    "reproduce": Reproduce,
    "reproduce-list": ReproduceList,
    "sweep": Sweep,
    "sweep-dry-run": SweepDry,
    "sweep-report": SweepReport,
    "results-ls": ResultsLs,
    "results-diff": ResultsDiff,
    "flow": Flow,
    "forecast": Forecast,
    "reforecast": Reforecast,
    "journeys": JourneysDocument,
    "levers": Levers,
    "levers-staff": LeversStaff,
    "sensitivity": Sensitivity,
    "erlang": Erlang,
    "import": Import,
    "calibrate": Calibrate,
    "validate": Validate,
}
LAYOUT: Literal["https://json-schema.org/draft/2020-12/schema"] = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a command's document. KeyError for a name that is not in `DOCUMENTS`."""
    model = DOCUMENTS[name]
    return {"$schema": LAYOUT, **model.model_json_schema(), "title": TITLE.format(name)}
