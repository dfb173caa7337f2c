"""The public Python functions: their page is complete, and each docstring says what its signature says."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import importlib
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

import cxsim
import cxsim.calibrate
from cxsim.report.run.plots import Plots
from cxsim.simulation.result import Estimate

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "python.md"
LISTED = re.compile(r"^\| \[`(cxsim[\w.]*)`\]\(#([\w-]+)\) \| (.+) \|$", re.MULTILINE)
DIRECTIVE = re.compile(r"^\.\. auto\w+:: (?:cxsim\.)?(\w+)", re.MULTILINE)
# Methods that pydantic brings, or that only show an object.
FOREIGN = {"model_post_init"}
SECTION = re.compile(r"^(Parameters|Attributes|Returns|Raises|References|Examples)\n-+\n", re.MULTILINE)
ENTRY = re.compile(r"^(\S.*)\n((?: {4}.*\n?|\n(?= {4}))*)", re.MULTILINE)
# What else a public function raises, and where its class stands.
RAISED = {
    "Busy": "cxsim.studies.sweep.store",
    "Foreign": "cxsim.studies.sweep.store",
    "NoCluster": "cxsim.studies.sweep.cluster",
    "PolicyFault": "cxsim.scenario.io.policy_file",
    "SolverError": "cxsim.optimizer.solver.program",
    "TableError": "cxsim.tables.reader",
    "Unread": "cxsim.studies.sweep.effects",
}


def exported() -> dict[str, Any]:
    """Every public name with what it stands for."""
    found = {f"cxsim.{name}": getattr(cxsim, name) for name in cxsim.__all__}
    return found | {f"cxsim.calibrate.{name}": getattr(cxsim.calibrate, name) for name in cxsim.calibrate.__all__}


def members(name: str, kind: type) -> dict[str, Any]:
    """The public methods and properties that a class of cxsim defines."""
    return {
        f"{name}.{key}": part
        for key, part in vars(kind).items()
        if not key.startswith("_")
        and key not in FOREIGN
        and (inspect.isfunction(part) or isinstance(part, property | functools.cached_property))
    }


def documented() -> dict[str, Any]:
    """What must have a complete docstring: all that is exported, the classes it leads to, and their methods."""
    things = {name: thing for name, thing in exported().items() if not inspect.ismodule(thing)}
    things |= {"Estimate": Estimate, "Plots": Plots}
    for name, thing in list(things.items()):
        if inspect.isclass(thing):
            things |= members(name, thing)
    return things


THINGS = documented()
CALLED = [name for name, thing in THINGS.items() if not inspect.isclass(thing)]
CLASSES = [name for name, thing in THINGS.items() if inspect.isclass(thing) and thing is not cxsim.Scenario]


def function(thing: Any) -> Any:
    if isinstance(thing, property):
        return thing.fget
    return thing.func if isinstance(thing, functools.cached_property) else thing


def sections(thing: Any) -> dict[str, str]:
    text = inspect.cleandoc(thing.__doc__ or "") + "\n"
    parts = SECTION.split(text)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section: str) -> dict[str, str]:
    """Each head of a section (`name : kind`) with what is said below it."""
    return {head.strip(): " ".join(said.split()) for head, said in ENTRY.findall(section)}


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_lists_every_exported_name_and_no_other() -> None:
    listed = [name for name, _, _ in LISTED.findall(PAGE.read_text(encoding="utf-8"))]
    assert sorted(set(exported()) - set(listed)) == [], "exported, but not in docs/reference/python.md"
    assert sorted(set(listed) - set(exported())) == [], "in docs/reference/python.md, but not exported"
    assert len(listed) == len(set(listed))


def test_every_exported_function_and_class_has_its_docstring_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = set(DIRECTIVE.findall(text))
    assert [name for name in cxsim.__all__ if name not in shown and name != "calibrate"] == []
    assert ".. automodule:: cxsim.calibrate" in text


def test_the_methods_that_the_page_names_are_all_there_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, said in re.findall(r"^\.\. autoclass:: (?:cxsim\.)?(\w+)\([^)]*\)\n((?:   .*\n)*)", text, re.MULTILINE):
        chosen = re.search(r":members: (.+)", said)
        if chosen is not None:
            there = {key.rpartition(".")[2] for key in members(name, getattr(cxsim, name))}
            assert there == set(chosen[1].split(", ")), name


def test_what_is_exported_is_the_same_for_type_checkers() -> None:
    tree = ast.parse(Path(cxsim.__file__ or "").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(typed) == sorted(cxsim.__all__)


# --- The docstrings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLED)
def test_a_docstring_describes_each_parameter_of_the_signature(name: str) -> None:
    thing = function(THINGS[name])
    given = inspect.signature(thing).parameters
    wanted = {stars(one) + key: one for key, one in given.items() if key != "self"}
    found = entries(sections(thing).get("Parameters", ""))
    assert [head.partition(" : ")[0] for head in found] == list(wanted)
    for head, said in found.items():
        key, _, kind = head.partition(" : ")
        assert kind and said.endswith("."), f"{key}: give its type and a sentence"
        default = wanted[key].default
        if default is inspect.Parameter.empty:
            assert "default" not in kind and "optional" not in kind, key
        elif default is None:
            assert kind.endswith(", optional"), f"{key}: may be left out"
        else:
            assert kind.endswith(f", default {default!r}"), f"{key}: the default is {default!r}"


def stars(one: inspect.Parameter) -> str:
    return {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("name", CALLED)
def test_a_docstring_says_in_a_sentence_what_and_what_is_returned(name: str) -> None:
    thing = function(THINGS[name])
    said = sections(thing)
    first = said[""].split("\n\n")[0].strip()
    assert first[:1].isupper() and first.endswith("."), first
    returned = entries(said.get("Returns", ""))
    assert len(returned) == 1 and all(text.endswith(".") for text in returned.values()), "say what is returned"


@pytest.mark.parametrize("name", list(THINGS))
def test_a_docstring_names_what_is_raised(name: str) -> None:
    thing = function(THINGS[name])
    found = entries(sections(thing).get("Raises", ""))
    for error, said in found.items():
        assert issubclass(exception(error), BaseException) and said.endswith("."), error
    own = {error for error in raised(thing) if error not in found}
    assert own == set(), "raised, but not said"


def exception(name: str) -> Any:
    if hasattr(builtins, name):
        return getattr(builtins, name)
    return getattr(importlib.import_module(RAISED.get(name, "cxsim")), name)


def raised(thing: Any) -> set[str]:
    """The exceptions that a function or a method raises itself."""
    if inspect.isclass(thing):
        return set()
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    named = {call.func.id for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    return {name for name in named if name[0].isupper()}  # not a function that makes the exception


@pytest.mark.parametrize(
    "name", [name for name in CALLED if "scenario" in inspect.signature(function(THINGS[name])).parameters]
)
def test_what_takes_a_scenario_says_when_it_refuses_it(name: str) -> None:
    found = entries(sections(function(THINGS[name])).get("Raises", ""))
    assert "ScenarioError" in found and len(found) > 1


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_describes_each_of_its_fields(name: str) -> None:
    kind, said = THINGS[name], sections(THINGS[name])
    fields = list(kind._fields) if issubclass(kind, tuple) else []
    if dataclasses.is_dataclass(kind):
        fields = [field.name for field in dataclasses.fields(kind) if not field.name.startswith("_")]
    found = entries(said.get("Attributes", ""))
    if fields:
        assert [head.partition(" : ")[0] for head in found] == fields
    else:  # made by the user, or an exception
        made = list(inspect.signature(kind).parameters)
        assert [head.partition(" : ")[0] for head in entries(said.get("Parameters", ""))] == made
    assert [head for head, text in found.items() if " : " not in head or not text.endswith(".")] == []


def test_the_page_says_what_calls_really_refuse(tmp_path: Path) -> None:
    """One wrong call of each kind: the exception that comes is one that the docstring names."""
    scenario = cxsim.parse(
        {
            "cxsim": 1,
            "reasons": {"help": {"volume": "30/h", "handle_time": "5 min", "patience": "4 min"}},
            "groups": {"team": {"agents": 4, "serves": "help"}},
        }
    )
    result = cxsim.simulate(scenario, replications=1)
    pair = cxsim.compare([scenario, scenario], names=["a", "b"], replications=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine", encoding="utf-8")
    wrong: dict[str, Any] = {
        "cxsim.read": lambda: cxsim.read(tmp_path / "none.yaml"),
        "cxsim.parse": lambda: cxsim.parse({"cxsim": 1}),
        "cxsim.Scenario.vary": lambda: scenario.vary({"groups.none.agents": 1}),
        "cxsim.Scenario.table": lambda: scenario.table("none.csv"),
        "cxsim.Scenario.is_scheduled": lambda: scenario.is_scheduled("none"),
        "cxsim.simulate": lambda: cxsim.simulate(scenario, replications=0),
        "cxsim.load": lambda: cxsim.load(tmp_path / "none"),
        "cxsim.Result.estimate": lambda: result.estimate("none"),
        "cxsim.Result.series": lambda: result.series("sl", "queue", "none"),
        "cxsim.Result.save": lambda: result.save(tmp_path / "other"),
        "cxsim.Comparison.save": lambda: pair.save(tmp_path / "other"),
        "cxsim.Comparison.pair": lambda: pair.pair("none"),
        "cxsim.compare": lambda: cxsim.compare([scenario]),
        "cxsim.explain": lambda: cxsim.explain(scenario, queue="none"),
        "cxsim.Explanation.save": lambda: cxsim.explain(scenario, replications=2).save(tmp_path / "other"),
        "cxsim.trace": lambda: cxsim.trace(scenario),
        "cxsim.levers": lambda: cxsim.levers(scenario),
        "cxsim.decide": lambda: cxsim.decide(scenario),
        "cxsim.sensitivity": lambda: cxsim.sensitivity(scenario),
        "cxsim.tournament": lambda: cxsim.tournament({"a": scenario}, indifference=1.0),
        "cxsim.tune": lambda: cxsim.tune(scenario, {}),
        "cxsim.optimize": lambda: cxsim.optimize(scenario),
        "cxsim.frontier": lambda: cxsim.frontier(scenario, points=0),
        "cxsim.journeys": lambda: cxsim.journeys(scenario, replications=0),
        "cxsim.calibrate.survival": lambda: cxsim.calibrate.survival([-1.0], [False]),
        "Plots.wait": lambda: result.plot.wait("none"),
    }
    for name, call in wrong.items():
        named = tuple(exception(error) for error in entries(sections(function(THINGS[name]))["Raises"]))
        with pytest.raises(named):
            call()


def test_no_package_hides_a_function_of_the_same_name():
    """Importing `cxsim.x` puts the module under `cxsim.x`; only `calibrate` and `forecast` are meant to be modules."""
    from pathlib import Path

    root = Path(cxsim.__file__).parent
    modules = {path.stem for path in root.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert modules & set(cxsim.__all__) == {"calibrate", "forecast"}
