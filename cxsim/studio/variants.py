"""What-if: the plan on the screen under other volumes, handle times, patience, resolution and shrinkage."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from cxsim.model.plan import plan
from cxsim.model.prepare import Model, prepare, staffed
from cxsim.scenario import Scenario
from cxsim.scenario.io.faults import Fault, ScenarioError
from cxsim.scenario.lever_catalogue import resolving
from cxsim.scenario.usual_share import changed_to, usual
from cxsim.studio.answers import Answers, Cancelled
from cxsim.studio.shifts import Rows, with_rows

MOST = 5  # variants side by side
Factor = Annotated[float, Field(ge=0.1, le=5.0, allow_inf_nan=False)]
Points = Annotated[float, Field(ge=-100.0, le=100.0, allow_inf_nan=False)]


class Variant(BaseModel):
    """What is different: factors on volume, handle time and patience; points on resolution and shrinkage."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    volume: Factor = 1.0
    handle_time: Factor = 1.0
    patience: Factor = 1.0
    resolution: Points = 0.0
    shrinkage: Points = 0.0

    @property
    def key(self) -> str:
        """What is different, as one text; empty where nothing is."""
        usual = {name: field.default for name, field in type(self).model_fields.items() if name != "name"}
        given = {name: value for name in usual if (value := getattr(self, name)) != usual[name]}
        return ", ".join(f"{name} {value:g}" for name, value in given.items())


def values(scenario: Scenario, variant: Variant) -> dict[str, Any]:
    """The changes of a variant as paths and values of the scenario. ScenarioError for one that cannot be made."""
    out: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, reason in scenario.reasons.items():
        if variant.volume != 1.0:
            out[f"reasons.{name}.volume.factor"] = reason.volume.factor * variant.volume
        if variant.handle_time != 1.0:
            by_hour = reason.handle_times
            out[f"reasons.{name}.handle_times.factor"] = (by_hour.factor if by_hour else 1.0) * variant.handle_time
    if variant.resolution:
        out |= resolving(scenario, lambda share: round(share + variant.resolution / 100.0, 9))
    if variant.patience != 1.0:
        for name, segment in scenario.segments.items():
            if segment.patience is not None and not isinstance(segment.patience, float):
                rule, fix = (
                    "has a patience of its own, which this slider cannot scale",
                    "change it in the scenario file",
                )
                faults.append(Fault(variant.name, f"segments.{name}.patience", "", rule, fix))
            else:
                out[f"segments.{name}.patience.factor"] = (segment.patience or 1.0) * variant.patience
    if variant.shrinkage:
        for name, group in scenario.groups.items():
            wanted = usual(scenario, name, "shrinkage") + variant.shrinkage / 100.0
            if group.shrinkage == 0.0 and not scenario.is_scheduled(name):
                out[f"groups.{name}.scheduled"] = False  # agents given are those present, as they were
            out |= changed_to(scenario, name, "shrinkage", round(wanted, 9), most=0.95)
    if faults:
        raise ScenarioError(faults)
    return out


def _itself(model: Model) -> Model:
    return model


class WhatIf:
    """Variants of one plan, simulated on the same draws; what was simulated is kept until the plan changes."""

    def __init__(
        self,
        scenario: Scenario,
        base: Model,
        changes: Mapping[str, Mapping[int, float]],
        rows: Rows | None = None,
        times: Sequence[int] = (),
    ) -> None:
        self._scenario, self._base, self._changes, self._rows = scenario, base, changes, rows
        self._answers = Answers(times)
        self._models: dict[str, Model] = {"": base}
        self._lock = threading.Lock()

    def prepared(self, variants: Sequence[Variant]) -> None:
        """Make the models. ScenarioError with every fault, each at the name of its variant."""
        faults: list[Fault] = []
        for variant in variants:
            try:
                self._model(variant)
            except ScenarioError as error:
                faults += [Fault(variant.name, f.path, f.value, f.rule, f.fix) for f in error.faults]
        if faults:
            raise ScenarioError(faults)

    def answers(self, variants: Sequence[Variant], stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """Answers in turn: the plan itself (variant -1) and each variant by number, with growing precision."""
        with self._lock:
            open_ = {
                n: self._answers.answer(self._base, partial(_itself, self._models[key]), key, stopped)
                for n, key in enumerate(["", *(variant.key for variant in variants)], -1)
            }
            try:
                while open_:
                    for number, found in list(open_.items()):
                        answer = next(found, None)
                        if answer is None:
                            del open_[number]
                        else:
                            yield {"variant": number, **{k: v for k, v in answer.items() if k != "bands"}}
            except Cancelled:
                return

    def _model(self, variant: Variant) -> Model:
        if variant.key not in self._models:
            scenario = self._scenario.vary(values(self._scenario, variant))
            model = prepare(scenario)
            if self._changes or self._rows is not None:
                on_it = scenario if self._rows is None else with_rows(scenario, self._rows)
                model = staffed(model, plan(on_it, model.timeline, self._changes))
            if len(self._models) > 4 * MOST:
                self._models = {"": self._base}
            self._models[variant.key] = model
        return self._models[variant.key]
