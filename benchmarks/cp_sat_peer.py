"""A program of `week_peers.py` solved by CP-SAT; run with a Python that has OR-Tools.

Reads a program as arrays (`asked.npz`) and writes the columns (`told.npy`). CP-SAT knows whole numbers only: a column
that need not be whole is counted in parts, and coefficients are whole after multiplying by `SCALE`.
"""

from __future__ import annotations

import sys

import numpy as np
from ortools.sat.python import cp_model  # type: ignore[import-not-found]

MOST, SCALE = 400, 100

asked = np.load(sys.argv[1])
parts = np.where(asked["integer"], 1, int(asked["parts"]))
model = cp_model.CpModel()
high = np.minimum(asked["high"], MOST) * parts
columns = [
    model.new_int_var(int(np.ceil(a)), int(np.floor(b)), "") for a, b in zip(asked["low"] * parts, high, strict=True)
]
unit = SCALE * int(asked["parts"])
weights = np.rint(asked["value"] * unit / parts[asked["column"]]).astype(np.int64)
order = np.argsort(asked["row"], kind="stable")
edges = np.searchsorted(asked["row"][order], np.arange(len(asked["row_low"]) + 1))
for k, (low, most) in enumerate(zip(asked["row_low"], asked["row_high"], strict=True)):
    mine = order[edges[k] : edges[k + 1]]
    total = cp_model.LinearExpr.weighted_sum([columns[j] for j in asked["column"][mine]], weights[mine].tolist())
    if np.isfinite(low):
        model.add(total >= int(np.ceil(low * unit - 1e-6)))
    if np.isfinite(most):
        model.add(total <= int(np.floor(most * unit + 1e-6)))
prices = np.rint(asked["cost"] * SCALE / parts).astype(np.int64).tolist()
model.minimize(cp_model.LinearExpr.weighted_sum(columns, prices))
solver = cp_model.CpSolver()
solver.parameters.max_time_in_seconds = float(asked["seconds"])
solver.parameters.num_workers = 2
status = solver.solve(model)
if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
    sys.exit(f"CP-SAT found nothing: {solver.status_name(status)}")
np.save(sys.argv[2], np.array([solver.value(one) for one in columns]) / parts)
