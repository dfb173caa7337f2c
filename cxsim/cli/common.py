"""What the commands share: places of results, progress, and the ways to speak."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cxsim.cli.shared_options import OUTSIDE

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console, RenderableType

    from cxsim.cli.time_limit import TimeLimit
    from cxsim.scenario import Scenario

RESULTS = Path("results")
WIDEST = 120
PATIENCE = 2.0  # seconds before a progress bar appears
LONGEST_NAME = 80


class _WrongError(click.ClickException):
    """What was typed is wrong."""

    exit_code = 2


def wrong(text: str, option: str = "") -> click.ClickException:
    """A fault of what was typed, as an exception that ends the program with code 2."""
    return click.BadParameter(text, param_hint=option) if option else _WrongError(text)


def say(text: str, quiet: bool = False) -> None:
    """A remark, on stderr."""
    if not quiet:
        echo(text, err=True)


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """A line of text, with the control characters of names in it escaped."""
    from cxsim.schema.names import printable

    click.echo(printable(text), err=err, nl=nl)


def show(*parts: RenderableType) -> None:
    """Rich parts on stdout, no wider than the terminal or 120 columns."""
    console = stdout()
    for part in parts:
        console.print(part)


def stdout() -> Console:
    """A console on stdout, no wider than the terminal or 120 columns."""
    from rich.console import Console
    from rich.segment import Segment

    from cxsim.schema.names import printable

    class Escaping(Console):
        """A console that escapes the control characters of names, and leaves those that colour and place."""

        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            for part in super().render(renderable, options):
                yield part if part.control else Segment(printable(part.text), part.style)

    console = Escaping(highlight=False)
    if console.width > WIDEST:
        console.width = WIDEST
    return console


def print_json(document: dict[str, Any]) -> None:
    """The one document of `--json`, in ASCII so that no terminal spoils it."""
    click.echo(json.dumps(document, indent=1, allow_nan=False))


def read_precision(texts: Sequence[str]) -> dict[str, float]:
    """`sl=1%,asa=5%` as {figure: half-width}: shares in points, everything else as a part of its value."""
    from cxsim.metrics import REGISTRY
    from cxsim.scenario.model import units

    out: dict[str, float] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        name, equals, width = (piece.strip() for piece in part.partition("="))
        if not equals or not name or not width:
            raise wrong(f"{part!r} does not have the form metric=width; write sl=1%", "--precision")
        if name not in REGISTRY:
            fix = units.suggestion(name, REGISTRY, "the metrics are")
            raise wrong(f"{name!r} is not a metric; {fix}", "--precision")
        try:
            read = units.points if units.is_points(width) and REGISTRY[name].absolute else units.percent
            out[name] = read(width)
        except units.Refusal as refusal:
            _, rule, fix = refusal.parts[0]
            raise wrong(f"{part!r}: {width!r} {rule}" + (f"; {fix}" if fix else ""), "--precision") from None
        if out[name] <= 0:
            raise wrong(f"{part!r} has a width of zero; write {name}=1%", "--precision")
    return out


class Place(NamedTuple):
    """A scenario file, what its runs are called, and how it was run if it lies in a results folder."""

    file: Path
    name: str
    settings: dict[str, Any]


def locate(path: Path) -> Place:
    """The scenario at `path`: a file, or the folder of an earlier run, whose settings are taken over."""
    from cxsim.storage.leftovers import recover

    recover(path.parent)
    stored = path / "scenario.yaml"
    if not path.is_dir() or not stored.exists():
        name = path.resolve().parent.name if path.stem == "scenario" else path.stem
        return Place(path, name or "scenario", {})
    try:
        notes = json.loads((path / "provenance.json").read_text(encoding="utf-8"))
        settings = {key: notes[key] for key in ("seed", "replications", "engine")}
        settings |= {key: notes[key] for key in ("confidence", "control_variates") if key in notes}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise wrong(f"{path}: has a scenario.yaml but no provenance.json; name the scenario file instead") from None
    from cxsim.simulation.simulate import check_arguments

    try:
        check_arguments(
            settings["replications"],
            None,
            settings["engine"],
            (),
            settings["seed"],
            None,
            settings.get("confidence", 0.95),
            settings.get("control_variates", False),
        )
    except (ValueError, TypeError) as error:
        said = str(error).splitlines()[0]
        raise wrong(f"{path}: its provenance.json is damaged: {said}; name the file {stored} itself") from None
    return Place(stored, f"{path.resolve().name}-again", settings)


@contextmanager
def refused() -> Iterator[None]:
    """Turn what a study refuses into a message of the command, options by their names there."""
    from cxsim.scenario import ScenarioError

    try:
        yield
    except ScenarioError:
        raise
    except ValueError as error:
        raise wrong(str(error).replace("control_variates", "--control-variates")) from None


def allows_outside() -> bool:
    """Whether the command that runs, if any, was given --allow-outside."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and bool(ctx.meta.get(OUTSIDE))


def read_scenario(file: Path, with_: Sequence[str] = (), set_: Sequence[str] = ()) -> Scenario:
    """The scenario of a file, with what was typed put over it. Raises ScenarioError."""
    from cxsim.scenario import read

    return read(file, with_=with_, set_=set_, allow_outside=allows_outside())


def run_folder(name: str, with_: Sequence[str] = (), set_: Sequence[str] = ()) -> Path:
    """`results/<scenario>+<override>+<value set>`, in characters that every file system takes."""
    short = (".".join(text.partition("=")[0].split(".")[-2:]) + "=" + text.partition("=")[2] for text in set_)
    whole = "+".join([name, *with_, *short])
    safe = re.sub(r"[^\w.+=-]+", "-", whole).strip("-.") or "run"
    if len(safe) > LONGEST_NAME:
        safe = f"{safe[: LONGEST_NAME - 7]}-{blake2b(whole.encode(), digest_size=3).hexdigest()}"
    return RESULTS / safe


def check_out(folder: Path, kind: str) -> Path:
    """Refuse a folder that a result of this kind cannot go to, before anything is simulated."""
    from cxsim.storage.folders import check_folder
    from cxsim.storage.whole_files import probe

    with writing(folder):
        probe(check_folder(folder, kind))
    return folder


@contextmanager
def writing(place: Path, option: str = "--out", what: str = "folder") -> Iterator[None]:
    """Tell what goes wrong while results are written by the place that was asked for, not by a file on the way."""
    try:
        yield
    except OSError as error:
        if error.strerror is None:
            raise wrong(str(error), option) from None
        raise wrong(f"{str(place)!r} cannot be written ({error.strerror}); name another {what}", option) from None


@contextmanager
def on_cluster(address: str | None) -> Iterator[None]:
    """Have what follows simulate on a cluster, if one is named; tell what is wrong with it."""
    if address is None:
        yield
        return
    from cxsim.cluster.door import NoCluster
    from cxsim.cluster.remote import on

    try:
        with on(address):
            yield
    except NoCluster as error:
        raise wrong(str(error), "--cluster") from None


@contextmanager
def stored_in(folder: object) -> Iterator[None]:
    """Tell what goes wrong while stored results are read by their folder: they were cut or changed."""
    try:
        yield
    except (click.ClickException, BrokenPipeError):
        raise
    except Exception as error:  # of a file that may hold anything
        if os.environ.get("CXSIM_DEBUG") == "1":
            raise
        said = " ".join(str(error).split())
        known = isinstance(error, ValueError | FileNotFoundError) and str(folder) in said
        text = (
            said
            if known
            else f"{folder}: the result is damaged ({type(error).__name__}: {said}); run the command again"
        )
        raise wrong(text) from None


def store(answer: Any, folder: Path, pictures: bool, limit: TimeLimit | None = None) -> None:
    """Write a long search's answer into its folder: first the tables, so that no picture that fails can lose them.

    Pictures are drawn until the time limit; what is missing then is said.
    """
    from cxsim.report.plan.folder import save_in_time

    with writing(folder):
        answer.save(folder, pictures=False)
        if pictures and limit is not None and not limit.can_draw():
            say(
                "the time limit left no time for report.html, plan.xlsx and the charts; all tables are saved. Make them"
                f" with: cxsim report {folder}"
            )
        elif pictures:
            try:
                if limit is None or limit.seconds is None:
                    answer.save(folder, pictures=True)
                elif missing := save_in_time(answer, folder, limit.in_time):
                    say(
                        f"the time limit left no time for these charts: {', '.join(missing)}; all else is saved. Make"
                        f" them with: cxsim report {folder}"
                    )
            except OSError:
                raise
            except Exception as error:
                from cxsim.optimizer.problem.stage import failure
                from cxsim.optimizer.stored import is_plan

                again = f". To try again: cxsim report {folder}" if is_plan(folder) else ""
                say(f"{failure('Drawing the page and pictures', error)}; the tables are saved{again}")


def check_formats(formats: Sequence[str], pictures: bool) -> None:
    """A click error for formats of charts that are not to be drawn."""
    if formats and not pictures:
        raise wrong("--no-pictures draws no charts; remove it, or --format")


PICTURES = (".svg", ".png", ".pdf")


def picture_file(out: Path | None, scenario: Path, what: str) -> Path:
    """Where a command draws: `out`, or results/NAME-WHAT.svg. A click error for a file that it cannot draw to."""
    file = out or RESULTS / f"{scenario.stem}-{what}.svg"
    if file.suffix not in PICTURES:
        raise wrong(f"{file.name!r} is not a chart file; use a name that ends in {', '.join(PICTURES)}", "--out")
    return check_file(file, "--out")


def page_file(page: Path | None) -> Path | None:
    """Where a command writes a page. A click error for a file that it cannot write to."""
    if page is None:
        return None
    if page.suffix != ".html":
        raise wrong(f"{page.name!r} is not an HTML file; use a name that ends in .html", "--page")
    return check_file(page, "--page")


def check_file(file: Path, option: str) -> Path:
    """Refuse a file that cannot be written or that cxsim did not write, before anything is simulated."""
    from cxsim.storage.seals import is_ours
    from cxsim.storage.whole_files import probe

    with writing(file, option, "file"):
        if os.path.lexists(file) and not is_ours(file):
            rule = "already exists, and it is not a file that cxsim wrote"
            raise wrong(f"{str(file)!r} {rule}; name another file, or move it away", option)
        probe(file)
    return file


def save_picture(figure: Figure, file: Path, quiet: bool) -> None:
    """Write a picture whole or not at all, and say where."""
    from io import BytesIO

    from cxsim.report.common.svg import escape_controls

    out = BytesIO()
    escape_controls(figure)
    figure.savefig(out, format=file.suffix[1:], dpi=150)
    _save_file(file, out.getvalue(), "--out")
    say(f"chart: {file}", quiet)


def save_page(text: str, file: Path, quiet: bool) -> None:
    """Write a page whole or not at all, and say where."""
    _save_file(file, text.encode(), "--page")
    say(f"page: {file}", quiet)


def _save_file(file: Path, data: bytes, option: str) -> None:
    from cxsim.storage.folders import write_file
    from cxsim.storage.seals import sealed

    with writing(file, option, "file"):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, sealed(data, file.suffix))


def tell_first_run(engine: str, quiet: bool, *scenarios: Scenario) -> None:
    """Say that the engine is compiled, the first time that scenarios of their kind are run."""
    if engine == "clock" and not quiet:
        from cxsim.simulation.first_run import first_run

        text = first_run(*scenarios)
        if text:
            say(text)


@contextmanager
def progress(quiet: bool, unit: str = "replications") -> Iterator[Callable[[int, int], None]]:
    """A callable (done, expected) that shows a bar on stderr once two seconds have gone by."""
    bar = None if quiet or not sys.stderr.isatty() else _Bar(unit)
    try:
        yield bar.update if bar else lambda done, expected: None
    finally:
        if bar:
            bar.stop()


class _Bar:
    """A progress bar that appears late, so that short runs stay quiet."""

    def __init__(self, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn(unit),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=None)
        self._lock = threading.Lock()
        self._ended = False
        self._timer = threading.Timer(PATIENCE, self._start)
        self._timer.daemon = True
        self._timer.start()

    def _start(self) -> None:
        with self._lock:
            if not self._ended:
                self._bar.start()

    def update(self, done: int, expected: int) -> None:
        self._bar.update(self._task, completed=done, total=expected)

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._ended = True
            if self._bar.live.is_started:
                self._bar.stop()
