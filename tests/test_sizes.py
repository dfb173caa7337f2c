"""How large modules and functions are, and where imports stand inside functions: printed, and bounded."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from statistics import median

from test_house import ROOT, imports, inside, modules

RECORD = ROOT.parent / "docs/explanation/decisions/0025-sizes-and-late-imports.md"
MOST_IGNORED = 45
MOST_FLAT, LARGEST, MEDIAN, LONGEST, MOST_LONG = 6, 500, 150, 80, 5

# Where start-up needs an import inside a function; the decision record says why.
COSTLY = ("matplotlib", "pandas", "scipy", "pulp", "highspy", "pyarrow", "distributed", "fsspec")
COSTLY += ("anywidget", "traitlets")
ON_ONE_PLATFORM = ("fcntl", "msvcrt")
AT_THE_DOOR = ("cxsim.cli", "cxsim.__main__")
SEAMS = {
    "cxsim.scenario": ("cxsim.metrics",),
    "cxsim.simulation": ("cxsim.engines", "cxsim.report"),
    "cxsim.studio.later": ("cxsim.studio.screens",),
    "cxsim.studio.serve": ("cxsim.studio.service",),  # the browser opens meanwhile
    "cxsim.studio.service": ("cxsim.studio.app",),  # once the first page shows its figures
    "cxsim.studio.saving": ("cxsim.scenario.book.convert",),  # with what writes workbooks
    "cxsim.model.own_policy": ("cxsim.model.class_policy", "cxsim.model.custom_policy"),  # with rare parts of numba
}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> dict[str, int]:
    """Lines of each function of a module, its docstring not counted."""
    out = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = node.body[0] if ast.get_docstring(node) else None
            words = said.end_lineno - said.lineno + 1 if said else 0
            out[node.name] = max(out.get(node.name, 0), node.end_lineno - node.lineno + 1 - words)
    return out


def late(module: str) -> list[str]:
    """The imports inside functions of a module for which there is no reason."""
    allowed = (
        COSTLY
        + ON_ONE_PLATFORM
        + tuple(name for part, names in SEAMS.items() if inside(module, (part,)) for name in names)
    )
    return [
        f"{module}:{one.line} imports {one.name} inside a function"
        for one in imports(module)
        if one.lazy and not one.types_only and not inside(one.name, allowed)
    ]


def test_few_modules_lie_flat():
    flat = sorted(path.name for path in ROOT.glob("*.py"))
    print(f"flat modules: {len(flat)}")
    assert len(flat) <= MOST_FLAT, flat


def test_no_module_is_large_and_half_are_small():
    sizes = {module: lines(path) for module, path in modules().items()}
    print(f"largest: {max(sizes.values())} lines, median {median(sizes.values())}, of {len(sizes)} modules")
    assert {module: size for module, size in sizes.items() if size > LARGEST} == {}
    assert median(sizes.values()) <= MEDIAN


def test_only_functions_that_the_decision_record_names_are_long():
    named = set(re.findall(r"^   - `(cxsim\.[\w.]+)`:", RECORD.read_text(encoding="utf-8"), re.MULTILINE))
    long = {
        f"{module}.{name}": size
        for module, path in modules().items()
        for name, size in functions(path).items()
        if size > LONGEST
    }
    print(f"functions over {LONGEST} lines: {long}")
    assert len(named) <= MOST_LONG
    assert {name: size for name, size in long.items() if name not in named} == {}


def test_imports_stand_at_the_top_except_where_start_up_needs_it():
    counted = Counter(
        "cli" if inside(module, AT_THE_DOOR) else "costly libraries" if inside(one.name, COSTLY) else "others"
        for module in modules()
        for one in imports(module)
        if one.lazy and not one.types_only
    )
    print(f"imports inside functions: {dict(counted)}")
    assert [
        text for module in modules() if module != "cxsim" and not inside(module, AT_THE_DOOR) for text in late(module)
    ] == []


def test_every_seam_is_used():
    """A reason that no import needs any more goes."""
    for part, names in SEAMS.items():
        for name in names:
            assert any(
                inside(one.name, (name,)) and one.lazy
                for module in modules()
                if inside(module, (part,))
                for one in imports(module)
            ), f"{part} imports {name} nowhere inside a function"


def test_every_ignored_type_error_has_a_code_and_a_reason():
    ignored = [
        (f"{module}:{number}", line)
        for module, path in modules().items()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "# type: ignore" in line
    ]
    print(f"ignored type errors: {len(ignored)}")
    assert [place for place, line in ignored if not re.search(r"# type: ignore\[[\w,-]+\]  # \w", line)] == []
    assert len(ignored) <= MOST_IGNORED
