"""The house rules: who may import whom, a kernel that counts no references, a help that answers at once."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
import textwrap
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent / "cxsim"

# From the ground up, folder by folder. A module may import its own folder and those below it; where a line names
# modules of a folder, the longest name that fits decides.
LAYERS = (
    "jit",
    "storage cluster",
    "randomness tables policies",
    "schema",
    "rules",
    "metrics",
    "scenario",
    "model",
    "engines",
    "erlang",
    "simulation report",
    "optimizer report.plan",
    "studies report.studies optimizer.levers_and_staffing forecast capacity rostering published gym",
    "calibrate importing report.calibrate report.importing",
    "begun_day",
    "studio",
    "cli",
    "__main__",
)
SIMULATING = (  # parts of the optimizer that simulate
    "cxsim.optimizer.advice",
    "cxsim.optimizer.advising",
    "cxsim.optimizer.bounds.nearby",
    "cxsim.optimizer.build_optimum",
    "cxsim.optimizer.frontier",
    "cxsim.optimizer.frontier_points",
    "cxsim.optimizer.frontier_result",
    "cxsim.optimizer.levers_and_staffing",
    "cxsim.optimizer.optimize",
    "cxsim.optimizer.optimum_tables",
    "cxsim.optimizer.plan_evaluator",
    "cxsim.optimizer.problem",
    "cxsim.optimizer.routing.alternate",
    "cxsim.optimizer.routing.exhaustive",
    "cxsim.optimizer.routing.improve",
    "cxsim.optimizer.routing.rerouted",
    "cxsim.optimizer.run",
    "cxsim.optimizer.single_step",
    "cxsim.optimizer.stored",  # makes the page of a plan anew
)
LOOP = "cxsim.engines.clock.loop"
ENGINE = ("cxsim.engines",)
FILES = ("cxsim.tables", "pathlib", "os", "io", "csv", "json", "shutil", "tempfile", "python_calamine", "ruamel")
GENERATORS = ("random", "secrets", "numpy.random", "scipy.stats")
LAWS = ("cxsim.randomness.distributions", "cxsim.randomness.distribution_formulas")
USERS_WORLD = ("cxsim.scenario", "cxsim.model", "cxsim.tables")


class Import(NamedTuple):
    """One import: the module that is meant, whether only for types, whether inside a function."""

    name: str
    types_only: bool
    lazy: bool
    line: int


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its full name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(module: str) -> tuple[Import, ...]:
    found: list[Import] = []

    def walk(node: ast.AST, types_only: bool, lazy: bool) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            types_only = True
        lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, types_only, lazy, node.lineno) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            source = str(node.module)
            if node.level:  # the loop is loaded under three names
                assert node.level == 1 and inside(module, (LOOP,)), f"{module}:{node.lineno}: write this import in full"
                source = f"{LOOP}.{node.module}"
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                whole = inner if inner in modules() or not inner.startswith("cxsim.") else source
                found.append(Import(whole, types_only, lazy, node.lineno))
        for part in ast.iter_child_nodes(node):
            walk(part, types_only, lazy)

    walk(ast.parse(modules()[module].read_text(encoding="utf-8")), False, False)
    return tuple(found)


def layer(module: str) -> int:
    """The number of a module's layer; KeyError for one that has none."""
    where = {f"cxsim.{name}": number for number, names in enumerate(LAYERS) for name in names.split()}
    parts = module.split(".")
    for length in range(len(parts), 1, -1):
        if ".".join(parts[:length]) in where:
            return where[".".join(parts[:length])]
    raise KeyError(module)


def inside(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def reached(module: str) -> set[str]:
    """Every module of the package that `module` imports at run time, and those that they import in turn."""
    found: set[str] = set()
    open_ends = [module]
    while open_ends:
        for one in imports(open_ends.pop()):
            if one.name in modules() and one.name not in found and not one.types_only:
                found.add(one.name)
                open_ends.append(one.name)
    return found


def reached_at_once(module: str) -> set[str]:
    """The modules of the package that `module` names in its imports, those inside functions included."""
    return {one.name for one in imports(module) if one.name in modules() and not one.types_only}


def members(*packages: str) -> list[str]:
    return [module for module in modules() if inside(module, packages)]


def test_every_module_has_a_layer():
    assert [module for module in modules() if module != "cxsim" and not _has_layer(module)] == []


def _has_layer(module: str) -> bool:
    try:
        return layer(module) >= 0
    except KeyError:
        return False


def test_every_folder_of_the_package_is_a_package():
    folders = {path.parent for path in ROOT.rglob("*.py")}
    assert [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_imports_go_downward():
    upward = [
        f"{module}:{one.line} imports {one.name}, which stands above it"
        for module in modules()
        if module != "cxsim"
        for one in imports(module)
        if one.name in modules() and one.name != "cxsim" and not one.types_only and layer(one.name) > layer(module)
    ]
    assert upward == []


def test_every_name_that_is_imported_exists():
    """Imports inside functions too, which fail only when somebody comes by."""
    missing = []
    for module, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level and str(node.module).startswith("cxsim"):
                if inside(str(node.module), ("cxsim.gym",)) and find_spec("gymnasium") is None:
                    continue  # an extra that is not installed
                source = importlib.import_module(str(node.module))
                names = [alias.name for alias in node.names if f"{node.module}.{alias.name}" not in modules()]
                missing += [f"{module}:{node.lineno} {name}" for name in names if not hasattr(source, name)]
    assert missing == []


def test_no_two_modules_need_each_other_not_even_inside_functions():
    needs = {module: reached_at_once(module) for module in modules()}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " → ".join((*way[way.index(module) :], module))
        if module not in done:
            for other in needs[module]:
                visit(other, (*way, module))
            done.add(module)

    for module in modules():
        visit(module, ())


def test_the_front_door_imports_nothing_by_itself():
    at_once = {one.name for one in imports("cxsim") if not (one.types_only or one.lazy)}
    light = {"__future__.annotations", "typing.TYPE_CHECKING", "typing.Any"}
    assert at_once <= light


def test_an_engine_imports_no_law_no_generator_and_no_file():
    above = ("cxsim.metrics", "cxsim.simulation")
    forbidden = (*LAWS, *GENERATORS, *FILES, *USERS_WORLD, *above)
    shared = ("cxsim.rules",)
    assert [
        f"{module}:{one.line} imports {one.name}"
        for module in members(*ENGINE, *shared)
        for one in imports(module)
        if inside(one.name, forbidden) and not one.types_only
    ] == []


def test_an_engine_opens_no_file():
    assert [
        f"{module}:{node.lineno}"
        for module in members(*ENGINE)
        for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("open", "np.load", "np.save", "np.fromfile")
    ] == []


def test_an_engine_reaches_nothing_of_what_the_user_writes():
    for module in members(*ENGINE):
        assert [name for name in reached(module) if inside(name, (*USERS_WORLD, "cxsim.tables"))] == [], module


def test_no_random_number_is_streamed():
    """Every draw is a function of its address, so no module may hold a generator."""
    for module, path in modules().items():
        assert not [one.name for one in imports(module) if inside(one.name, GENERATORS[:3])], module
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert ast.unparse(node) not in ("np.random", "numpy.random"), f"{module}:{node.lineno}"


def test_the_formulas_and_programs_of_staffing_reach_no_engine():
    assert members("cxsim.optimizer")
    for module in members("cxsim.erlang", "cxsim.optimizer"):
        if inside(module, SIMULATING):
            continue
        assert [name for name in reached(module) if inside(name, ENGINE)] == [], module


def test_help_answers_without_the_heavy_libraries():
    heavy = {"numpy", "numba", "pandas", "scipy", "matplotlib", "pydantic", "simpy", "jinja2", "ruamel"}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cxsim", "--help"],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Usage: cxsim" in done.stdout
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "click" in loaded
    assert heavy & loaded == set()


COMPILE = """
    import re, sys
    import cxsim
    from cxsim.engines.clock import replay
    from cxsim.schema import ledger
    from cxsim.model.prepare import prepare
    from cxsim.simulation.replications import inputs

    scenario = cxsim.parse({
        "cxsim": 1,
        "horizon": {"open": "08:00-09:00"},
        "reasons": {"cards": {"volume": "30/h", "handle_time": "4 min", "patience": "3 min"}},
        "groups": {"team": {"agents": 2, "serves": ["cards"], "availability": "90%"}},
        "after_contact": {"abandoned": {"redial": "50%"}},
    })
    keeper = ledger.Keeper()
    replay.replay(inputs(prepare(scenario), 0), keeper)
    assert len(keeper.ledger().legs) > 0
    codes = replay.loop_called("basic").run.inspect_llvm()
    assert len(codes) == 1, f"run was compiled {len(codes)} times"
    code = next(iter(codes.values()))
    assert "define" in code and len(code) > 10_000, "the code did not come from the compiler"
    counting = sorted(set(re.findall(r"NRT_[A-Za-z_]+", code)))
    assert "fadd double" in code
    flags = r"\\bf(?:add|sub|mul|div) (?:fast|reassoc|contract|nnan|arcp)\\b|llvm\\.fma\\b"
    loose = sorted(set(re.findall(flags, code)))
    print("counting", *counting)
    print("loose", *loose)
"""


@pytest.mark.slow
def test_the_kernel_counts_no_references_and_keeps_the_order_of_sums(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(COMPILE)],
        cwd=ROOT.parent,
        env=os.environ | {"CXSIM_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["counting", "loose"]
