"""What contacts meet before a queue: the nodes of a contact flow."""

from __future__ import annotations

from pydantic import Field

from cxsim.distributions import Law
from cxsim.names import OTHERS
from cxsim.scenario import fields as f
from cxsim.scenario.part import Part


class Menu(Part):
    """Options a caller chooses from, by pressing or saying."""

    time: f.LawOf | None = Field(None, description="time of one try, prompt and choice")
    hang_up: f.Share = Field(0.0, description="share that hangs up in a try")
    chooses: dict[f.Name, dict[f.Name, f.Share]] = Field(
        description="by reason, the share that chooses each option; `others` for the reasons not named"
    )
    invalid: f.Share = Field(0.0, description="share of tries with an input that is not understood")
    tries: f.Positive = Field(3, description="tries that a caller has")

    def of(self, reason: str) -> dict[str, float]:
        """The share of each option among contacts of a reason; none where the menu says nothing of them."""
        return self.chooses.get(reason, self.chooses.get(OTHERS, {}))


class SelfService(Part):
    """A bot or a portal that may end the contact without an agent."""

    time: f.LawOf | None = Field(None, description="time a contact spends there")
    hang_up: f.Share = Field(0.0, description="share that hangs up there")
    contained: f.Share = Field(description="share of the others that end there, content or not")
    of_which_false: f.Share = Field(
        0.0, description="share of the contained whose issue is not resolved: they come back as after `contained`"
    )


class Announcement(Part):
    """Something said to every contact."""

    time: f.LawOf | None = Field(None, description="how long it takes")
    hang_up: f.Share = Field(0.0, description="share that hangs up meanwhile")


class Node(Part):
    """One place of the flow: a menu, a self-service or an announcement, and where it leads."""

    menu: Menu | None = Field(None, description="options to choose from")
    self_service: SelfService | None = Field(None, description="a bot or portal")
    announcement: Announcement | None = Field(None, description="something said")
    to: dict[f.Name, f.Text] = Field(
        default_factory=dict, description="of a menu: option -> node or queue; `closed` turns the contact away"
    )
    channel: f.Text = Field("", description="channel whose line it holds; the first one if not given")
    then: f.Text | None = Field(None, description="of a self-service or announcement: the node or queue that follows")
    otherwise: f.Text | None = Field(
        None, description="of a menu: node or queue after the last invalid try; the contact hangs up if not given"
    )

    @property
    def part(self) -> Menu | SelfService | Announcement | None:
        """What kind of place it is."""
        return self.menu or self.self_service or self.announcement

    def targets(self) -> list[tuple[tuple[str, ...], str]]:
        """Everywhere it says to lead: path in the node, name of the target."""
        said = [(("to", option), target) for option, target in self.to.items()]
        return said + [((key,), target) for key in ("then", "otherwise") if (target := getattr(self, key)) is not None]

    @property
    def time(self) -> Law | None:
        """How long a contact stays, one try of a menu."""
        return self.part.time if self.part is not None else None

    @property
    def hang_up(self) -> float:
        """Share of contacts that hang up there."""
        return self.part.hang_up if self.part is not None else 0.0


