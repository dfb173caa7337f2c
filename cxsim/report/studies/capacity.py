"""A capacity plan in words, as tables for the terminal, and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from cxsim.report.common import style
from cxsim.report.common.formats import listing, plural, quantity, share
from cxsim.report.common.terminal import plain_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from cxsim.capacity.plan import CapacityPlan

PALETTE = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.SKY, style.VERMILLION, style.GREY)
VERDICTS = {
    "kept": "kept",
    "not shown": "not shown",
    "missed": "missed",
    "out of reach": "out of reach",
    "priced": "no limit",
}
METHOD = (
    "Each plan is judged in the same futures, none of which was used to find it: volumes, handle times and who leaves"
    " are drawn afresh."
)


def money(found: CapacityPlan, value: float) -> str:
    """An amount in the scenario's currency."""
    return quantity(value, "money", found.scenario.currency)


def sentences(found: CapacityPlan) -> list[str]:
    """The answer: whom to hire and when, the promise, and the rule of thumb beside it."""
    out = [_hiring(found), _promise(found)]
    rule = found.compared.iloc[1]
    out.append(
        f"The plan costs {money(found, found.cost)} on average. The rule of thumb costs "
        f"{_more(found, rule['difference'])}, "
        f"hires {plural(int(rule['hires']), 'person', 'people')} and misses {rule['months_missed']:.1f} months, "
        f"{rule['worst_month']} with a probability of {share(rule['worst_missed'], 0)}; this plan misses "
        f"{found.compared.iloc[0]['months_missed']:.1f}."
    )
    if len(found.compared) > 3:
        same = found.compared.iloc[3]
        buffer = str(same["plan"]).partition("+ ")[2]
        out.append(
            f"With a buffer of {buffer}, which keeps the promise, the rule costs {_more(found, same['difference'])}."
        )
    return out


def _more(found: CapacityPlan, difference: float) -> str:
    side = "more" if difference > 0.0 else "less"
    return f"{money(found, abs(difference))} ({share(abs(difference) / max(abs(found.cost), 1e-9))}) {side}"


def _hiring(found: CapacityPlan) -> str:
    if not len(found.hires):
        return "Hire nobody: the people there are enough."
    total = int(found.hires["people"].sum())
    first = found.hires.iloc[0]
    now = found.hires[found.hires["decide_by"] == first["decide_by"]]
    whom = listing([f"{row.people} in {row.team} (start {row.start})" for row in now.itertuples()])
    hire = f"Hire {plural(total, 'person', 'people')} over {len(found.months)} months."
    return f"{hire} Decide first by {first['decide_by']}: {whom}."


def _promise(found: CapacityPlan) -> str:
    worst = found.months.iloc[int(found.months["missed"].to_numpy().argmax())]
    told = f"{worst['month']} is missed most often, with a probability of {share(worst['missed'])}"
    if found.promise is None:
        return f"Missing hours have a price and no limit; {told}."
    late = found.months[found.months["verdict"] == "out of reach"]
    if found.held and not len(late):
        every = f"Every month is missed with a probability of at most {share(found.promise, 0)}"
        return f"{every} (shown with 95 % confidence for all months together); {told}."
    kept = int((found.months["verdict"] == "kept").sum())
    shown = f"In {kept} of {plural(len(found.months), 'month')} the probability of missing hours is at most"
    return f"{shown} {share(found.promise, 0)}, with 95% confidence; {told}."


def summary(found: CapacityPlan) -> list[RenderableType]:
    """What the terminal shows."""
    out: list[RenderableType] = [Text(f"{found.scenario.name}: capacity plan", style="bold"), Text()]
    out += [Text(one) for one in sentences(found)]
    out += [Text(one, style="yellow") for one in found.messages]
    out += [Text(), _months(found), Text()]
    if len(found.hires):
        out += [_hires(found), Text()]
    out += [_compared(found), Text()]
    out.append(Text(bound(found), style="dim"))
    out.append(Text(f"{METHOD} {found.futures:,} futures, seed {found.seed}.", style="dim"))
    return out


def bound(found: CapacityPlan) -> str:
    """How far the plan may be from the cheapest."""
    if found.bound != found.bound:
        return "The solver found no bound in its time; a longer --time-limit may find a cheaper plan."
    gap = max(found.gap, 0.0)
    text = "In the futures that the program was solved with, no plan is cheaper by more than"
    if gap <= 2.5e-3:
        return f"{text} {share(max(gap, 1e-4))}."
    return f"{text} {share(gap)}; a longer --time-limit narrows this."


def month_rows(found: CapacityPlan) -> list[tuple[str, ...]]:
    """The months as texts."""
    rows: list[tuple[str, ...]] = []
    for row in found.months.to_dict("records"):
        rows.append(
            (
                str(row["month"]),
                f"{row['volume']:,.0f}",
                f"{row['need_fte']:.1f}",
                f"{row['need_fte_low']:.1f} to {row['need_fte_high']:.1f}",
                f"{row['have_fte']:.1f}",
                f"{row['have_fte_low']:.1f} to {row['have_fte_high']:.1f}",
                share(row["missed"]),
                VERDICTS[str(row["verdict"])],
                money(found, row["cost"]),
            )
        )
    return rows


MONTH_HEADS = ("month", "volume", "FTE needed", "5 to 95 %", "FTE there", "5 to 95 %", "P(miss)", "limit", "cost")


def _months(found: CapacityPlan) -> Any:
    table = plain_table("FTE by month, with the band from 5 to 95 %")
    for k, head in enumerate(("month", "volume", "needed", "band", "there", "band", "P(miss)", "limit")):
        table.add_column(head, justify="left" if k in (0, 7) else "right", no_wrap=True)
    for row in found.months.to_dict("records"):
        table.add_row(
            str(row["month"]),
            f"{row['volume']:,.0f}",
            f"{row['need_fte']:.1f}",
            f"{row['need_fte_low']:.0f} to {row['need_fte_high']:.0f}",
            f"{row['have_fte']:.1f}",
            f"{row['have_fte_low']:.0f} to {row['have_fte_high']:.0f}",
            share(row["missed"]),
            VERDICTS[str(row["verdict"])],
        )
    return table


def _hires(found: CapacityPlan) -> Any:
    table = plain_table("Hires")
    for head, side in (
        ("decide by", "left"),
        ("start", "left"),
        ("team", "left"),
        ("people", "right"),
        ("cost", "right"),
    ):
        table.add_column(head, justify="right" if side == "right" else "left", no_wrap=True)
    for row in found.hires.to_dict("records"):
        table.add_row(row["decide_by"], row["start"], row["team"], str(row["people"]), money(found, row["hiring_cost"]))
    return table


def plan_rows(found: CapacityPlan) -> list[tuple[str, ...]]:
    """The plans as texts."""
    return [
        (
            str(row["plan"]),
            str(row["hires"]),
            money(found, row["cost"]),
            f"{money(found, row['cost_low'])} to {money(found, row['cost_high'])}",
            money(found, row["paid"]),
            f"{row['missing_hours']:,.0f} h",
            f"{row['months_missed']:.2f}",
            f"{row['worst_month']}: {share(row['worst_missed'])}",
        )
        for row in found.compared.to_dict("records")
    ]


PLAN_HEADS = ("plan", "hires", "cost", "5 to 95 %", "paid", "missing", "missed months", "worst month")


def _compared(found: CapacityPlan) -> Any:
    table = plain_table("On the same futures; cost with the price of missing hours")
    shown = (0, 1, 2, 6, 7)
    for k in shown:
        table.add_column(PLAN_HEADS[k], justify="left" if k in (0, 7) else "right", no_wrap=True)
    for row in plan_rows(found):
        table.add_row(*(row[k] for k in shown))
    return table


def plot(found: CapacityPlan) -> Figure:
    """FTE needed and there with their bands; hires by team; the probability of missing each month."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.4, 8.2), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=[2.2, 1.2, 1.2])
    at = range(len(found.months))
    for name, colour, label in (("need_fte", style.ORANGE, "needed"), ("have_fte", style.BLUE, "there")):
        low, high = found.months[f"{name}_low"], found.months[f"{name}_high"]
        top.fill_between(at, low, high, color=colour, alpha=0.22, lw=0)
        top.plot(at, found.months[name], "o-", ms=4, lw=1.6, color=colour, label=f"{label} (band: 5 to 95 %)")
    style.dress(top, "FTE needed and there, productive in full", "FTE")
    style.legend(top)
    _plot_hires(middle, found)
    _plot_missed(bottom, found)
    bottom.set_xticks(list(at), found.months["month"].tolist(), rotation=0 if len(at) <= 14 else 60)
    return figure


def _plot_hires(ax: Axes, found: CapacityPlan) -> None:
    names = list(dict.fromkeys(found.teams["team"]))
    base = [0.0] * len(found.months)
    for k, name in enumerate(names):
        hires = found.teams.loc[found.teams["team"] == name, "hires"].tolist()
        if any(hires):
            colour = PALETTE[k % len(PALETTE)]
            ax.bar(
                range(len(hires)), hires, bottom=base, color=colour, width=0.62, label=name, edgecolor="white", lw=0.6
            )
            base = [a + b for a, b in zip(base, hires, strict=True)]
    style.dress(ax, "Hires, by the month of their first day", "people")
    style.whole_numbers(ax)
    ax.set_ylim(0.0, max(max(base), 1.0) * 1.12)
    style.legend(ax)


def _plot_missed(ax: Axes, found: CapacityPlan) -> None:
    at = list(range(len(found.months)))
    value, low, high = (found.months[name].to_numpy() for name in ("missed", "missed_low", "missed_high"))
    ax.bar(at, value, width=0.62, color=style.VERMILLION, alpha=0.75, label="this plan")
    ax.vlines(at, low, high, color=style.INK, lw=1.2)
    ax.plot(at, found.months["missed_by_rule"], "D", ms=5, color=style.GREY, label="rule of thumb")
    if found.promise is not None:
        ax.axhline(found.promise, color=style.INK, lw=1, ls="--", label="allowed")
    style.dress(ax, "Probability that hours are missing after all overtime and temporary staff", "")
    style.percent_axis(ax)
    style.legend(ax)
