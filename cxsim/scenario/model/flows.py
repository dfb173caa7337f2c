"""What contacts meet before a queue: the nodes of a contact flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from cxsim.randomness.distributions import Law, law
from cxsim.scenario.model import fields as f
from cxsim.scenario.model import short_forms, units
from cxsim.scenario.model.part import Part
from cxsim.schema.names import ESTIMATORS, OTHERS


class Menu(Part):
    """Options a caller chooses from, by pressing or saying."""

    time: f.LawOf | None = Field(None, description="time per try, including prompt and choice")
    hang_up: f.Share = Field(0.0, description="share that hangs up during a try")
    chooses: dict[f.Name, dict[f.Name, f.Share]] = Field(
        description="by reason, the share that chooses each option; `others` for all other reasons"
    )
    invalid: f.Share = Field(0.0, description="share of tries with invalid input")
    tries: f.Positive = Field(3, description="number of tries that a caller has")

    def of(self, reason: str) -> dict[str, float]:
        """The share of each option among contacts of a reason; none where the menu says nothing of them."""
        return self.chooses.get(reason, self.chooses.get(OTHERS, {}))


class Down(Part):
    """A planned time without service."""

    date: f.Day | None = Field(None, description="the day; default: every day")
    start: f.Clock = Field(0.0, alias="from", description="from this time of day")
    end: f.Clock = Field(units.DAY, alias="to", description="to this time of day")


class SelfService(Part):
    """A bot or a portal that may end the contact without an agent."""

    time: f.LawOf | None = Field(None, description="time that a contact spends in the node")
    hang_up: f.Share = Field(0.0, description="share that hangs up in the node")
    contained: f.Share = Field(description="share of the others that end in self-service, resolved or not")
    of_which_false: f.Share = Field(
        0.0, description="share of contained contacts whose issue is not resolved; they return as after `contained`"
    )
    retold: f.Seconds | None = Field(
        None,
        description="extra talk time to repeat everything to an agent; 0s if agents see what the customer entered; "
        "default: repeated, but at no extra time",
    )
    availability: f.Share = Field(
        1.0, description="share of time that it works; otherwise contacts go to `otherwise` at once"
    )
    outage: f.LawOf = Field(default_factory=lambda: law("exponential", mean=1800.0), description="length of an outage")
    down: tuple[Down, ...] = Field((), description="planned outages")

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        return short_forms.lists(value, "down")


class AiAgent(Part):
    """A machine that talks to customers as an agent does, and hands over to people."""

    time: f.LawOf | None = Field(None, description="length of a conversation")
    longer: dict[f.Name, f.Factor] = Field(
        default_factory=dict, description="by reason, factor on `time`; 1 for reasons that are not named"
    )
    offered: f.SharesOf = Field(
        default_factory=lambda: {OTHERS: 1.0},
        description="share of contacts that come to it, one value or by reason; the others go to `then` at once",
    )
    accepted: f.SharesOf = Field(
        default_factory=lambda: {OTHERS: 1.0},
        description="share of those offered who talk to it, one value or by reason; the others ask for a person",
    )
    resolves: f.SharesOf = Field(description="share of conversations that resolve the issue, one value or by reason")
    hands_over: f.SharesOf = Field(
        default_factory=lambda: {OTHERS: 1.0},
        description="share of unresolved conversations that it recognises and hands over to `then`, one value or by "
        "reason; the others end as if resolved, and return as after `contained`",
    )
    hang_up: f.Share = Field(0.0, description="share of conversations that the customer breaks off")
    concurrent: f.Positive | None = Field(
        None, description="conversations at the same time, such as licences; default: unlimited"
    )
    cost: f.Amount = Field(0.0, description="cost per conversation")
    retold: f.Seconds | None = Field(
        None,
        description="extra talk time to repeat everything to a person after a hand-over; 0s if the person sees a "
        "summary; default: repeated, but at no extra time",
    )
    saves: f.Seconds = Field(0.0, description="talk time that a summary saves the person after a hand-over")

    def of(self, key: str, reason: str) -> float:
        """A share by its key for contacts of a reason; shares that are not given for it are 0."""
        shares: dict[str, float] = getattr(self, key)
        return shares.get(reason, shares.get(OTHERS, 0.0))

    def shares(self, reason: str) -> dict[str, float]:
        """Of a reason's contacts that come here: who passes, who asks for a person, and how conversations end."""
        offered = self.of("offered", reason)
        talks = offered * self.of("accepted", reason)
        stays = talks * (1.0 - self.hang_up)
        unresolved = stays * (1.0 - self.of("resolves", reason))
        return {
            "not_offered": 1.0 - offered,
            "refused": offered - talks,
            "broken_off": talks * self.hang_up,
            "resolved": stays - unresolved,
            "false": unresolved * (1.0 - self.of("hands_over", reason)),
            "handed_over": unresolved * self.of("hands_over", reason),
        }


class Hours(Part):
    """An entry point, or a branch, with opening hours of its own."""

    open: f.Opening = Field(description="opening hours, for every day or by weekday")
    holidays: tuple[f.Day, ...] = Field((), description="dates on which it is closed")


class Capture(Part):
    """Data asked for, or a customer identified, before an agent is there."""

    time: f.LawOf | None = Field(None, description="time that it takes")
    hang_up: f.Share = Field(0.0, description="share that hangs up during this time")
    success: f.Share = Field(1.0, description="share of the others for whom it succeeds")
    saves: f.Seconds = Field(description="talk time that an agent saves when it succeeds")


class LeastDelay(Part):
    """A choice among queues by the wait that is to be expected in each; takes no time."""

    of: tuple[f.Text, ...] = Field(description="two or more queues; the first one if several are equal")
    estimator: Literal[ESTIMATORS] = Field(ESTIMATORS[0], description="method that estimates the wait")
    random: f.Flag = Field(
        False, description="choose at random in proportion to 1 ⁄ (wait + handle time), not always the shortest wait"
    )


class Announcement(Part):
    """Something said to every contact."""

    time: f.LawOf | None = Field(None, description="time that it takes")
    hang_up: f.Share = Field(0.0, description="share that hangs up during this time")


@dataclass(frozen=True)
class Gate:
    """Times: opening hours by weekday but on holidays, or planned and random outages."""

    open: dict[int, tuple[tuple[float, float], ...]]
    holidays: tuple[date, ...] = ()
    down: tuple[Down, ...] = ()
    availability: float = 1.0
    outage: Law | None = None

    def spans(self, day: date) -> list[tuple[float, float]]:
        """The hours, or planned outages, of a day, in seconds of the day."""
        opens = () if day in self.holidays else self.open.get(day.weekday(), ())
        return [*opens, *((one.start, one.end) for one in self.down if one.date in (None, day))]


class Node(Part):
    """One place of the flow: a menu, self-service, AI agent, announcement, hours, capture or choice by waits."""

    menu: Menu | None = Field(None, description="options to choose from")
    self_service: SelfService | None = Field(None, description="a bot or portal")
    ai_agent: AiAgent | None = Field(None, description="a machine that talks to customers and hands over to people")
    announcement: Announcement | None = Field(None, description="a recorded message")
    hours: Hours | None = Field(None, description="opening hours: `then` while open, else `otherwise`")
    capture: Capture | None = Field(None, description="asks for data or identity; `otherwise` if it fails")
    least_delay: LeastDelay | None = Field(None, description="goes to the queue with the shortest expected wait")
    to: dict[f.Name, f.Text] = Field(
        default_factory=dict, description="of a menu: option -> node or queue; `closed` turns the contact away"
    )
    channel: f.Text = Field("", description="channel whose trunk the contact holds; default: the first channel")
    then: f.Text | None = Field(None, description="next node or queue, for all kinds except a menu")
    otherwise: f.Text | None = Field(
        None,
        description="next node or queue after a menu's last invalid try (default: the contact hangs up), outside "
        "opening hours (default: it is turned away), and while a self-service is down, all conversations of an AI "
        "agent are taken, or after a failed capture (default: as `then`)",
    )

    @property
    def part(self) -> Menu | SelfService | AiAgent | Announcement | Hours | Capture | LeastDelay | None:
        """What kind of place it is."""
        other = self.announcement or self.hours or self.capture or self.least_delay
        return self.menu or self.self_service or self.ai_agent or other

    @property
    def gate(self) -> Gate | None:
        """When contacts go another way from here than at other times."""
        one = self.self_service
        if self.hours is not None:
            return Gate(self.hours.open, self.hours.holidays)
        if one is not None and (one.availability < 1.0 or one.down):
            return Gate({}, (), one.down, one.availability, one.outage)
        return None

    def targets(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Everywhere it says to lead: path in the node, name of the target."""
        said: list[tuple[tuple[str | int, ...], str]] = [(("to", option), name) for option, name in self.to.items()]
        chosen = self.least_delay.of if self.least_delay else ()
        said += [(("least_delay", "of", i), name) for i, name in enumerate(chosen)]
        return said + [((key,), target) for key in ("then", "otherwise") if (target := getattr(self, key)) is not None]

    @property
    def time(self) -> Law | None:
        """How long a contact stays, one try of a menu."""
        return getattr(self.part, "time", None)

    @property
    def hang_up(self) -> float:
        """Share of contacts that hang up there, whatever else they would do."""
        return 0.0 if self.ai_agent is not None else getattr(self.part, "hang_up", 0.0)
