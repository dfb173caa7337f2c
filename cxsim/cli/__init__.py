"""The command line: one group whose commands are imported only when they are asked for."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import click

from cxsim.schema.names import printable

WRONG_INPUT: Final = 2
INTERNAL_ERROR: Final = 1
INTERRUPTED: Final = 130
UNREAD: Final = 141  # as of other programs whose reader has gone, such as head


class Entry(NamedTuple):
    """Where a command lives (`module:function`) and its line in the help, which needs no import."""

    place: str
    help: str
    section: str = "Other"


DATA = "Read data"
SCENARIO, SIMULATE, STAFFING = "Write and check a scenario", "Simulate and compare", "Plan staff"
ROUTING, CUSTOMERS, SWEEPS = "Choose routing", "Improve service for customers", "Sweep many scenarios"
COMMANDS: Final[dict[str, Entry]] = {
    "new": Entry("cxsim.cli.new:new", "Write a scenario file or copy an example.", SCENARIO),
    "check": Entry("cxsim.cli.check:check", "List every fault of a scenario; --explain shows all values.", SCENARIO),
    "flow": Entry("cxsim.cli.flow:flow", "Draw the contact flow with the share that takes each path.", SCENARIO),
    "convert": Entry("cxsim.cli.convert:convert", "Convert a scenario between YAML and an Excel workbook.", SCENARIO),
    "methods": Entry("cxsim.cli.methods:methods", "Describe a scenario for a paper (STRESS-DES).", SCENARIO),
    "schema": Entry("cxsim.cli.schema:schema", "Print the JSON Schema of scenario files, for editors.", SCENARIO),
    "import": Entry("cxsim.cli.import_export:import_export", "Read exports into tables, with a data report.", DATA),
    "calibrate": Entry("cxsim.cli.calibrate:calibrate", "Make a scenario from imported tables.", DATA),
    "validate": Entry("cxsim.cli.validate:validate", "Compare a scenario with recorded contacts.", DATA),
    "run": Entry("cxsim.cli.run:run", "Simulate a scenario and save its results.", SIMULATE),
    "compare": Entry("cxsim.cli.compare:compare", "Compare variants on the same random numbers.", SIMULATE),
    "explain": Entry(
        "cxsim.cli.explain:explain", "Explain a metric step by step from Erlang C or another run.", SIMULATE
    ),
    "trace": Entry("cxsim.cli.trace:trace", "Explain routing decisions, contact by contact.", SIMULATE),
    "results": Entry("cxsim.cli.results:results", "List, show, compare and clean up saved results.", SIMULATE),
    "studio": Entry("cxsim.cli.studio:studio", "Plan staff on a page that simulates each change.", STAFFING),
    "serve": Entry("cxsim.cli.studio:serve", "Offer the studio's service to other programs.", STAFFING),
    "report": Entry("cxsim.cli.report:report", "Regenerate the workbook and HTML report of saved results.", SIMULATE),
    "forecast": Entry(
        "cxsim.cli.forecast:forecast", "Forecast volumes and handle times by interval from history.", STAFFING
    ),
    "reforecast": Entry(
        "cxsim.cli.reforecast:reforecast",
        "Forecast the rest of a day, and rank what can be done.",
        STAFFING,
    ),
    "export": Entry("cxsim.cli.export:export", "Export forecasts and shift plans for other tools.", STAFFING),
    "erlang": Entry("cxsim.cli.erlang:erlang", "Answer Erlang B, C and A questions, without a scenario.", STAFFING),
    "plan": Entry("cxsim.cli.plan:plan", "Plan the staff of a period and write it as one workbook.", STAFFING),
    "optimize": Entry("cxsim.cli.optimize:optimize", "Find the cheapest staff that meets the goals.", STAFFING),
    "roster": Entry("cxsim.cli.roster:roster", "Assign named people to the shifts of a plan.", STAFFING),
    "capacity": Entry("cxsim.cli.capacity:capacity", "Plan hiring by month for uncertain volumes.", STAFFING),
    "frontier": Entry("cxsim.cli.frontier:frontier", "Show what more service and resolution cost.", STAFFING),
    "policies": Entry("cxsim.cli.tournament:policies", "List the routing rules with their sources.", ROUTING),
    "tournament": Entry("cxsim.cli.tournament:tournament", "Find the best of several routing policies.", ROUTING),
    "tune": Entry("cxsim.cli.tune:tune", "Tune routing thresholds, weights and ranks.", ROUTING),
    "journeys": Entry(
        "cxsim.cli.journeys:journeys", "Follow customers' issues across contacts and channels.", CUSTOMERS
    ),
    "levers": Entry("cxsim.cli.levers:levers", "Compare what improvements cost and what they are worth.", CUSTOMERS),
    "sensitivity": Entry(
        "cxsim.cli.sensitivity:sensitivity", "Test how lever results depend on their assumptions.", CUSTOMERS
    ),
    "reproduce": Entry("cxsim.cli.reproduce:reproduce", "Compute published results again and compare.", SWEEPS),
    "sweep": Entry("cxsim.cli.sweep:sweep", "Simulate every point of a design; resumes if interrupted.", SWEEPS),
    "sweep-report": Entry("cxsim.cli.sweep_report:sweep_report", "Report which factors move each metric.", SWEEPS),
}

# Exceptions that say the input is wrong. Whoever raised one has imported its module, so they are looked up
# among the modules already imported.
INPUT_ERRORS: Final = (
    ("cxsim.scenario", "ScenarioError"),
    ("cxsim.scenario.io.faults", "ScenarioError"),
    ("cxsim.tables.reader", "TableError"),
    ("cxsim.tables.faults", "ExportError"),
    ("cxsim.optimizer.problem.stage", "Impossible"),
    ("cxsim.optimizer.solver.program", "SolverError"),
)


class LazyGroup(click.Group):
    """A click group over `COMMANDS` that imports one command's module, the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, function = entry.place.partition(":")
        command: click.Command = getattr(import_module(module), function)
        if not any(one.name == "verbose" for one in command.params):
            command.params.append(_verbose_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"there is no command {name!r}; {_nearest(name)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items() if entry.section == section])

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError:  # nobody reads the help
            raise _UnreadError from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _UnreadError from None  # before click ends the program in its own way
        except SystemExit as leaving:  # how rich ends it
            if isinstance(leaving.__context__, BrokenPipeError):
                raise _UnreadError from None
            raise

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        def call() -> Any:
            return super(LazyGroup, self).main(
                args,
                prog_name,
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )

        if standalone_mode:
            sys.exit(guarded(call))
        return call()


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    return f"did you mean {close[0]!r}?" if close else "the commands are " + ", ".join(COMMANDS)


def guarded(call: Callable[[], Any]) -> int:
    """Run `call` and return the exit code of the process; errors become text on stderr, never a traceback.

    2: the input is wrong (usage, scenario, table, file); 130: interrupted; 141: nobody reads the output any
    more; 1: a fault of the program itself.
    With the environment variable CXSIM_DEBUG=1 the traceback is printed as well.
    """
    try:
        return _ended(call)
    except BrokenPipeError:  # nobody reads stderr either
        return _unread()


def _ended(call: Callable[[], Any]) -> int:
    try:
        code = call()
        sys.stdout.flush()
    except (BrokenPipeError, _UnreadError):
        return _unread()
    except click.ClickException as error:
        error.args = (printable(error.message),)
        vars(error)["message"] = error.args[0]
        error.show()
        return WRONG_INPUT
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted; no partial result was written")
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("CXSIM_DEBUG") == "1":
            import traceback

            traceback.print_exc()
        return _explain(error)
    return code if isinstance(code, int) else 0


class _UnreadError(Exception):
    """Nobody reads what is printed any more."""


def _unread() -> int:
    """Leave quietly: nothing more is written, also not at the end of the process."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return UNREAD


def counted(error: Exception) -> str:
    """`2 faults`: how many faults an error of a scenario tells; nothing for other errors."""
    count = len(getattr(error, "faults", ()))
    return f"{count} fault{'' if count == 1 else 's'}" if count else ""


def _explain(error: Exception) -> int:
    if isinstance(error, _input_errors()):
        count = counted(error)
        click.echo(printable(f"{error}\n{count}" if count else str(error)), err=True)
        return WRONG_INPUT
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        _say(f"{place}{error.strerror}")
        return WRONG_INPUT
    if isinstance(error, MemoryError):
        _say("not enough memory; use a shorter horizon, or do not save legs and spells")
        return INTERNAL_ERROR
    _say(f"internal error: {type(error).__name__}: {error} (set CXSIM_DEBUG=1 to see where)")
    return INTERNAL_ERROR


def _input_errors() -> tuple[type[Exception], ...]:
    found = (getattr(sys.modules.get(module), name, None) for module, name in INPUT_ERRORS)
    return tuple(kind for kind in found if isinstance(kind, type))


def _say(text: str) -> None:
    click.echo(printable(f"cxsim: {text}"), err=True)


def _verbose_option() -> click.Option:
    """`-v` of the group and of every command."""
    text = "Log to stderr what cxsim does (-v), or every step (-vv)."
    return click.Option(["-v", "--verbose"], count=True, expose_value=False, is_eager=True, callback=_log, help=text)


def _log(_: click.Context, __: click.Parameter, count: int) -> None:
    """Send what the loggers below `cxsim` say to stderr; twice: the steps too."""
    if not count:
        return
    logger = logging.getLogger("cxsim")
    for old in [one for one in logger.handlers if isinstance(one, _ToStderr)]:
        logger.removeHandler(old)
    handler = _ToStderr()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO if count == 1 else logging.DEBUG)


class _ToStderr(logging.Handler):
    """Writes to whatever stderr is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError, ValueError):
            click.echo(self.format(record), err=True)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"cxsim {version('cxsim')}")
        except PackageNotFoundError:
            click.echo("cxsim, run from source without installation")
        ctx.exit()


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Simulate a contact center from one scenario file and plan its staff.

    To begin: `cxsim new mine.yaml`, `cxsim check mine.yaml`, `cxsim run mine.yaml`.
    """


cli.params.append(_verbose_option())


def main() -> None:
    """Start the command line; the entry point of the `cxsim` script."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns at length where there is no home folder
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who called
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character prints `?` instead of failing.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli(prog_name="cxsim")
