"""What the CSV tables of results folders hold, as data: for each file its rows, and of each column type and meaning.

The form is that of a Frictionless Table Schema (name, type, description of each field), with the file it is for.
"""

from __future__ import annotations

from typing import Any

from cxsim.metrics.registry import REGISTRY
from cxsim.report.common.formats import plural
from cxsim.report.run.tables import BOUNDED, BY_SCOPE, OUTCOMES
from cxsim.schema.result_tables import SCHEMA_VERSION

Field = tuple[str, str, str]  # name, type, meaning

VALUE = "share as 0 to 1, time in seconds, money in the scenario's currency, or a plain number"
SCOPE = "total, queue, reason, segment, group or kind"
NAME = "which queue, reason, segment, group or kind; total at scope total"
WHEN = "total, an ISO date, or the ISO start of an interval, in local time"
INTERVAL = "ISO start of the interval, in local time"
QUEUE = ("queue", "string", "queue")
LOW, HIGH = "lower end of the confidence interval; empty without one", "upper end of the confidence interval"
DIFFERENCES: tuple[Field, ...] = (
    ("variant", "string", "the scenario that is compared with the base"),
    ("figure", "string", "name of the metric"),
    ("scope", "string", SCOPE),
    ("name", "string", NAME),
    ("interval", "string", WHEN),
    ("base", "number", f"value of the base: {VALUE}"),
    ("value", "number", "value of the variant, in the same unit"),
    ("difference", "number", "value less base, over paired replications; of shares a share"),
    ("low", "number", f"of the difference: {LOW}"),
    ("high", "number", f"of the difference: {HIGH}"),
    ("verdict", "string", "better, worse or changed if the interval excludes 0; else no clear difference"),
    ("unit", "string", "share, s, h, money, contacts, agents or empty"),
    ("n", "integer", "replications"),
)
FILES: dict[str, tuple[str, tuple[Field, ...]]] = {
    "figures.csv": (
        "every metric, one row for each scope, name and interval",
        (
            ("figure", "string", "name of the metric"),
            ("scope", "string", SCOPE),
            ("name", "string", NAME),
            ("interval", "string", WHEN),
            ("value", "number", f"{VALUE}; empty if it was not measured"),
            ("low", "number", LOW),
            ("high", "number", HIGH),
            ("unit", "string", "share, s, h, money, contacts, agents or empty"),
            ("n", "integer", "replications"),
        ),
    ),
    "targets.csv": (
        "one row for each target",
        (
            QUEUE,
            ("figure", "string", "name of the metric"),
            ("target", "number", "the limit"),
            ("bound", "string", "min: at least the limit; max: at most"),
            ("within", "number", "seconds that a service level allows; else empty"),
            ("value", "number", VALUE),
            ("low", "number", LOW),
            ("high", "number", HIGH),
            ("met", "boolean", "whether the value keeps the target; empty if it was not measured"),
            ("misses", "string", "ISO starts of the intervals that miss it, with semicolons between"),
            ("worst_interval", "string", "ISO start of the worst of them; empty if none misses"),
        ),
    ),
    "plan.csv": (
        "staffing, one row for each group and interval",
        (
            ("group", "string", "group"),
            ("interval", "string", INTERVAL),
            ("scheduled", "number", "agents scheduled, mean over the interval"),
            ("present", "number", "agents planned to be present, after shrinkage and breaks"),
            ("paid_hours", "number", "paid hours, without overrun"),
        ),
    ),
    "erlang.csv": (
        "the formulas beside the simulation, one row for each queue and interval",
        (
            QUEUE,
            ("interval", "string", INTERVAL),
            ("agents", "number", "agents that the formulas are given"),
            *((f"agents_required_{x}", "integer", f"agents that Erlang {x.upper()} asks for") for x in "ca"),
            *((f"sl_erlang_{x}", "number", f"service level by Erlang {x.upper()}, a share") for x in "ca"),
            *((f"wait_erlang_{x}", "number", f"mean wait by Erlang {x.upper()}, in seconds") for x in "ca"),
            ("abandoned_erlang_a", "number", "share of abandoned contacts by Erlang A"),
        ),
    ),
    "wait_histogram.csv": (
        "waiting times, one row for each queue and class of waits",
        (
            QUEUE,
            ("upper_edge", "number", "longest wait of the class, in seconds"),
            ("answered", "number", "answered contacts, mean over replications"),
            ("abandoned", "number", "abandoned contacts, mean over replications"),
        ),
    ),
    "differences.csv": (
        "of a comparison: every metric, one row for each variant, scope, name and interval",
        DIFFERENCES,
    ),
    "main_figures.csv": ("of a comparison: the main metrics over the whole time", DIFFERENCES),
}
OPTIONAL = ("erlang.csv",)  # columns that may be missing where they do not apply


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each CSV file of a results folder and of a comparison, by its path in the folder."""
    out = {
        file: {
            "description": rows,
            "fields": [{"name": name, "type": kind, "description": said} for name, kind, said in fields],
        }
        for file, (rows, fields) in FILES.items()
    }
    for scope in BY_SCOPE:
        for by in ("total", "day", "interval"):
            out[f"tables/{scope}_{by}.csv"] = _wide(scope, by)
    return out


def document() -> dict[str, Any]:
    """All schemas with their version."""
    return {"title": "cxsim tables", "schema_version": SCHEMA_VERSION, "files": schemas()}


def _wide(scope: str, by: str) -> dict[str, Any]:
    """A table with a column for each metric; those that were not measured are left out."""
    keys = [] if scope == "total" else [(scope, "string", scope)]
    keys += [("date", "string", "date of the day or interval")] if by != "total" else []
    keys += [("time", "string", "local time at which the interval starts")] if by == "interval" else []
    fields = [{"name": name, "type": kind, "description": said} for name, kind, said in keys]
    for name in dict.fromkeys((*BY_SCOPE[scope], *(OUTCOMES if by == "total" else ()))):
        figure = REGISTRY[name]
        unit = f" ({figure.unit})" if figure.unit else ""
        ends = {"": "", "_low": ", lower end of the interval", "_high": ", upper end"} if name in BOUNDED else {"": ""}
        fields += [
            {"name": name + end, "type": "number", "description": f"{figure.title}{unit}{said}"}
            for end, said in ends.items()
        ]
    each = {"total": "", "day": " and day", "interval": " and interval"}[by]
    what = f"one row{each.replace(' and', ' for each', 1)}" if scope == "total" else f"one row for each {scope}{each}"
    return {"description": f"metrics side by side, {what}; columns without a value are left out", "fields": fields}


def pages() -> str:
    """The schemas as Markdown tables, for the reference."""
    parts = []
    for file, one in schemas().items():
        if file.startswith("tables/") and not file.endswith("queue_total.csv"):
            continue
        rows = [f"| `{field['name']}` | {field['type']} | {field['description']} |" for field in one["fields"]]
        parts.append("\n".join([f"## `{file}`", "", f"{one['description'].capitalize()}.", "",
                                "| column | type | meaning |", "|---|---|---|", *rows]))  # fmt: skip
    wide = sum(file.startswith("tables/") for file in schemas())
    others = f"`cxsim schema --tables` prints all {plural(wide, 'such table')}, by scope and by total, day or interval."
    return "\n\n".join([*parts, others])
