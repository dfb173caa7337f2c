"""How simulated figures are judged against a reference: t tests, Holm over a case, and a half-width small enough.

Exact values are compared by the simulated estimate's own standard error, published ones by the combined one. A figure
whose half-width (95 %) is wider than `within` of its value fails too: an estimate that vague could agree with anything.
"""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from oracles.multiple_tests import holm, p_value

import cxsim
from cxsim import metrics
from cxsim.metrics.confidence_intervals import ratio_error, t_quantile
from cxsim.metrics.registry import terms
from cxsim.metrics.sums import CONTACT_COLUMNS, GROUP_COLUMNS
from cxsim.model.prepare import prepare
from cxsim.simulation.replications import replicate

CASES = {case["id"]: case for case in json.loads((Path(__file__).parent / "acceptance_public.json").read_text())}
FAMILY_ERROR = 0.01
NARROW, RARE = 0.01, 0.03  # half-width over value: ordinary figures, rare events


class Run:
    """Replications of a scenario, and its figures one replication at a time."""

    def __init__(self, scenario, replications, seed=1, engine="clock"):
        self.model = prepare(cxsim.parse(scenario), seed)
        self.samples, _ = replicate(self.model, replications, engine=engine)

    @property
    def intervals(self):
        return self.model.layout.labels

    def parts(self, figure, scope="total", name="total", interval="total"):
        """Numerators and denominators by replication."""
        return metrics.figure_values(
            self.samples, self.model.layout, figure, scope, name, interval, self.model.staffing
        )

    def sums(self, figure, scope="total", name="total", interval="total"):
        """The count of a figure, or the numerator of its ratio, by replication."""
        return self.parts(figure, scope, name, interval)[0]

    def at(self, expression, hours=range(24), reason=None):
        """A sum of contact columns over the intervals that begin in certain hours of the day, by replication."""
        layout = self.model.layout
        times = [int(label[11:13]) in hours for label in layout.labels]
        streams = [reason in (None, layout.reasons[row[1]]) for row in layout.streams]
        columns = [(CONTACT_COLUMNS.index(column), sign) for column, sign in terms(expression)]
        return np.array(
            [
                sum(sign * sample.contacts[column][streams][:, times].sum() for column, sign in columns)
                for sample in self.samples
            ]
        )

    def occupancy(self, group, hours):
        """Work of a group inside certain hours of the day, and its time on duty there, by replication."""
        layout = self.model.layout
        times = [int(label[11:13]) in hours for label in layout.labels]
        columns = [GROUP_COLUMNS.index(name) for name in ("busy_talk", "busy_wrap", "on_duty")]
        talk, wrap, on_duty = (
            np.array([sample.groups[column, layout.groups.index(group), times].sum() for sample in self.samples])
            for column in columns
        )
        return talk + wrap, on_duty

    def estimate(self, name, figure=None, *where, scale=1.0):
        """A figure as it stands, times `scale`."""
        return Estimate.of(name, *self.parts(figure or name, *where), scale=scale)


@dataclass(frozen=True)
class Estimate:
    """A simulated figure, what is expected (with that value's own standard error), how narrow it must be."""

    name: str
    value: float
    error: float
    replications: int
    expected: float = math.nan
    expected_error: float = 0.0
    within: float = NARROW

    @classmethod
    def of(cls, name, numerators, denominators=None, scale=1.0):
        """Sums over replications over sums; a mean where there are no denominators."""
        over = np.ones(len(numerators)) if denominators is None else denominators
        value, error = ratio_error(numerators, over)
        return cls(name, scale * float(value), scale * float(error), len(numerators))

    def exactly(self, expected, within=NARROW):
        """Against an exact value."""
        return replace(self, expected=expected, within=within)

    def published(self, expected, low, high, confidence=0.95, digits=3, within=NARROW):
        """Against a published interval, printed with so many digits after the point."""
        error = (high - low) / 2 / t_quantile(confidence, 10_000)
        return self.printed(expected, error, digits, within)

    def printed(self, expected, error, digits, within=NARROW):
        """Against a value with a standard error; rounding is one more error."""
        return replace(
            self, expected=expected, expected_error=math.hypot(error, 10.0**-digits / math.sqrt(12)), within=within
        )

    def reproduced(self, expected, replications, digits, within=NARROW, each=1):
        """Against another program's mean over so many replications, each of `1 / each` of ours."""
        return self.printed(expected, self.error * math.sqrt(self.replications * each / replications), digits, within)

    @property
    def half_width(self):
        return t_quantile(0.95, self.replications - 1) * self.error

    @property
    def p(self):
        return p_value(self.value, self.error, self.expected, self.replications - 1, self.expected_error)


def judge(case, estimates):
    """Assert that a family of estimates agrees, and that it could have failed to."""
    adjusted = holm([estimate.p for estimate in estimates])
    lines = [f"{case}: {'figure':34} {'expected':>12} {'simulated':>12} {'+/-':>10} {'p':>8} {'Holm':>8}"]
    wrong = []
    for one, p in zip(estimates, adjusted, strict=True):
        line = f"{one.name:34} {one.expected:12.6g} {one.value:12.6g} {one.half_width:10.3g} {one.p:8.4f} {p:8.4f}"
        if not p > FAMILY_ERROR:
            line += "  <- disagrees"
            wrong.append(one.name)
        if not one.half_width <= one.within * abs(one.value):
            line += f"  <- wider than {one.within:.0%}"
            wrong.append(one.name)
        lines.append(f"{case}: {line}")
    print("\n".join(lines))
    assert not wrong, "\n".join(lines)
