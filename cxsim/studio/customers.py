"""Customers: both scorecards, their journeys, and what levers change, as the page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from cxsim.report.run.document import records
from cxsim.report.studies.journeys import gap, told
from cxsim.report.studies.levers import sentence
from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import Fault, ScenarioError, shown
from cxsim.scenario.lever_catalogue import MODELS, REMEDIES, members, missing
from cxsim.scenario.model.units import suggestion, write_percent
from cxsim.studies.journeys import Journeys, journeys
from cxsim.studies.levers import Levers, levers
from cxsim.studies.sensitivity import parts, sensitivity
from cxsim.studio.edited import edited
from cxsim.studio.fields import PathQuery, Text
from cxsim.studio.streams import Lines, Tell, streamed

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

MOST_PATHS = 200  # journeys that are shown
MOST_LEVERS = 12  # at a time
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Money = Annotated[float, Field(ge=0.0, le=1e12, allow_inf_nan=False)]
Replications = Annotated[int, Field(ge=2, le=200)]


class Following(BaseModel):
    """How many replications to follow customers through."""

    replications: Replications = 10


class Lever(BaseModel):
    """A lever of the scenario, or one made of ready-made remedies, with sizes (shares) and a price a year."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    use: Annotated[list[Text], Field(max_length=20)] = []
    sizes: Annotated[dict[Text, Share], Field(max_length=20)] = {}
    cost: Money = 0.0


class Weighing(BaseModel):
    """Which levers to weigh, each alone; within a budget a year also the best of them together."""

    levers: Annotated[list[Lever], Field(min_length=1, max_length=MOST_LEVERS)]
    budget: Money | None = None
    replications: Replications = 20
    assumptions: bool = False


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of this screen."""

    def scenario_of(path: str) -> Scenario:
        one = desk.open(path)
        with one.lock:
            return edited(one.document)

    @app.post("/api/customers", response_class=Lines)
    def customers(path: PathQuery, asked: Following) -> Lines:
        """The company's and the customer's scorecard, the gap between them, and journeys with their numbers."""
        scenario = scenario_of(path)

        def work(tell: Tell) -> dict[str, Any]:
            return _followed(journeys(scenario, replications=asked.replications, progress=tell))

        return streamed(work)

    @app.get("/api/levers")
    def possible(path: PathQuery) -> dict[str, Any]:
        """The levers that the scenario has, and ready-made remedies that it could have, with their sizes."""
        return _possible(scenario_of(path))

    @app.post("/api/levers", response_class=Lines)
    def weigh(path: PathQuery, asked: Weighing) -> Lines:
        """What levers change, on the same draws, with paired intervals; or how far that rests on assumptions."""
        scenario = with_levers(scenario_of(path), asked.levers)

        def work(tell: Tell) -> dict[str, Any]:
            if asked.assumptions:
                return {"rows": records(sensitivity(scenario, replications=asked.replications, progress=tell).table)}
            found = levers(scenario, budget=asked.budget, replications=asked.replications, progress=tell)
            return _weighed(found)

        return streamed(work)


def _followed(found: Journeys) -> dict[str, Any]:
    troubled = found.troubled
    return {
        "replications": found.result.replications,
        "currency": found.result.currency,
        "company": records(found.company),
        "customer": records(found.customer),
        "sentence": gap(found),
        "green": found.intervals,
        "red": records(found.gap),
        "levels": records(found.levels),
        "goal": found.scenario.sl.share,
        "settled": found.scenario.experience.settled,
        "paths": records(found.paths.head(MOST_PATHS)),
        "of": len(found.paths),
        "troubled": {"share": float(troubled["share"].sum()), "value_lost": float(troubled["value_lost"].sum())},
        "people": records(found.people),
        "surveys": records(found.surveys),
        "assumptions": told(found.assumptions),
    }


def _possible(scenario: Scenario) -> dict[str, Any]:
    remedies = [
        {"name": name, "does": one.does, "sizes": one.sizes, "needs": missing(scenario, one)}
        for name, one in REMEDIES.items()
    ]
    return {
        "own": [
            {
                "name": name,
                "cost": one.cost,
                "use": list(one.use),
                "override": "" if one.use else (one.override or name),
                "sizes": {**_sizes(one.use), **one.sizes},
            }
            for name, one in scenario.levers.items()
        ],
        "remedies": remedies,
        "models": [{"name": name, "use": list(use)} for name, use in MODELS.items()],
        "valued": bool(parts(scenario)),
        "assumptions": told(scenario.experience.assumptions()),
    }


def _sizes(use: tuple[str, ...]) -> dict[str, float]:
    return {key: size for name in members(use) for key, size in REMEDIES[name].sizes.items()}


def with_levers(scenario: Scenario, wanted: list[Lever]) -> Scenario:
    """The scenario with these levers in place of its own. ScenarioError names each that it cannot have."""
    faults: list[Fault] = []
    made: dict[str, Any] = {}
    known = [*REMEDIES, *MODELS]
    for one in wanted:
        own = scenario.levers.get(one.name)
        if one.name in made:
            faults.append(Fault("levers", "name", shown(one.name), "is there twice", "name each lever differently"))
        if not one.use and own is None:
            fix = suggestion(one.name, scenario.levers, "the levers are") if scenario.levers else "say which remedies"
            faults.append(Fault("levers", "name", shown(one.name), "is not a lever of this scenario", fix))
        for name in one.use:
            if name not in known:
                fix = suggestion(name, known, "the remedies are")
                faults.append(Fault("levers", f"{one.name}.use", shown(name), "is not a remedy", fix))
        lever: dict[str, Any] = {"cost": one.cost}
        if one.use:
            lever |= {"use": list(one.use), "sizes": {key: write_percent(size) for key, size in one.sizes.items()}}
        elif own is not None:
            lever["override"] = own.override or one.name
        made[one.name] = lever
    if faults:
        raise ScenarioError(faults)
    return scenario.vary({"levers": made})


def _weighed(found: Levers) -> dict[str, Any]:
    return {
        "rows": records(found.table),
        "replications": found.replications,
        "days": found.days,
        "currency": found.scenario.currency,
        "best": found.best,
        "sentence": sentence(found),
        "assumptions": told(found.assumptions),
    }
