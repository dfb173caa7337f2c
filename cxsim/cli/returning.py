"""Options that say whether a volume is fresh, or includes customers who contact again, and how they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

if TYPE_CHECKING:
    from pathlib import Path

    from cxsim.forecast.returns import Returning
    from cxsim.scenario import Scenario


def _time(value: object) -> float:
    """Seconds of a length of time; `units.Refusal` for anything else."""
    from cxsim.scenario.model import units

    return units.duration(value)


def _share(value: object) -> float:
    """A share such as 40%; `units.Refusal` for anything else."""
    from cxsim.scenario.model import units

    return units.percent(value)


_TIME, _SHARE = shared.written("time", _time), shared.written("share", _share)
options = shared.options(
    click.option(
        "--offered",
        type=click.Choice(["total", "fresh"]),
        help="Whether the contacts of the report include redials and repeats (total, as phone systems count) or not.",
    ),
    click.option(
        "--redial", type=_SHARE, metavar="SHARE", help="Share of abandoned contacts that tries again, known or assumed."
    ),
    click.option("--redial-delay", type=_TIME, metavar="TIME", help="Mean time until then, such as '10 min'."),
    click.option(
        "--resolution", type=_SHARE, metavar="SHARE", help="Share of answered contacts that resolves the issue."
    ),
    click.option("--repeat", type=_SHARE, metavar="SHARE", help="Share of the others that contacts again."),
    click.option("--repeat-delay", type=_TIME, metavar="TIME", help="Mean time until then, such as '1 day'."),
)
KEYS = ("offered", "redial", "redial_delay", "resolution", "repeat", "repeat_delay")


def behaviour(given: Mapping[str, Any]) -> Returning | None:
    """How customers come back, from the options; None without them. All that is missing is told at once."""
    from cxsim.forecast.returns import Returning

    stated = {key: given[key] for key in KEYS[1:] if given[key] is not None}
    if not stated:
        return None
    missing = []
    if "redial" in stated and "redial_delay" not in stated:
        missing.append("--redial needs the mean time until customers try again; add --redial-delay '10 min'")
    if "redial_delay" in stated and "redial" not in stated:
        missing.append("--redial-delay says when customers try again, not how many; add --redial 40%")
    pair = ("resolution" in stated, "repeat" in stated)
    if any(pair) and not all(pair):
        other = "--repeat 60%" if pair[0] else "--resolution 85%"
        missing.append(f"repeats need both --resolution and --repeat; add {other}")
    if all(pair) and "repeat_delay" not in stated:
        missing.append("--repeat needs the mean time until customers contact again; add --repeat-delay '1 day'")
    if "repeat_delay" in stated and not all(pair):
        missing.append("--repeat-delay says when customers contact again, not how many; add --resolution and --repeat")
    if missing:
        raise wrong("\n".join(missing))
    return Returning(**stated)


def counted_twice(scenario: Scenario, folder: Path) -> list[str]:
    """In a sentence, that the volumes of a forecast include customers who contact again, as the scenario's do too."""
    from cxsim.report.studies.forecast import ONLY_FRESH, TAKEN_OUT

    part = folder / "scenario-part.yaml"
    if not part.is_file():
        return []
    said = " ".join(part.read_text(encoding="utf-8").replace("\n# ", " ").split())
    again = any(
        one.after_contact.abandoned.redial > 0.0 or (one.after_contact.unresolved.repeat > 0.0 and one.resolution < 1.0)
        for one in scenario.reasons.values()
    )
    if not again or ONLY_FRESH in said or TAKEN_OUT in said:
        return []
    return [
        f"The volumes of {folder} count what the history counted, and customers of this scenario contact again: if "
        "redials and repeats are in the history, as phone systems count, they are in the plan twice. Forecast again "
        "with --offered total and the scenario's --redial and --redial-delay, or say --offered fresh."
    ]
