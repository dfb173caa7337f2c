"""Explain: why a figure is what it is, from Erlang C to the simulation, or from the saved plan to the one on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field

from cxsim.report.studies.explain import BY_FORMULA, heading
from cxsim.studies.explain import FIGURES, explain
from cxsim.studio.edited import edited
from cxsim.studio.fields import PathQuery, Text
from cxsim.studio.streams import Lines, Tell, streamed
from cxsim.studio.workspace import refused

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

SAVED, EDITED = "saved plan", "plan on the screen"


class Why(BaseModel):
    """Which figure, of which queue ('' for all contacts), and from where."""

    figure: Text = FIGURES[0]
    queue: Text = ""
    since: Literal["erlang", "saved"] = "erlang"
    shapley: bool = False
    replications: Annotated[int, Field(ge=2, le=200)] = 20


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of this screen."""

    @app.get("/api/explain")
    def explainable(path: PathQuery) -> dict[str, Any]:
        """The figures and queues that can be explained, and whether the plan differs from the saved one."""
        one = desk.open(path)
        with one.lock:
            document = one.document
            return {
                "figures": list(FIGURES),
                "queues": list(document.scenario.queues),
                "reasons": list(document.scenario.reasons),
                "changed": edited(document) is not document.scenario,
            }

    @app.post("/api/explain", response_class=Lines)
    def why(path: PathQuery, asked: Why) -> Lines:
        """Each step from one value to the other with its paired interval and its sentence."""
        one = desk.open(path)
        with one.lock:
            scenario, saved = edited(one.document), one.document.scenario
        if asked.since == "saved" and scenario is saved:
            raise refused("saved", "the plan on the screen is the saved plan; change a headcount first")

        def work(tell: Tell) -> dict[str, Any]:
            ends = (saved, scenario) if asked.since == "saved" else (scenario,)
            found = explain(
                *ends,
                figure=asked.figure,
                queue=asked.queue,
                shapley=asked.shapley,
                names=(SAVED, EDITED) if asked.since == "saved" else (),
                replications=asked.replications,
                progress=tell,
            )
            told = found.document()
            steps = [{**row, "by_formula": row["step"] in BY_FORMULA} for row in told["steps"]]
            return {**told, "steps": steps, "heading": heading(found)}

        return streamed(work)
