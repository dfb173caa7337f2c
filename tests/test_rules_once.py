"""Rules that both engines and the measures share are written once, in `cxsim.rules`, and hold."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from agreement.invariants import LIKINGS, ORDERS

from cxsim.engines import events
from cxsim.jit.decorators import compiled_sources
from cxsim.rules import effort, returns
from cxsim.rules.routing.catalogue import AGENT_RULES, CONTACT_RULES, SCORED_AGENTS, SCORED_CONTACTS
from cxsim.schema import ledger
from cxsim.schema.names import CAUSES, REPEATS
from cxsim.schema.network import EFFORT_DTYPE
from cxsim.schema.plan_events import BREAK_BEGINS, BREAK_ENDS, COME, FALL, LEAVE, RISE

ROOT = Path(__file__).resolve().parent.parent / "cxsim"
WEIGHTS = np.array([(1.0, 0.01, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0, 1_000_000.0)], EFFORT_DTYPE)
MAIL = np.array([False, True])  # queue 1 is deferrable


def test_every_rule_that_does_not_score_is_known_to_the_invariants():
    """A rule without a branch in `choices` would serve nobody, and the invariants could not tell."""
    assert set(ORDERS) == set(CONTACT_RULES[:SCORED_CONTACTS])
    assert set(LIKINGS) == set(AGENT_RULES[:SCORED_AGENTS])


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def read_fields(path: Path) -> set[str]:
    """The names of attributes and of constant keys that a module reads."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.add(str(node.slice.value))
    return found


def test_only_the_rules_of_effort_know_what_telling_it_again_or_a_switch_costs() -> None:
    places = sources("engines", "rules", "metrics", "simulation")
    assert [path.name for path in places if "retelling" in read_fields(path)] == ["effort.py"]


def test_only_the_module_returns_of_each_engine_plans_the_next_attempt() -> None:
    planning = {
        path.relative_to(ROOT).as_posix()
        for path in sources("engines")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "cxsim.rules"
        if "returns" in [alias.name for alias in node.names]
    }
    assert planning == {"engines/clock/loop/returns.py", "engines/story/returns.py"}


def test_what_ended_an_attempt_says_which_rule_of_return_holds() -> None:
    for outcome, name in enumerate(ledger.OUTCOMES):
        key = {"answered": "unresolved", "hung up": "hung_up"}.get(name, name)
        if key in CAUSES:
            assert CAUSES[returns.after(outcome)] == key
            assert returns.cause_after(outcome) == (ledger.REPEAT if key in REPEATS else ledger.REDIAL)


def test_an_attempt_adds_the_wait_in_queues_to_that_of_its_issue() -> None:
    assert returns.kept_wait(0, 100.0, 130.0, 7.0) == 37.0
    assert returns.kept_wait(0, math.nan, 130.0, 7.0) == 0.0  # blocked, or balked
    assert returns.kept_wait(-1, 100.0, 130.0, 7.0) == 0.0  # in the flow


@pytest.mark.parametrize(
    ("leg", "points"),
    [
        ({"leg": 1, "attempt": 1, "queue": 0}, 1.0),
        ({"leg": 1, "attempt": 2, "queue": 0}, 10_001.0),
        ({"leg": 2, "attempt": 2, "queue": 0}, 0.0),
        ({"leg": 1, "attempt": 1, "queue": -1, "queued": 50.0}, 11.0),  # in the flow a stay counts, not its time
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 50.0, "answered": 150.0}, 1.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 50.0, "ended": 250.0}, 2.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 50.0}, 9.5),  # until the end of time, at 1000
        ({"leg": 2, "attempt": 1, "queue": 1, "queued": 50.0, "answered": 150.0}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 0.0, "answered": 100.0, "cause": ledger.CALLED_BACK}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 0.0, "answered": 100.0, "cause": ledger.TURN}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "queued": 0.0, "answered": 100.0, "cause": ledger.CONSULT}, 0.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "outcome": ledger.TRANSFERRED}, 100.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "felt": ledger.TOLD_AGAIN}, 1000.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "felt": ledger.SWITCHED | ledger.OURS}, 100_000.0),
        ({"leg": 2, "attempt": 1, "queue": 0, "felt": ledger.HELD | ledger.RUDE}, 1_000_000.0),
        ({"leg": 2, "attempt": 1, "queue": -1, "felt": ledger.PASSED}, 0.0),
    ],
)
def test_the_effort_of_a_leg_is_the_sum_of_what_happened_in_it(leg: dict[str, float], points: float) -> None:
    row = np.zeros(1, ledger.LEG_DTYPE)
    row["queued"] = row["answered"] = row["ended"] = math.nan
    for name, value in leg.items():
        row[name] = value
    assert effort.of_leg(WEIGHTS[0], row[0], MAIL, 1000.0) == pytest.approx(points)


def test_machine_code_is_made_again_when_a_number_that_it_knows_changes() -> None:
    """Constants are compiled in: modules that hold nothing else count too."""
    known = {name for name, _ in compiled_sources()}
    assert {"schema/plan_events.py", "schema/names.py", "schema/ledger.py", "rules/ivr_steps.py"} <= known


def test_the_plan_and_the_engines_mean_the_same_by_a_row() -> None:
    """Of simultaneous rows those who leave come first, in the plan and in the order of events."""
    kinds = (FALL, LEAVE, BREAK_BEGINS, RISE, COME, BREAK_ENDS)
    assert list(kinds) == sorted(kinds)
    assert [int(events.of_plan(kind)) for kind in kinds] == 3 * [events.STAFF_LEAVES] + 3 * [events.STAFF_COMES]
    assert not [name for name in ("FALL", "RISE", "COME") if hasattr(events, name)]


def test_the_name_of_a_routing_rule_stands_in_the_catalogue_only() -> None:
    """What a rule prefers, how it scores and its number are found there; what scores needs no other module."""
    scored = {*AGENT_RULES[SCORED_AGENTS:], *CONTACT_RULES[SCORED_CONTACTS:]}
    elsewhere = {
        f"{path.name}:{node.lineno} {node.value}"
        for path in sources("schema", "rules", "model", "engines")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in scored and path.name != "catalogue.py"
    }
    assert elsewhere == set()


COMPARED = ("rule", "outbound", "kind", "estimator", "led", "told_law", "failed", "outcome", "cause", "when", "way")


def test_no_code_is_compared_with_a_bare_number() -> None:
    """Codes (a rule, a kind, an outcome) are told apart by their names. Only 'is there one' compares with 0 or -1."""
    bare = []
    for path in sources("engines", "rules", "model", "schema"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Compare):
                continue
            last = ast.unparse(node.left).rpartition(".")[2].rpartition("[")[2].strip("'\"]")
            number = node.comparators[0]
            if last not in COMPARED or not isinstance(number, ast.Constant) or type(number.value) is not int:
                continue
            if number.value != 0:
                bare.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
    assert bare == []


def test_one_module_of_clock_knows_how_neighbours_in_a_list_are_linked() -> None:
    linking = {
        path.name
        for path in sources("engines/clock")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        if any(isinstance(target, ast.Attribute) and target.attr == "previous" for target in node.targets)
    }
    assert linking == {"linked_list.py"}


def test_no_function_of_an_engine_is_longer_than_80_lines_and_no_file_than_500() -> None:
    for path in sources("engines", "rules", "schema"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 500, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno is not None and node.end_lineno - node.lineno < 80, f"{path}:{node.name}"
