"""The JSON documents that commands print with `--json`, as models: `cxsim schema --json-output NAME` prints the schema.

Numbers that are not there (an interval over one replication, a mean over nobody) are null. Times are in seconds, shares
from 0 to 1, money in the scenario's currency. Later versions may add keys; `schema_version` rises where a key goes or
means something else.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Value = float | None
Cell = str | int | float | bool | None
Row = dict[str, Cell | list[Cell]]  # of a table: column and cell
Name = Annotated[str, Field(description="a name of the scenario")]
TITLE = "cxsim {} --json"


class Document(BaseModel):
    """What all documents have."""

    model_config = ConfigDict(extra="allow", strict=True)

    schema_version: int = Field(description="version of this kind of document")


class Fault(BaseModel):
    """One fault of a file: where, what stands there, the rule it breaks, and the nearest fix."""

    place: str
    path: str
    value: str
    rule: str
    fix: str


class Pool(BaseModel):
    """Queues that share groups: work offered, in erlangs, against agents; on average and in the tightest interval."""

    queues: list[str]
    groups: list[str]
    load: float
    agents: float
    tightest: str
    tightest_load: float
    tightest_agents: float
    waits: bool = Field(description="some of the work may wait over night: averages are over day and night")


class Setting(BaseModel):
    """A value of the scenario, where it came from, and what it means."""

    path: str
    value: str
    origin: str
    meaning: str


class Check(Document):
    """No faults, and what the scenario comes to."""

    file: str
    faults: list[Fault]
    facts: list[str] = Field(description="days, contacts and people in sentences")
    pools: list[Pool]
    values: list[Setting] | None = Field(None, description="with --explain: every value")


class Faulty(Document):
    """What is wrong with a scenario; exit code 2."""

    faults: list[Fault] = Field(description="a hundred at most")
    count: int = Field(description="of all faults")


class Figure(BaseModel):
    """A figure of a place and a time, with its 95 % interval over n replications."""

    figure: str
    scope: str = Field(description="total, or kind:name such as queue:billing")
    interval: str = Field(description="total, a date, or the start of an interval in local time")
    value: Value
    low: Value
    high: Value
    unit: str
    n: int | None


class Run(Document):
    """The figures of a run."""

    inputs: dict[str, Any] = Field(description="scenario, seed, replications, engine, file, overrides")
    figures: list[Figure]
    targets: list[Row]
    wall_seconds: Value
    customers: dict[str, Any] | None = Field(None, description="with --view: as `journeys`")
    folder: str | None = Field(description="where the results are stored")


class VariantFigure(Figure):
    """A figure of a variant."""

    variant: str


class Compare(Document):
    """Variants on the same draws: paired differences from the base, then the figures of each."""

    inputs: dict[str, Any]
    differences: list[Row]
    figures: list[VariantFigure]
    targets: list[Row]
    wall_seconds: Value
    folder: str | None


class OneTournament(BaseModel):
    """A tournament on a scenario: policies, the last to drop out first, and what they are beside one another."""

    scenario: str
    figure: str
    best: str
    indifference: float
    confidence: float
    seed: int
    rows: list[Row]
    beside: list[Row]
    intervals: list[Row]


class Tournament(Document):
    """The best of several policies, a tournament for each scenario."""

    tournaments: list[OneTournament]


class Tune(Document):
    """The settings that were best, and what they are worth on fresh draws."""

    scenario: Name
    figure: str
    settings: dict[str, Any]
    before: Value
    after: Value
    difference: Value
    low: Value
    high: Value
    verdict: str
    sentence: str
    tried: list[Row]
    replications: int
    checked: int
    seed: int


class Line(BaseModel):
    """What happened at a time (seconds since the first midnight) with an issue."""

    time: float
    issue: int
    text: str


class Trace(Document):
    """Contacts and decisions in words."""

    scenario: Name
    replication: int
    lines: list[Line]


class Optimize(Document):
    """The cheapest staff that meets the goals, with its proof and its tables."""

    cost: Value
    bound: Value
    bound_status: str
    gap: Value
    certified: bool
    replications: int
    certified_on: int
    cpu_seconds: Value
    wall_seconds: Value
    message: str
    messages: list[str]
    inputs: dict[str, Any]
    plan: list[Row]
    goals: list[Row]
    costs: list[Row]
    comparison: list[Row]
    goals_of_plans: list[Row]
    points: list[Row]
    moves: list[Row]
    allocation: list[Row]
    need: list[Row]
    history: list[Row]
    stopped: bool
    folder: str | None


class Layer(Document):
    """One step of the optimizer (`--layer`); its facts and tables follow under their names."""

    layer: str
    message: str
    inputs: dict[str, Any]
    stopped: bool
    folder: str | None


class Frontier(Document):
    """What cost buys: points, the price of one more, and what is out of reach."""

    message: str
    inputs: dict[str, Any]
    points: list[Row]
    prices: list[Row]
    unreachable: list[Row]
    plans: dict[str, list[Row]]
    messages: list[str]
    replications: int
    cpu_seconds: Value
    wall_seconds: Value
    folder: str | None


class Sweep(Document):
    """What a sweep computed."""

    folder: str
    points: int
    stored: int = Field(description="points that were there already")
    computed: int
    failures: list[Row]
    seconds: float
    remarks: list[str]


class SweepDry(Document):
    """What a sweep would take (`--dry-run`), by its first point."""

    points: int
    stored: int
    replications: int
    seconds_each: float
    bytes_each: float
    seconds: float
    bytes: float


class SweepFigure(BaseModel):
    """What a sweep says of a figure."""

    figure: str
    scope: str
    name: str
    unit: str
    message: str
    points: list[Row]
    levels: list[Row]
    swings: list[Row]
    indices: list[Row]


class SweepReport(Document):
    """What a sweep says of its figures, and the files written."""

    figures: list[SweepFigure]
    files: list[str]


class Stored(BaseModel):
    """A folder of results."""

    folder: str
    kind: str
    made: str
    bytes: int


class ResultsLs(Document):
    """What lies in a folder of results, the newest first."""

    results: list[Stored]


class ResultsDiff(Document):
    """What differs between two runs: lines of the scenario, and figures."""

    scenario: list[str]
    figures: list[Row]


class Flow(Document):
    """The share of contacts that goes each way, over all reasons and for each."""

    file: str
    flow: dict[str, Any]
    reasons: dict[str, dict[str, Any]]


class Gap(BaseModel):
    """Intervals that are green for the company and red for customers."""

    sentence: str
    green: int
    red: list[Row]


class JourneysDocument(Document):
    """The customer's view beside the company's."""

    scenario: Name
    replications: int
    seed: int
    company: list[Row]
    customer: list[Row]
    customers: list[Row]
    surveys: list[Row]
    gap: Gap
    journeys: list[Row]
    troubled: list[Row]
    assumptions: list[Row]


class Levers(Document):
    """What could be done for customers, and what it is worth."""

    scenario: Name
    replications: int
    seed: int
    days: Value
    budget: Value
    best: Any
    sentence: str
    levers: list[Row]
    assumptions: list[Row]


class LeversStaff(Document):
    """Each choice of levers with the cheapest staff for it (`--staff`)."""

    scenario: Name
    days: Value
    best: Any
    choices: list[Row]


class Sensitivity(Document):
    """How lever results depend on their assumptions."""

    scenario: Name
    replications: int
    seed: int
    firm: Any
    sentence: str
    rows: list[Row]


class ImportedFile(BaseModel):
    """A file that was read: its form, its rows, and how many of them are in the tables."""

    file: str
    form: str
    rows: int
    kept: int


class Fate(BaseModel):
    """Rows of a file that are not in the tables as they were: what became of them, why, and the first lines."""

    what: Literal["dropped", "joined", "added", "repaired"]
    why: str
    file: str
    rows: int
    lines: list[int]


class Found(BaseModel):
    """Something about the data that a reader must know, and the fix if there is one."""

    name: str
    text: str
    fix: str


class Evidence(BaseModel):
    """Why a key of the mapping has its value."""

    key: str
    value: str
    why: str


class Import(Document):
    """What an import read, and what became of every row."""

    folder: str
    tables: dict[str, int] = Field(description="rows by table")
    files: list[ImportedFile]
    rows: list[Fate]
    findings: list[Found]
    evidence: list[Evidence]
    figures: list[Row] = Field(description="sums by queue and channel")


class Answer(BaseModel):
    """What was asked: a number of agents or lines, or a volume."""

    figure: str
    value: Value
    exact: Value = Field(description="with a fraction of an agent")
    text: str


class ErlangTarget(BaseModel):
    """A target of an Erlang question, and whether it is met."""

    figure: str
    target: float
    value: Value
    met: bool


class Erlang(Document):
    """The answer of the Erlang formulae, its figures, and those of some agents fewer and more."""

    inputs: dict[str, str | float | None]
    answer: Answer
    figures: list[Figure]
    targets: list[ErlangTarget]
    table: list[dict[str, Value]]
    wall_seconds: float


# Each command's documents: the first is the usual one.
DOCUMENTS: dict[str, type[Document]] = {
    "check": Check,
    "check-faults": Faulty,
    "run": Run,
    "compare": Compare,
    "tournament": Tournament,
    "tune": Tune,
    "trace": Trace,
    "optimize": Optimize,
    "optimize-layer": Layer,
    "frontier": Frontier,
    "sweep": Sweep,
    "sweep-dry-run": SweepDry,
    "sweep-report": SweepReport,
    "results-ls": ResultsLs,
    "results-diff": ResultsDiff,
    "flow": Flow,
    "journeys": JourneysDocument,
    "levers": Levers,
    "levers-staff": LeversStaff,
    "sensitivity": Sensitivity,
    "erlang": Erlang,
    "import": Import,
}
LAYOUT: Literal["https://json-schema.org/draft/2020-12/schema"] = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a command's document. KeyError for a name that is not in `DOCUMENTS`."""
    model = DOCUMENTS[name]
    return {"$schema": LAYOUT, **model.model_json_schema(), "title": TITLE.format(name)}
