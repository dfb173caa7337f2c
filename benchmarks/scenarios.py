"""The benchmark models as cxsim scenarios: mappings for `cxsim.scenario.parse`."""

from __future__ import annotations

from typing import Any

from benchmarks.models import Model


def scenario(model: Model) -> dict[str, Any]:
    """The scenario of a model: a steady run for one type, else a day from midnight on, as in the C program.

    A skill's `rank` says which contact an agent takes, its `order` which group a contact tries first.
    """
    steady = len(model.rate) == 1
    names = model.types
    out: dict[str, Any] = {
        "cxsim": 1,
        "name": f"benchmark {model.name}",
        "horizon": {"steady": {"warm_up": "0s", "length": _time(model.end)}, "interval": _time(model.width)}
        if steady
        else {
            "days": 1,
            "open": f"00:00-{_clock(model.end)}",
            "interval": _time(model.width),
            "before": 0,
            "after": 0,
        },
        "closed_hours": {"then": "lost"},
        "reasons": {
            name: {
                "volume": {"per_hour": model.rate[r][0] * 3600.0}
                if steady
                else {"per_interval": [rate * model.width for rate in model.rate[r]]},
                "handle_time": _time(model.mean[r])
                if model.cv is None
                else {"lognormal": {"mean": _time(model.mean[r]), "cv": f"{model.cv * 100!r}%"}},
                "patience": _time(model.patience[r]),
                "resolution": f"{(1.0 - model.repeat) * 100!r}%",
            }
            for r, name in enumerate(names)
        },
        "groups": {
            name: {
                "agents": model.agents[g][0] if steady else model.agents[g],
                "skills": {
                    names[r]: {
                        "rank": rank + 1,
                        "order": model.route[r].index(g) + 1,
                        "handle_time": model.factor[r][g],
                    }
                    for r, rank in model.skills[g]
                },
            }
            for g, name in enumerate(model.groups)
        },
    }
    if model.redial > 0.0 or model.repeat > 0.0:
        anew = {"patience": "anew", "work": "anew", "at_most": model.at_most}
        out["after_contact"] = {
            "abandoned": {"redial": f"{model.redial * 100!r}%", "delay": _time(model.redial_delay), **anew},
            "unresolved": {"repeat": "100%", "delay": _time(model.repeat_delay), **anew},
        }
    return out


def crowd(contacts: int, agents: int, days: int) -> dict[str, Any]:
    """Many contacts over many agents: the memory benchmark; one type, 10-hour days, nearly all answered."""
    handle = 0.97 * agents * 36_000.0 * days / contacts
    return {
        "cxsim": 1,
        "name": "benchmark memory",
        "horizon": {"days": days, "open": "08:00-18:00", "before": 0, "after": 0},
        "reasons": {
            "call": {
                "volume": {"per_day": contacts / days},
                "handle_time": _time(handle),
                "patience": "5 min",
            }
        },
        "groups": {"team": {"agents": agents, "serves": ["call"]}},
    }


def _time(seconds: float) -> str:
    return f"{seconds!r}s"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"
