"""What tests ask of whole-number programs: their text, and whether a structure keeps its own rules."""

import re
import tempfile
from pathlib import Path

from cxsim.optimizer.shifts.covering import blocks, contradiction, part_of
from cxsim.optimizer.solver.solve import solve
from cxsim.optimizer.solver.solvers import in_pulp


def check_rules(structure):
    """Raise Impossible where a structure's own rules (limits, contracts, the week, a budget) contradict one another."""
    program = structure.program()
    for columns, rows in blocks(program):
        part = part_of(program, columns, rows)
        if len(rows) and solve(part, gap=1.0, seconds=60.0).status == "infeasible":
            raise contradiction(part)


def lp_text(program):
    """The program in the LP format, as PuLP writes it; the same text from PuLP 3 and 4."""
    problem, _, _ = in_pulp(program)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.lp"
        problem.writeLP(str(path))
        text = path.read_text(encoding="utf-8")
    text = re.sub(r"(\d)e([+-])0*(\d)", r"\1e\2\3", text)
    before, bounds, after = text.partition("\nBounds\n")
    lines = after.splitlines()
    n = next((k for k, line in enumerate(lines) if not line.startswith(" ")), 0)
    return "\n".join([before + bounds.rstrip("\n"), *sorted(lines[:n]), *lines[n:], ""]) if bounds else text
