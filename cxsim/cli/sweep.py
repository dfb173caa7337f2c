"""`cxsim sweep`: simulate every point of a design, on this machine or a cluster, and keep what is there."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

if TYPE_CHECKING:
    from cxsim.studies.sweep.design import Design
    from cxsim.studies.sweep.sweep import Estimate, Sweep

POINTS_FAILED = 1
MOST_SHOWN = 10


@click.command(context_settings=shared.HELP)
@click.argument("file", type=click.Path(path_type=Path))
@shared.variation
@click.option(
    "--factor",
    "factors",
    multiple=True,
    metavar="'NAME=PATH: VALUES'",
    help="Sweep a scenario instead of a design: values as 0.9,1.0,1.1 or a range 10..20, with /STEPS. Repeatable.",
)
@click.option(
    "--design", "kind", metavar="KIND", help="grid (the default), list, latin_hypercube, sobol, one_at_a_time, …"
)
@click.option("--points", type=click.IntRange(1), help="Number of points of a sampled design.")
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="Keep only points that meet this condition: 'agents <= 10 * volume'.",
)
@click.option("--figures", metavar="NAMES", help="Metrics to keep: sl,wait_mean,cost.")
@shared.options(shared.replications_option, shared.seed_option, shared.engine_option)
@click.option("--workers", type=click.IntRange(1, 1024), help="Points to run in parallel (default: all processors).")
@click.option("--cluster", metavar="ADDRESS", help="Run on Dask: tcp://host:8786, or local:4 for local workers.")
@click.option("--resume/--fresh", "resume", default=True, help="Keep computed points (the default), or start again.")
@click.option("--dry-run", is_flag=True, help="Check every point, time one, and estimate how long the sweep will take.")
@click.option("--csv", is_flag=True, help="Also write the long table as CSV.")
@click.option(
    "--out", metavar="DIR", help="Folder, or a URL such as s3://bucket/one (default: results/<name of the design>)."
)
@shared.printing
def sweep(
    file: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    factors: tuple[str, ...],
    kind: str | None,
    points: int | None,
    where: tuple[str, ...],
    figures: str | None,
    replications: int | None,
    seed: int | None,
    engine: str | None,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    dry_run: bool,
    csv: bool,
    out: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Simulate every point of a design FILE, or of a scenario FILE with --factor, and keep one long table.

    Run the command again to continue a killed or interrupted sweep where it stopped.

    \b
    cxsim sweep scenarios/sweeps/volume-and-staff.yaml --dry-run
    cxsim sweep scenarios/sweeps/volume-and-staff.yaml
    cxsim sweep mine.yaml --factor 'volume=reasons.*.volume.factor: 0.9,1.1' --factor 'staff=groups.team.agents: 10..14'
    cxsim sweep design.yaml --cluster tcp://10.0.0.5:8786 --out s3://bucket/sweep

    Exits with code 0, 1 if points failed (they are listed, and the others are saved), 2 if the input is wrong, or 130
    if interrupted (computed points are kept).
    """  # noqa: D301
    from cxsim.studies.sweep.cluster import NoCluster
    from cxsim.studies.sweep.store import Busy, Foreign

    extra = {
        "design": kind,
        "points": points,
        "where": list(where) or None,
        "replications": replications,
        "seed": seed,
        "engine": engine,
        "figures": figures.split(",") if figures else None,
    }
    design = _design(file, with_, set_, factors, {key: value for key, value in extra.items() if value is not None})
    place = out or str(common.RESULTS / design.name)
    try:
        if dry_run:
            return _dry(design, place, workers, as_json)
        common.tell_first_run(design.engine, quiet)
        with _watching(quiet) as watch:
            from cxsim.studies.sweep.sweep import sweep as run

            found = run(design, folder=place, workers=workers, cluster=cluster, resume=resume, csv=csv, progress=watch)
    except (Busy, Foreign, NoCluster) as error:
        raise wrong(str(error)) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise wrong(
            f"{place}: cannot be written ({why}); saved points are kept; free some space and run the command again"
        ) from None
    if as_json:
        common.print_json(_document(found))
    elif not quiet:
        _show(found, design)
    if watch.stopped:
        common.say("interrupted; computed points are kept, and the same command continues from there")
        return 130
    return POINTS_FAILED if found.failures else 0


def _design(
    file: Path, with_: tuple[str, ...], set_: tuple[str, ...], factors: tuple[str, ...], extra: dict[str, Any]
) -> Design:
    """The design of a file, or of a scenario and what was typed."""
    from cxsim.studies.sweep.design_file import design_of, read_design

    if not factors:
        if with_ or set_ or extra:
            given = ["--with"] * bool(with_) + ["--set"] * bool(set_) + [f"--{key}" for key in extra]
            raise wrong(
                f"a design file sets these itself; remove {', '.join(given)}, or sweep a scenario with --factor"
            )
        return read_design(file, allow_outside=common.allows_outside())
    place = common.locate(file)
    scenario = common.read_scenario(place.file, with_=with_, set_=set_)
    specs = dict(map(read_factor, factors))
    if len(specs) < len(factors):
        raise wrong("two factors have the same name; give each a different name", "--factor")
    mapping = {"name": f"sweep-{place.name}", "factors": specs, **extra}
    return design_of(mapping, place.file.parent, scenario, "command line")


def read_factor(text: str) -> tuple[str, dict[str, Any]]:
    """`NAME=PATH: VALUES` as a factor of a design: a list, a range a..b with /steps, or `NAME=overrides: a,b`."""
    from cxsim.scenario.io.yaml_tree import load

    head, colon, rest = text.partition(":")
    name, equals, path = (part.strip() for part in head.partition("="))
    if not (colon and equals and name and path and rest.strip()):
        raise wrong(f"{text!r} is not a factor; write 'volume=reasons.*.volume.factor: 0.9,1.0,1.1'", "--factor")

    def read(word: str) -> Any:
        return load(word.strip().encode(), "--factor")[0]

    if path == "overrides":
        return name, {"overrides": [word.strip() for word in rest.split(",")]}
    low, dots, high = rest.partition("..")
    if dots:
        high, slash, steps = high.partition("/")
        ends = {"from": read(low), "to": read(high)}
        if slash:
            return name, {"path": path, **ends, "steps": read(steps)}
        whole = all(type(end) is int for end in ends.values())
        return name, {"path": path, **ends, **({"whole": True} if whole else {})}
    return name, {"path": path, "values": [read(word) for word in rest.split(",")]}


def _dry(design: Design, place: str, workers: int | None, as_json: bool) -> int:
    from cxsim.report.common import formats
    from cxsim.studies.sweep.sweep import estimate

    found: Estimate = estimate(design, place, workers)
    if as_json:
        common.print_json({"schema_version": 1, **vars(found)})
        return 0
    dropped = f" ({design.left_out:,} excluded by `where`)" if design.left_out else ""
    each = (
        f"{found.replications} replications each" if found.replications else "replications as needed for the precision"
    )
    common.echo(f"{found.points:,} points{dropped}, {each}; {found.stored:,} are already in {place}.")
    time_, size = formats.seconds(found.seconds), found.bytes / 1e6
    common.echo(
        f"About {time_} here ({1000 * found.seconds_each:.0f} ms a point) and {size:,.1f} MB, estimated from the "
        "first point."
    )
    return 0


class _Watch:
    """A `progress` that shows points, rate and time left on stderr, and ends the sweep after Ctrl-C."""

    def __init__(self, shown: bool) -> None:
        self.stopped = False
        self._shown, self._began, self._first, self._last = shown, 0.0, 0, 0.0
        self._wrote = False

    def __call__(self, done: int, expected: int) -> bool:
        now = time.monotonic()
        if not self._began:
            self._began, self._first = now, done
        gone = now - self._began
        if self._shown and gone > common.PATIENCE and (now - self._last > 0.5 or done == expected):
            self._last, self._wrote = now, True
            rate = (done - self._first) / gone
            left = f", {_time((expected - done) / rate)} left" if rate > 0.0 else ""
            click.echo(f"\r\x1b[K{done:,} of {expected:,} points, {rate:.1f} a second{left}", nl=False, err=True)
        return not self.stopped

    def clear(self) -> None:
        """Take the line away."""
        if self._wrote:
            click.echo("\r\x1b[K", nl=False, err=True)


def _time(seconds: float) -> str:
    from cxsim.report.common import formats

    return formats.seconds(round(seconds))


@contextmanager
def _watching(quiet: bool) -> Iterator[_Watch]:
    watch = _Watch(not quiet and sys.stderr.isatty())
    main = threading.current_thread() is threading.main_thread()

    def interrupted(number: int, frame: FrameType | None) -> None:
        if watch.stopped:
            raise KeyboardInterrupt
        watch.stopped = True

    usual = signal.signal(signal.SIGINT, interrupted) if main else None
    try:
        yield watch
    finally:
        watch.clear()
        if main:
            signal.signal(signal.SIGINT, usual)


def _document(found: Sweep) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "folder": found.folder,
        "points": found.points,
        "stored": found.stored,
        "computed": found.computed,
        "failures": list(found.failures),
        "seconds": found.seconds,
        "remarks": list(found.remarks),
    }


def _show(found: Sweep, design: Design) -> None:
    for text in found.remarks:
        common.say(text)
    rate = f", {1000 * found.seconds / found.computed:.0f} ms each" if found.computed else ""
    dropped = f", {design.left_out:,} excluded by `where`" if design.left_out else ""
    common.echo(
        f"{found.points:,} points{dropped}: {found.stored:,} already existed, {found.computed:,} computed in"
        f" {_time(found.seconds)}{rate}, {len(found.failures):,} failed."
    )
    for failure in found.failures[:MOST_SHOWN]:
        common.say(f"point {failure['point']} ({failure['shown']}): {failure['error']}: {failure['text']}")
    if len(found.failures) > MOST_SHOWN:
        common.say(f"and {len(found.failures) - MOST_SHOWN:,} more in {found.folder}/failures.json")
    common.echo(f"\n{found.folder}/table.parquet")
