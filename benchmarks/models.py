"""The benchmark models: what every contestant simulates, told in plain numbers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Model:
    """One model; seconds and rates per second; what indexes a list is said beside it."""

    name: str
    width: float  # of an interval; the arrivals end with the last one
    rate: list[list[float]]  # [type][interval]
    mean: list[float]  # [type], service before the group's factor
    cv: float | None  # of a lognormal service; None: exponential
    factor: list[list[float]]  # [type][group]
    patience: list[float]  # [type], exponential means
    redial: float  # chance after abandoning
    redial_delay: float  # exponential means
    repeat: float  # chance after service
    repeat_delay: float
    route: list[list[int]]  # [type], groups in the order they are tried
    skills: list[list[tuple[int, int]]]  # [group], (type, rank)
    agents: list[list[int]]  # [group][interval]
    at_most: int = 10  # attempts of an issue

    @property
    def end(self) -> float:
        """When the arrivals end, in seconds."""
        return self.width * len(self.rate[0])

    @property
    def fresh(self) -> float:
        """Expected fresh contacts."""
        return self.width * sum(map(sum, self.rate))

    @property
    def types(self) -> list[str]:
        """Names of the types."""
        return [f"type_{r}" for r in range(len(self.rate))]

    @property
    def groups(self) -> list[str]:
        """Names of the groups."""
        return [f"group_{g:02d}" for g in range(len(self.agents))]


def model_a(contacts: int = 1_000_000, agents: int = 100, handle: float = 180.0) -> Model:
    """M/M/100+M at load 1 with a mean patience of twice the handle time, in half-hours, starting empty."""
    width = 1800.0
    rate = agents / handle
    intervals = max(1, round(contacts / (rate * width)))
    return Model(
        name="a",
        width=width,
        rate=[[rate] * intervals],
        mean=[handle],
        cv=None,
        factor=[[1.0]],
        patience=[2 * handle],
        redial=0.0,
        redial_delay=600.0,
        repeat=0.0,
        repeat_delay=3600.0,
        route=[[0]],
        skills=[[(0, 0)]],
        agents=[[agents] * intervals],
    )


def model_b(size: str) -> Model:
    """A 10-hour day of 8 types and 12 groups: `small` 22 k, `middle` 223 k, `large` 2.2 M contacts."""
    times = 10 if size == "large" else 1
    sizes = json.loads((HERE / "models.json").read_text())["speed_model_b"]
    given = sizes["middle" if size == "large" else size]
    mean = [min(row) for row in given["mean_service"]]
    return Model(
        name=f"b_{size}",
        width=given["interval_seconds"],
        rate=[[times * x for x in row] for row in given["rate"]],
        mean=mean,
        cv=given["cv_service"],
        factor=[[x / own for x in row] for row, own in zip(given["mean_service"], mean, strict=True)],
        patience=given["patience_mean"],
        redial=given["redial"]["probability"],
        redial_delay=given["redial"]["mean_delay"],
        repeat=given["p_repeat"],
        repeat_delay=given["repeat_mean_delay"],
        route=given["route"],
        skills=[[(skill["type"], skill["rank"]) for skill in row] for row in given["skills"]],
        agents=[[times * n for n in row] for row in given["agents"]],
    )


def by_name(name: str) -> Model:
    """`a`, `b_small`, `b_middle` or `b_large`."""
    return model_a() if name == "a" else model_b(name.removeprefix("b_"))


def shortened(model: Model, intervals: int) -> Model:
    """The first few intervals of a model, for contestants too slow for all of it."""
    return replace(
        model, rate=[row[:intervals] for row in model.rate], agents=[row[:intervals] for row in model.agents]
    )


def lognormal(mean: float, cv: float) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm."""
    sigma = math.sqrt(math.log1p(cv * cv))
    return math.log(mean) - 0.5 * sigma * sigma, sigma


def limit_text(model: Model) -> str:
    """The model as `limit/limit.c` reads it; names hashed as in cxsim, so that both draw the same numbers."""
    from cxsim.randomness.draws import name_hash

    def line(*words: object) -> str:
        return " ".join(repr(word) if isinstance(word, float) else str(word) for word in words)

    groups = range(len(model.agents))
    lines = [
        line(
            "model",
            name_hash("cxsim"),
            len(model.rate),
            len(groups),
            len(model.rate[0]),
            model.width,
            model.at_most,
        ),
        line("returns", model.redial, model.redial_delay, model.repeat_delay),
    ]
    for r, name in enumerate(model.types):
        law = (0, model.mean[r]) if model.cv is None else (1, *lognormal(model.mean[r], model.cv))
        lines.append(line("type", name_hash(name), *law, model.patience[r], 1.0 - model.repeat))
        lines.append(line(len(model.route[r]), *model.route[r]))
        lines.append(line(*model.factor[r]))
        lines.append(line(*model.rate[r]))
    for g in groups:
        ranked = sorted(model.skills[g], key=lambda skill: skill[1])
        lines.append(line("group", len(ranked), *(x for skill in ranked for x in skill)))
        lines.append(line(*model.agents[g]))
    return "\n".join(lines) + "\n"
