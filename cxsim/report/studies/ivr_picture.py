"""The contact flow as a picture: nodes from left to right, ways as wide as the share that takes them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cxsim.report.common.style import BLUE, GREEN, GREY, INK, ORANGE, PALE, PURPLE, SKY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cxsim.rules.ivr_steps import Expected
    from cxsim.scenario import Scenario

KINDS = {
    "menu": SKY,
    "self_service": GREEN,
    "ai_agent": GREEN,
    "announcement": PALE,
    "hours": BLUE,
    "capture": PURPLE,
    "least_delay": BLUE,
    "queue": ORANGE,
}
BOX = 0.74, 0.62  # width and height of a node, in units of the grid
WIDEST = 6.0  # points, of a way that every contact takes
SMALLEST = 0.0005  # share that is still drawn

Spot = tuple[float, float]
Way = tuple[str, str]


def draw(scenario: Scenario, found: Expected, title: str) -> Figure:
    """The flow with the shares of `found`, what goes each way in % of the contacts that enter it."""
    from matplotlib.figure import Figure

    moves = _moves(found)
    place, bends = places(scenario, found)
    columns = 1 + max(x for x, _ in place.values())
    rows = 1.0 + 2.0 * max(abs(y) for _, y in [*place.values(), *(spot for way in bends.values() for spot in way)])
    figure = Figure(figsize=(2.6 * columns + 0.4, 1.3 * rows + 0.6), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(-rows / 2.0, rows / 2.0))
    axes.axis("off")
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    for way, share in moves.items():
        _way(axes, [place[way[0]], *bends.get(way, ()), place[way[1]]], share)
    for name, at in place.items():
        _box(axes, scenario, found, name, at)
    return figure


def _moves(found: Expected) -> dict[Way, float]:
    """The share that goes from each node to each node or queue, whatever was chosen."""
    out: dict[Way, float] = {}
    for (start, end, _), share in found.ways.items():
        out[start, end] = out.get((start, end), 0.0) + share
    return {way: share for way, share in out.items() if share >= SMALLEST}


def _order(begins: list[str], moves: list[Way]) -> dict[str, int]:
    """The nodes numbered so that only ways that close a circle lead back (depth first, in reverse postorder)."""
    left: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        seen.add(name)
        for start, end in moves:
            if start == name and end not in seen:
                visit(end)
        left.append(name)

    for name in begins:
        if name not in seen:
            visit(name)
    return {name: k for k, name in enumerate(reversed(left))}


def places(scenario: Scenario, found: Expected) -> tuple[dict[str, Spot], dict[Way, list[Spot]]]:
    """Where nodes stand, and where ways that pass columns bend around them.

    The column is the longest way from the beginning, queues stand last; rows go by the height of what comes before
    (Sugiyama, Tagawa & Toda, IEEE Trans. Systems, Man and Cybernetics 11, 1981).
    """
    moves = list(_moves(found))
    begins = [one.flow for one in scenario.reasons.values() if one.flow is not None and one.flow in found.visits]
    order = _order(begins, moves)
    depth = {name: 0 for name in order if name in found.visits}
    for _ in range(len(depth)):
        for start, end in moves:
            if end in depth and order[start] < order[end]:
                depth[end] = max(depth[end], depth[start] + 1)
    last = 1 + max(depth.values(), default=0)
    depth |= dict.fromkeys(found.queues, last)
    passing = {
        (start, end): list(range(depth[start] + 1, depth[end])) for start, end in moves if depth[end] > depth[start] + 1
    }
    height: dict[tuple[str, str, int], float] = {}
    for x in range(last + 1):
        here = [(name, name, x) for name, column in depth.items() if column == x]
        here += [(start, end, x) for (start, end), columns in passing.items() if x in columns]
        heights = {}
        for start, end, _ in here:
            if start != end:
                heights[start, end, x] = height.get((start, end, x - 1), height.get((start, start, x - 1), 0.0)) - 0.01
                continue
            before = [
                height.get((a, b, x - 1), height.get((a, a, x - 1), 0.0)) for a, b in moves if b == end and depth[a] < x
            ]
            heights[end, end, x] = sum(before) / len(before) if before else 0.0
        for k, spot in enumerate(sorted(heights, key=lambda spot: -heights[spot])):
            height[spot] = (len(heights) - 1) / 2.0 - k
    place = {name: (float(x), height[name, name, x]) for name, x in depth.items()}
    bends = {way: [(float(x), height[(*way, x)]) for x in columns] for way, columns in passing.items()}
    return place, bends


def _box(axes: Axes, scenario: Scenario, found: Expected, name: str, at: Spot) -> None:
    from matplotlib.patches import FancyBboxPatch

    node = scenario.flow.get(name)
    kind = "queue" if node is None else next(kind for kind in KINDS if getattr(node, kind, None) is not None)
    width, height = BOX
    corner = (at[0] - width / 2.0, at[1] - height / 2.0)
    for colour, alpha in (("white", 1.0), (KINDS[kind], 0.35)):
        axes.add_patch(
            FancyBboxPatch(
                corner,
                width,
                height,
                boxstyle="round,pad=0,rounding_size=0.06",
                facecolor=colour,
                alpha=alpha,
                edgecolor=INK,
                lw=0.8,
                zorder=3,
            )
        )
    lines = [f"{kind.replace('_', '-')}, {_percent(found.visits.get(name, found.queues.get(name, 0.0)))}"]
    for word, ends in (("hang up", found.hung_up), ("turned away", found.turned_away)):
        if ends.get(name, 0.0) >= SMALLEST:
            lines.append(f"{_percent(ends[name])} {word}")
    contained = found.contained.get(name, 0.0) + found.not_helped.get(name, 0.0)
    if contained >= SMALLEST:
        lines.append(f"{_percent(contained)} contained")
        if found.not_helped.get(name, 0.0) > 0.0:
            lines.append(f"of these, {_percent(found.not_helped[name] / contained)} falsely")
    top = at[1] + 0.05 * len(lines)
    axes.text(
        at[0],
        top,
        name.replace("_", " "),
        ha="center",
        va="center",
        fontsize=9.5,
        color=INK,
        fontweight="bold",
        zorder=4,
    )
    axes.text(at[0], top - 0.07, "\n".join(lines), ha="center", va="top", fontsize=7.5, color=INK, zorder=4)


def _way(axes: Axes, spots: list[Spot], share: float) -> None:
    """A way through its spots, level at each; one that leads back goes below the nodes."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    side = BOX[0] / 2.0
    (x0, y0), (x1, y1) = spots[0], spots[-1]
    if x1 <= x0:
        low = min(y0, y1) - 0.45
        points = [(x0, y0), (x0, low), (x1, low), (x1, y1 - BOX[1] / 2.0)]
        label = (0.5 * (x0 + x1), low + 0.05)
        colour = GREY
    else:
        spots = [(x0 + side, y0), *spots[1:-1], (x1 - side, y1)]
        points = [spots[0]]
        for (xa, ya), (xb, yb) in pairwise(spots):
            middle = 0.5 * (xa + xb)
            points += [(middle, ya), (middle, yb), (xb, yb)]
        label = spots[1] if len(spots) > 2 else (0.5 * (spots[0][0] + spots[1][0]), 0.5 * (y0 + y1))
        colour = BLUE
    codes = [Path.MOVETO, *[Path.CURVE4] * (len(points) - 1)]
    thick = max(0.8, WIDEST * share)
    axes.add_patch(
        FancyArrowPatch(
            path=Path(points, codes),
            arrowstyle="-|>",
            mutation_scale=8.0 + 1.5 * thick,
            lw=thick,
            color=colour,
            alpha=0.5,
            capstyle="butt",
            joinstyle="miter",
            zorder=1,
        )
    )
    axes.text(
        *label,
        _percent(share),
        ha="center",
        va="center",
        fontsize=8,
        color=INK,
        zorder=2,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %" if share < 0.0995 else f"{100.0 * share:.0f} %"
