"""The published results that `cxsim reproduce` knows: their sources, what is compared, and what each of them says.

A result that is a formula or a chain is computed again from the scenario. Printed values have their source's interval.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from cxsim.published import formulas, models
from cxsim.published.formulas import TOTAL, Figures, Key

if TYPE_CHECKING:
    from cxsim.scenario import Scenario

BASE: Final = ""
EXACT, LIMIT, PRINTED, FINDING = "exact", "limit", "printed", "finding"


class Check(NamedTuple):
    """Figures of some cases against a function of their scenarios."""

    of: Callable[[Scenario], Figures]
    cases: tuple[str, ...] = (BASE,)
    kind: str = EXACT
    because: str = ""  # why a limit or an approximation may deviate


class Printed(NamedTuple):
    """A value that the source prints, with its interval (95 %)."""

    case: str
    key: Key
    value: float
    low: float
    high: float
    times: float = 1.0  # printed for one day of so many


class Finding(NamedTuple):
    """What the source says in words: a figure of a case is lower than that of another, or than a number."""

    says: str
    key: Key
    lower: str
    higher: str | float


class Result(NamedTuple):
    """One published result."""

    title: str
    source: str
    says: str
    scenario: str  # its name among the examples
    replications: int
    checks: tuple[Check, ...] = ()
    printed: tuple[Printed, ...] = ()
    findings: tuple[Finding, ...] = ()


def total(figure: str) -> Key:
    """The key of a figure of all contacts."""
    return (figure, *TOTAL)


RESULTS: Final[dict[str, Result]] = {
    "erlang-a": Result(
        "Erlang A",
        "Palm (1957); Garnett, Mandelbaum and Reiman, M&SOM 4 (2002)",
        "One queue whose customers lose patience is a birth and death process: with 50 agents, 48 calls of a minute "
        "each minute and patience of two minutes, 3.09 % hang up and the mean wait is 3.71 s.",
        "published/erlang-a",
        20,
        (Check(formulas.birth_and_death, (BASE, "small", "impatient", "patient", "overloaded")),),
    ),
    "square-root-staffing": Result(
        "Square-root staffing with abandonment",
        "Garnett, Mandelbaum and Reiman, M&SOM 4 (2002)",
        "With R + β √R agents for a load of R, the share that waits tends to a number between 0 and 1 that depends on "
        "β and on patience only, and the share that hangs up falls with 1 ⁄ √R.",
        "published/square-root-staffing",
        20,
        (
            Check(formulas.birth_and_death, (BASE, "less", "more", "small", "large")),
            Check(
                formulas.square_root_limit,
                (BASE, "less", "more", "small", "large"),
                LIMIT,
                "a limit for large centers; the error vanishes as R grows",
            ),
        ),
    ),
    "patience": Result(
        "Patience of any distribution",
        "Zeltyn and Mandelbaum, Queueing Systems 51 (2005); setting of Whitt, Management Science 51 (2005)",
        "Waits and abandonment depend on the whole distribution of patience, most of all on its density near zero, not "
        "only on its mean. Exact by integrals.",
        "published/patience",
        40,
        (Check(formulas.general_patience, (BASE, "erlang", "lognormal", "uniform")),),
        findings=(
            Finding(
                "impatience near zero keeps the wait short: lognormal < Erlang",
                total("wait_mean"),
                "lognormal",
                "erlang",
            ),
        ),
    ),
    "two-skills": Result(
        "Two skills are enough",
        "Wallace and Whitt, M&SOM 7 (2005)",
        "If each agent has two skills, well spread, the center works nearly as well as if all had all six. With all "
        "six it is M/M/90/120.",
        "six-skills",
        300,
        (Check(formulas.birth_and_death, ("six",)),),
        findings=(
            Finding("two skills instead of one save more than half of the wait", total("wait_mean"), "two", BASE),
            Finding("with two skills less than 1 % are blocked", total("blocked_share"), "two", 0.01),
            Finding("and the mean wait is below a minute", total("wait_mean"), "two", 60.0),
        ),
    ),
    "queue-ratio": Result(
        "Fixed queue ratio",
        "Gurvich and Whitt, M&SOM 11 (2009) and Mathematics of Operations Research 34 (2009)",
        "If a free agent takes the queue that is furthest above its share, queue lengths keep fixed proportions, the "
        "better the larger the center.",
        "published/queue-ratio",
        40,
        (
            Check(models.queue_ratio, (BASE, "large")),
            Check(
                models.queue_ratio_limit,
                (BASE, "large"),
                LIMIT,
                "a limit for large centers; contacts are whole numbers",
            ),
        ),
    ),
    "fastest-first": Result(
        "Fastest server first",
        "Armony, Queueing Systems 51 (2005)",
        "With agents of different speed, giving each call to the fastest idle agent is best for the mean wait in large "
        "centers; the fast ones are then the busier ones.",
        "published/fastest-first",
        60,
        (Check(models.inverted_v, (BASE, "random", "slowest")),),
        findings=(
            Finding("fastest first waits less than random", total("wait_mean"), BASE, "random"),
            Finding("random waits less than slowest first", total("wait_mean"), "random", "slowest"),
        ),
    ),
    "resolution": Result(
        "Wait and resolution",
        "Mehrotra, Ross, Ryder and Zhou, M&SOM 14 (2012); Zhan and Ward, M&SOM 16 (2014)",
        "Agents differ in speed and in the share that they resolve, and unresolved calls come again. Speed alone is "
        "the wrong rule: what counts is resolution, or resolution × speed.",
        "published/resolution",
        80,
        (Check(models.inverted_v, (BASE, "resolve", "p-mu")),),
        findings=(
            Finding("thorough first resolves more than quick first", total("fcr_true"), BASE, "resolve"),
            Finding("and the mean wait is shorter too", total("wait_mean"), "p-mu", BASE),
        ),
    ),
    "redials": Result(
        "Redials and reconnects",
        "Ding, Remerova, van der Mei and Zwart (arXiv 1311.6248, 2015); Ding and Koole (2014)",
        "Those who hang up redial and some of those served call again; both must be in the model. Taking the rate of "
        "all calls from a fluid and putting it into Erlang A understates how many hang up.",
        "published/redials",
        40,
        (
            Check(models.redials, (BASE, "ten")),
            Check(
                models.redials_by_fluid,
                (BASE, "ten"),
                LIMIT,
                "the fluid has no variation: fewer hang up in it, and fewer redial",
            ),
        ),
    ),
    "callbacks": Result(
        "Callbacks",
        "Armony and Maglaras, Operations Research 52 (2004), both papers",
        "Callers who are told of a long wait may choose a callback. Fewer are lost, and agents are busier.",
        "published/callbacks",
        120,
        (Check(models.callbacks, (BASE, "none")),),
        findings=(
            Finding(
                "with the offer fewer hang up, of those who stay on the line",
                ("abandoned_share", "queue", "calls"),
                BASE,
                "none",
            ),
            Finding("and agents are busier", ("occupancy", "group", "team"), "none", BASE),
        ),
    ),
    "v-design": Result(
        "V design: priorities",
        "Cobham, Operations Research 2 (1954); Kella and Yechiali, Naval Research Logistics 32 (1985)",
        "With fixed priorities and one pool of agents each queue's mean wait is a formula.",
        "published/v-design",
        90,
        (Check(formulas.priorities),),
    ),
    "n-design": Result(
        "N design: helpers and a reserve",
        "Bell and Williams, Annals of Applied Probability 11 (2001), for thresholds in this design; exact chain",
        "Helpers shorten the waits of the queue that they help, at the cost of their own; a reserve shifts this back.",
        "published/n-design",
        40,
        (Check(models.skills, (BASE, "reserve")),),
        findings=(
            Finding(
                "a reserve protects the helpers' own queue", ("abandoned_share", "queue", "fault"), "reserve", BASE
            ),
            Finding("at the cost of the queue that they help", ("abandoned_share", "queue", "help"), BASE, "reserve"),
        ),
    ),
    "w-design": Result(
        "W design: a queue that two groups share",
        "exact chain",
        "Two groups with a queue of their own each and a shared one: waits and occupancies of the five.",
        "published/w-design",
        60,
        (Check(models.skills),),
    ),
    "m-design": Result(
        "M design: the cheapest staff",
        "exact chain over all staffs, the project's reference case P8",
        "5 and 4 specialists and 4 generalists are the cheapest staff at which neither queue loses more than 5 %.",
        "published/m-design",
        60,
        (Check(models.skills, (BASE, "one-less")),),
        findings=(
            Finding("cards lose less than 5 %", ("abandoned_share", "queue", "cards"), BASE, 0.05),
            Finding("loans lose less than 5 %", ("abandoned_share", "queue", "loans"), BASE, 0.05),
        ),
    ),
    "terminating-day": Result(
        "A day from empty to drained",
        "Buist and L'Ecuyer, library ContactCenters, results of the examples MMC, MMCAb and MMCBlocked",
        "M/M/12 over eight hours from empty until the last caller is served: calls answered in 20 s, service levels, "
        "waits, lost and blocked calls, as printed with 95 % intervals.",
        "published/terminating-day",
        20,
        printed=(
            Printed(BASE, total("answered_in_time"), 1816.158, 1812.618, 1819.698, 100.0),
            Printed(BASE, total("sl"), 0.902, 0.900, 0.904),
            Printed(BASE, total("asa"), 0.099, 0.097, 0.102, 60.0),
            Printed("abandoning", total("abandoned"), 58.609, 57.660, 59.558, 100.0),
            Printed("abandoning", total("answered_in_time"), 1906.008, 1903.785, 1908.231, 100.0),
            Printed("abandoning", total("sl"), 0.968, 0.968, 0.969),
            Printed("blocking", total("blocked"), 18.655, 18.045, 19.265, 100.0),
            Printed("blocking", total("answered_in_time"), 1854.284, 1851.667, 1856.901, 100.0),
            Printed("blocking", total("sl"), 0.929, 0.928, 0.930),
        ),
    ),
    "bilingual": Result(
        "Two languages, and callers who try again",
        "Buist and L'Ecuyer, library ContactCenters, results of the example Bilingual",
        "Three groups, one of them bilingual, and callers who hang up and call again with the patience that they have "
        "left, as printed with 95 % intervals.",
        "published/bilingual",
        1000,
        printed=(
            Printed(BASE, total("offered"), 5110.161, 5105.009, 5115.313),
            Printed(BASE, total("redials"), 107.168, 105.841, 108.495),
            Printed(BASE, total("answered"), 4967.235, 4962.946, 4971.524),
            Printed(BASE, total("abandoned"), 142.868, 141.209, 144.527),
            Printed(BASE, total("answered_in_time"), 4896.885, 4892.789, 4900.981),
            Printed(BASE, ("utilisation", "group", "english"), 0.47624, 0.47563, 0.47684),
            Printed(BASE, ("utilisation", "group", "spanish"), 0.47639, 0.47580, 0.47699),
            Printed(BASE, ("utilisation", "group", "bilingual"), 0.63254, 0.63197, 0.63310),
        ),
    ),
}
