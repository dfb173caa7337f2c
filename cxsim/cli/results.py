"""`cxsim results`: list, show, compare and clean up what lies in a folder of results."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

KINDS = {
    "cxsim result": ("run", "result.json"),
    "cxsim comparison": ("comparison", "comparison.json"),
    "cxsim optimum": ("optimum", "optimum.json"),
    "cxsim frontier": ("frontier", "frontier.json"),
    "cxsim layer": ("layer", "layer.json"),
    "cxsim sweep": ("sweep", "manifest.json"),
    "cxsim explanation": ("explanation", "explanation.json"),
    "cxsim roster": ("roster", "roster.json"),
    "cxsim capacity": ("capacity plan", "capacity.json"),
    "cxsim forecast": ("forecast", "volumes.csv"),
    "cxsim import": ("import", "report.json"),
    "cxsim calibration": ("calibration", "report.json"),
    "cxsim validation": ("validation", "report.json"),
}
UNFINISHED = "unfinished"
PAGES = ("report.html", "plan.csv", "roster.csv", "points.csv", "differences.csv", "steps.csv")
DAY = 86400.0
MOST_LINES = 40  # of a plan's changes


@dataclass(frozen=True)
class Stored:
    """One folder of results: what it is, when it was made, how large it is. `partial` ones were never finished."""

    path: Path
    kind: str
    when: float
    size: int

    @property
    def partial(self) -> bool:
        """Whether a run was interrupted while it wrote this."""
        return self.kind == UNFINISHED


@click.group(context_settings=shared.HELP)
def results() -> None:
    """List, show, compare and clean up stored results.

    \b
    cxsim results ls
    cxsim results show results/quickstart
    cxsim results diff results/quickstart results/quickstart+storm
    cxsim results clean --older-than 30
    """  # noqa: D301


@results.command("ls", context_settings=shared.HELP)
@click.argument("folder", type=click.Path(path_type=Path), default=common.RESULTS)
@shared.json_option
def ls(folder: Path, as_json: bool) -> int:
    """List the results in FOLDER (default: results/), newest first."""
    found = stored(folder)
    if as_json:
        common.print_json(
            {
                "schema_version": 1,
                "results": [
                    {"folder": str(one.path), "kind": one.kind, "made": _iso(one.when), "bytes": one.size}
                    for one in found
                ],
            }
        )
        return 0
    if not found:
        common.echo(f"{folder}: no results yet")
        return 0
    width = max(len(str(one.path)) for one in found)
    for one in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.when))
        common.echo(f"{one.path!s:{width}}  {one.kind:11}{when}  {_size(one.size):>9}")
    return 0


@results.command(context_settings=shared.HELP)
@click.argument("folder", type=click.Path(path_type=Path))
def show(folder: Path) -> int:
    """Show the summary of the results in FOLDER again."""
    kind = _kind(folder)
    with common.stored_in(folder):
        return _show(folder, kind)


def _show(folder: Path, kind: str) -> int:
    if kind == "run":
        common.show(_loaded(folder).summary(common.stdout().width))
    elif kind == "sweep":
        from cxsim.studies.sweep.sweep import load

        found = load(folder)
        facts = found.manifest
        common.echo(f"{facts['name']}: a sweep of {found.points:,} points ({facts['design']}), {found.left:,} left.")
        common.echo(f"Factors: {', '.join(one['name'] for one in facts['factors'])}. See: cxsim sweep-report {folder}")
    else:
        pages = [name for name in PAGES if (folder / name).exists()]
        common.echo(f"{folder}: {'an' if kind[0] in 'aeiou' else 'a'} {kind}; see {', '.join(pages) or 'its tables'}")
    return 0


@results.command(context_settings=shared.HELP)
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Show every metric and scope, not only totals that differ.")
@shared.json_option
def diff(before: Path, after: Path, everything: bool, as_json: bool) -> int:
    """Show what differs between two runs, or two plans of `cxsim optimize`: settings, scenario, plan and figures.

    Differences here are those of two stored values; `cxsim compare` gives paired ones, with intervals.
    """
    kinds = [_kind(folder) for folder in (before, after)]
    if kinds == ["optimum", "optimum"]:
        return _diff_plans(before, after, everything, as_json)
    for folder, kind in zip((before, after), kinds, strict=True):
        if kind not in ("run", "optimum"):
            raise wrong(f"{folder}: is a {kind}; diff compares two runs or two plans")
    if kinds != ["run", "run"]:
        plan = (before, after)[kinds.index("optimum")]
        raise wrong(
            f"{plan}: is a plan and the other a run; simulate the plan first: cxsim run {plan} --out {plan}-run"
        )
    first, second = _loaded(before), _loaded(after)
    with common.stored_in(f"{before}, {after}"):
        rows = _differences(first, second, everything)
    scenario = _changed_lines(first.scenario_text, second.scenario_text)
    if as_json:
        common.print_json({"schema_version": 1, "scenario": scenario, "figures": rows})
        return 0
    for line in scenario:
        common.echo(line)
    if scenario:
        common.echo("")
    if not rows:
        common.echo("The metrics are the same.")
        return 0
    from cxsim.report.common import formats

    texts = [
        (
            formats.head(row["figure"]) + ("" if row["scope"] == "total" else f" of {row['name']}"),
            *(formats.quantity(row[key], row["unit"], second.currency) for key in ("before", "after")),
            formats.change(row["change"], row["unit"], second.currency) if row["change"] is not None else "",
        )
        for row in rows
    ]
    _columns([("figure", "before", "after", "change"), *texts])
    return 0


def _columns(texts: Sequence[tuple[str, ...]]) -> None:
    """Rows of text in columns, the first to the left."""
    widths = [max(len(text[k]) for text in texts) for k in range(len(texts[0]))]
    for text in texts:
        cells = [f"{text[0]:{widths[0]}}", *(f"{text[k]:>{widths[k]}}" for k in range(1, len(widths)))]
        click.echo("  ".join(cells).rstrip())


def _diff_plans(before: Path, after: Path, everything: bool, as_json: bool) -> int:
    """What differs between two optimum folders: scenario, cost and goals, and who works when."""
    from cxsim.report.common import formats
    from cxsim.report.plan.folder import load_tables

    try:
        first, second = load_tables(before), load_tables(after)
    except (OSError, ValueError, KeyError) as fault:
        raise wrong(str(fault)) from None
    rows: list[dict[str, Any]] = []
    for name, unit in (("cost", second.unit), ("bound", second.unit), ("certified", "")):
        rows.append({"what": name, "before": first.facts.get(name), "after": second.facts.get(name), "unit": unit})
    values = [one.goals.set_index("goal") if len(one.goals) else None for one in (first, second)]
    goals = dict.fromkeys(goal for one in values if one is not None for goal in one.index)
    for goal in goals:
        both = [None if one is None or goal not in one.index else one.loc[goal] for one in values]
        unit = next(str(one["unit"]) for one in both if one is not None)
        told = [None if one is None else _number(one["value"]) for one in both]
        rows.append({"what": goal, "before": told[0], "after": told[1], "unit": unit})
    staff = _changed_lines(_plan_lines(first.plan), _plan_lines(second.plan))
    rows = [row for row in rows if everything or row["before"] != row["after"]]
    scenario = _changed_lines(first.scenario_text, second.scenario_text)
    if as_json:
        common.print_json({"schema_version": 1, "scenario": scenario, "figures": rows, "plan": staff})
        return 0
    for line in scenario:
        click.echo(line)
    if scenario:
        click.echo("")

    def text(value: Any, unit: str) -> str:
        if value is None or isinstance(value, bool):
            return {None: formats.NOTHING, True: "yes", False: "no"}[value]
        return formats.quantity(value, unit, second.currency)

    shown = [
        (
            row["what"],
            text(row["before"], row["unit"]),
            text(row["after"], row["unit"]),
            formats.change(row["after"] - row["before"], row["unit"], second.currency)
            if row["unit"] and None not in (row["before"], row["after"])
            else "",
        )
        for row in rows
    ]
    if shown:
        _columns([("", "before", "after", "change"), *shown])
    else:
        click.echo("The metrics are the same.")
    click.echo("" if staff else "The plan is the same.")
    if staff:
        click.echo(f"Plan ({', '.join(first.plan.columns)}):")
    for line in staff[: None if everything else MOST_LINES]:
        click.echo(line)
    if len(staff) > MOST_LINES and not everything:
        click.echo(f"and {len(staff) - MOST_LINES} more lines; --all shows them")
    return 0


def _number(value: Any) -> float | None:
    return None if value != value else float(value)


def _plan_lines(frame: Any) -> str:
    rows = frame.fillna("").astype(str).itertuples(index=False, name=None)
    return "\n".join(", ".join(row) for row in rows)


@results.command(context_settings=shared.HELP)
@click.argument("folder", type=click.Path(path_type=Path), default=common.RESULTS)
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(0),
    metavar="DAYS",
    help="Also remove results older than this many days.",
)
@click.option("--yes", is_flag=True, help="Remove without asking.")
def clean(folder: Path, days: float | None, yes: bool) -> int:
    """Remove what interrupted runs left in FOLDER (default: results/), and old results if asked.

    Only files that cxsim wrote and that have not changed since are removed.
    """
    from cxsim.storage.folders import remove_folder
    from cxsim.storage.leftovers import settle_one
    from cxsim.storage.listing import listing
    from cxsim.studies.sweep.store import Busy, Store

    now = time.time()
    gone = [one for one in stored(folder) if one.partial or (days is not None and now - one.when > days * DAY)]
    for one in gone:
        if not one.partial and listing(one.path) is None:
            common.echo(f"{one.path}: kept, because it has no list of the files that cxsim wrote; remove it yourself")
    gone = [one for one in gone if one.partial or listing(one.path) is not None]
    if not gone:
        common.echo("Nothing to remove.")
        return 0
    for one in gone:
        common.echo(f"{one.path}  {one.kind}  {_size(one.size)}")
    total = _size(sum(one.size for one in gone))
    if not yes and not click.confirm(f"Remove these {len(gone)} ({total})?"):
        return 0
    for one in gone:
        try:
            if one.kind == "sweep":
                with Store(str(one.path)).lock():
                    whole = remove_folder(one.path)
            elif one.partial:
                settle_one(one.path)
                whole = True
            else:
                whole = remove_folder(one.path)
        except Busy:
            common.echo(f"{one.path}: kept, because a sweep is running there")
            continue
        except OSError as error:
            raise wrong(f"{one.path}: cannot be removed ({error.strerror})") from None
        if not whole:
            common.echo(f"{one.path}: kept, with the files that cxsim did not write")
    common.echo(f"Removed {len(gone)}, {total}.")
    return 0


def stored(folder: Path) -> list[Stored]:
    """What cxsim wrote into a folder, the newest first. Folders of anything else are left out."""
    from cxsim.storage.leftovers import leftovers, recover

    if not folder.is_dir():
        return []
    recover(folder)
    found = [(path, UNFINISHED, path.stat().st_mtime) for path in leftovers(folder)]
    for path in sorted(folder.iterdir()):
        kind = _kind_of(path) if path.is_dir() and not path.is_symlink() else None
        if kind is not None:
            word, mark = KINDS.get(kind, (UNFINISHED, ""))
            found.append((path, word, _time(path / mark, path)))
    out = [Stored(path, kind, when, sum(map(_bytes, [path, *path.rglob("*")]))) for path, kind, when in found]
    return sorted(out, key=lambda one: -one.when)


def _time(*places: Path) -> float:
    """When the first of these that is there was changed."""
    return next((place.stat().st_mtime for place in places if place.exists()), 0.0)


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() and not path.is_symlink() else 0


def _kind_of(folder: Path) -> str | None:
    """The kind of the results in a folder, by the list in it or, without one, by what its main file says."""
    from cxsim.storage.listing import kind_of

    found = kind_of(folder)
    for kind, (_, mark) in KINDS.items() if found is None else ():
        try:
            facts = json.loads((folder / mark).read_bytes()) if (folder / mark).is_file() else None
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(facts, dict) and facts.get("kind") == kind:
            return kind
    return found


def _kind(folder: Path) -> str:
    from cxsim.storage.leftovers import recover

    recover(folder.parent)
    kind = _kind_of(folder)
    if kind not in KINDS:
        raise wrong(f"{folder}: has no results" if folder.is_dir() else f"{folder}: is not a folder")
    return KINDS[kind][0]


def _loaded(folder: Path) -> Any:
    from cxsim.simulation.stored import load

    with common.stored_in(folder):
        return load(folder)


def _differences(first: Any, second: Any, everything: bool) -> list[dict[str, Any]]:
    from cxsim.report.run.document import plain

    keys = ["figure", "scope", "name"]
    both = [
        one.figures[one.figures["interval"] == "total"].set_index(keys)[["value", "unit"]] for one in (first, second)
    ]
    joined = both[0].add_suffix("_before").join(both[1].add_suffix("_after"), how="outer").reset_index()
    rows = []
    for row in joined.to_dict("records"):
        before, after = plain(row["value_before"]), plain(row["value_after"])
        if before == after and not everything:
            continue
        if row["scope"] != "total" and not everything:
            continue
        change = after - before if before is not None and after is not None else None
        unit = row["unit_after"] if isinstance(row["unit_after"], str) else row["unit_before"]
        where = {key: row[key] for key in keys}
        rows.append({**where, "before": before, "after": after, "change": change, "unit": unit})
    return rows


def _changed_lines(before: str, after: str) -> list[str]:
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"


def _iso(when: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
