"""`cxsim optimize`: the cheapest staff that meets the goals, proved by simulation."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong
from cxsim.cli.time_limit import TimeLimit
from cxsim.schema.plan_tables import ASKED

if TYPE_CHECKING:
    from cxsim.optimizer.optimization_result import Optimum
    from cxsim.scenario import Scenario

NOT_CERTIFIED = 3
LAYERS = ("requirements", "fluid", "cover", "search", "routing", "certify")

seconds_option = click.option(
    "--time-limit",
    "time_limit",
    metavar="TIME",
    help="Stop after this long with the best plan so far, proof and advice included: 10min, 90s. Without it the search "
    "ends by itself.",
)


@click.command(context_settings=shared.HELP)
@shared.scenario_argument
@shared.options(shared.variation, shared.seed_option, shared.threads_option, shared.solver_option, seconds_option)
@shared.cluster_option
@shared.routing_option
@click.option(
    "--resume",
    is_flag=False,
    flag_value="",
    metavar="[FOLDER]",
    help="Continue from the plan in a results folder, also of a run that was killed, and save there. Without FOLDER, "
    "in the folder of --out.",
)
@click.option(
    "--layer",
    type=click.Choice(LAYERS),
    help="Run one step only: Erlang requirements, the fluid program, shifts that cover requirements, the search "
    "without a certificate, the best routing for a plan or for today's staffing, or the certificate of a plan.",
)
@click.option(
    "--plan", type=click.Path(path_type=Path), help="Plan to start from, to route or to certify (a staff file)."
)
@click.option(
    "--need", type=click.Path(path_type=Path), help="Requirements to cover, as headcounts (with --layer cover)."
)
@shared.out_option
@click.option(
    "--advice/--no-advice",
    default=True,
    help="Compare the plan with today's staffing and Erlang C, and try changes to it (default: yes).",
)
@shared.pictures_option("Draw charts, HTML report and workbook")
@shared.save_option("the plan")
@click.option("--strict", is_flag=True, help="Exit with code 3 if the plan is not certified.")
@shared.printing
def optimize(
    scenario: Path,
    with_: tuple[str, ...],
    set_: tuple[str, ...],
    seed: int | None,
    threads: int | None,
    cluster: str | None,
    solver: str,
    time_limit: str | None,
    routing: bool,
    resume: str | None,
    layer: str | None,
    plan: Path | None,
    need: Path | None,
    out: Path | None,
    advice: bool,
    pictures: bool,
    save: bool,
    strict: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Find the cheapest staffing for SCENARIO that meets its goals, and certify it.

    Goals are the targets of the queues, or those of the scenario's `optimize` block. Staffing consists of headcounts by
    interval, or of shifts. The plan is certified on replications that the search has not seen.

    \b
    cxsim optimize scenarios/quickstart.yaml
    cxsim optimize mine.yaml --with storm --time-limit 10min
    cxsim optimize mine.yaml --layer fluid --json          a lower bound in about a second
    cxsim optimize mine.yaml --layer certify --plan roster.csv
    cxsim optimize mine.yaml --resume results/optimize-mine
    cxsim optimize mine.yaml --routing                     ranks, reserves and skills are decided too
    cxsim run results/optimize-mine                        simulate the plan it wrote

    Ctrl-C once stops the search and certifies the best plan so far; twice quits at once.

    Exits with code 0 (with --strict: 3 if the plan is not certified), 2 if the input is wrong or the goals cannot be
    met, or 130 if interrupted twice (no half-written files remain).
    """  # noqa: D301
    from cxsim.cli.watching import watching
    from cxsim.optimizer.single_step import KIND as LAYER
    from cxsim.report.plan.folder import save_beside
    from cxsim.schema.plan_tables import KIND as OPTIMUM
    from cxsim.schema.plan_tables import UNFINISHED

    set_ = shared.with_routing(set_, routing)
    limit = TimeLimit(read_time(time_limit))
    _check(layer, plan, need, resume is not None, save, out)
    place = common.locate(scenario)
    if not save and out:
        raise wrong("--no-save saves nothing; remove --out")
    head = f"optimize-{place.name}" if layer is None else f"{layer}-{place.name}"
    kind = OPTIMUM if layer in (None, "search", "routing", "certify") else LAYER
    place_of_plan = out or (Path(resume) if resume else common.run_folder(head, with_, set_))
    earlier = _earlier(Path(resume) if resume else place_of_plan, save) if resume is not None else None
    folder = common.check_out(place_of_plan, kind) if save else None
    before = None if folder is None else earlier_in(folder, earlier == folder)
    read_in = common.read_scenario(place.file, with_=with_, set_=set_)
    common.tell_first_run("clock", quiet, read_in)
    settings: dict[str, Any] = {"seed": 1 if seed is None else seed, "threads": threads, "solver": solver}
    with common.on_cluster(cluster), watching(quiet, read_in.currency, limit.seconds) as watch:
        if layer not in (None, "search"):
            from cxsim.optimizer.single_step import one_layer

            answer: Any = one_layer(
                layer or "", read_in, plan=plan, need=need, progress=watch, keep=keeping(before), **settings
            )
        else:
            settings |= {"advise": advice, "certified": layer is None, "keep": keeping(before)}
            settings["seconds"] = limit.for_search(pictures and save)
            answer = _searched(read_in, settings, watch, plan or earlier)
        stopped = watch.stopped
    beside = before is not None and layer is None and before.is_better(answer)
    if folder is not None and beside:
        with common.writing(folder):
            save_beside(answer, folder)
    elif folder is not None:
        common.store(answer, folder, pictures, limit if layer in (None, "search") else None)
    if stopped and not quiet:
        common.say("stopped early; this is the best plan found so far")
    if as_json:
        document = answer.document()
        document["inputs"] |= {"file": str(scenario), "with": list(with_), "set": list(set_), "layer": layer}
        common.print_json({**document, "stopped": stopped, "folder": str(folder) if folder else None})
    elif not quiet:
        common.show(answer.summary(common.stdout().width))
    if folder is not None and not quiet:
        if beside:
            why = "costs less" if answer.certified else "is certified"
            text = f"The earlier plan in {folder} {why} and stays; this one is in {folder}/{UNFINISHED}."
        else:
            text = answer.files(folder, pictures)
        common.echo(f"\n{text}", err=as_json)
        if layer is None and not answer.certified:
            common.echo(f"continue the search with: {_again(scenario, with_, set_, seed, folder)}", err=as_json)
    return NOT_CERTIFIED if strict and not getattr(answer, "certified", True) else 0


def _again(scenario: Path, with_: tuple[str, ...], set_: tuple[str, ...], seed: int | None, folder: Path) -> str:
    """The command that goes on from the plan in the folder."""
    chosen = [part for name in with_ for part in ("--with", name)] + [part for one in set_ for part in ("--set", one)]
    seeded = [] if seed is None else ["--seed", str(seed)]
    words = ["cxsim", "optimize", str(scenario), *chosen, *seeded, "--resume", str(folder), "--time-limit", "10min"]
    return shlex.join(words)


def _searched(scenario: Scenario, settings: dict[str, Any], watch: Any, start: Path | None) -> Optimum:
    from cxsim.optimizer.optimize import optimize as optimized

    return optimized(scenario, **settings, resume=start, progress=watch)


@dataclass(frozen=True)
class _Earlier:
    """A results folder before the run: what the plan in it says, if there is one, and whether it is `resumed`.

    An earlier plan gives way only to a certified one, or, if it is not certified itself, to one that was resumed from
    it. Until then the new plan is stored in a folder inside. At the end it gives way to any, unless it `is_better`.
    """

    folder: Path
    facts: dict[str, Any]
    resumed: bool
    asked: str  # checksum of the scenario that it was found for

    @property
    def certified(self) -> bool:
        return self.facts.get("certified") is True

    def stays(self, plan: Optimum) -> bool:
        """Whether the earlier plan stays in its place while the search goes on."""
        unproved = bool(self.facts) and (self.certified or not self.resumed) and not plan.certified
        return unproved or self.is_better(plan)

    def is_better(self, plan: Optimum) -> bool:
        """Whether the plan that was resumed is certified, and the new one, of the same scenario, not or dearer."""
        same = self.asked == plan.provenance[ASKED]
        if not (self.resumed and self.certified and same):
            return False
        sign = 1.0 if plan.sense == "minimise" else -1.0
        return not plan.certified or sign * self.facts["cost"] < sign * plan.cost - 1e-9


def earlier_in(folder: Path, resumed: bool) -> _Earlier:
    """What is in a results folder before the run."""
    facts = _facts(folder)
    return _Earlier(folder, facts, resumed, _json(folder / "provenance.json").get(ASKED, "") if facts else "")


def keeping(earlier: _Earlier | None) -> Callable[[Optimum], object] | None:
    """What stores a plan as soon as there is one, so that nothing that comes later can lose it."""
    if earlier is None:
        return None
    from cxsim.report.plan.folder import save_beside

    def keep(plan: Optimum) -> None:
        with common.writing(earlier.folder):
            if earlier.stays(plan):
                save_beside(plan, earlier.folder)
            else:
                plan.save(earlier.folder, pictures=False)

    return keep


def _facts(folder: Path) -> dict[str, Any]:
    """What the plan in a folder says of itself; nothing if there is none."""
    from cxsim.schema.plan_tables import KIND, MARK
    from cxsim.storage.leftovers import recover

    recover(folder.parent)
    facts = _json(folder / MARK)
    return facts if facts.get("kind") == KIND else {}


def _json(path: Path) -> dict[str, Any]:
    """A mapping that is stored; nothing where it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _earlier(folder: Path, save: bool) -> Path:
    """The folder of an earlier optimum, to go on from."""
    if not save:
        raise wrong("--resume continues a saved plan; remove --no-save", "--resume")
    if not _facts(folder):
        fix = "name the folder of an earlier run: --resume FOLDER"
        raise wrong(f"{str(folder)!r} has no plan to continue from; {fix}", "--resume")
    return folder


def _check(layer: str | None, plan: Path | None, need: Path | None, resume: bool, save: bool, out: Path | None) -> None:
    if layer == "certify" and plan is None:
        raise wrong("--layer certify needs a plan; give it with --plan", "--plan")
    if need is not None and layer != "cover":
        raise wrong("--need works only with --layer cover", "--need")
    if plan is not None and layer not in (None, "search", "routing", "certify"):
        raise wrong(f"--layer {layer} does not take a plan", "--plan")
    if resume and (plan is not None or layer not in (None, "search")):
        raise wrong("--resume continues the saved plan; remove --plan and --layer", "--resume")
    for option, path in (("--plan", plan), ("--need", need)):
        if path is not None and not path.is_file():
            raise wrong(f"{str(path)!r} is not a file", option)


def read_time(text: str | None) -> float | None:
    """A time such as 10min or 90s in seconds."""
    if text is None:
        return None
    from cxsim.scenario.model import units

    try:
        seconds = units.duration(text)
    except units.Refusal as refusal:
        _, rule, fix = refusal.parts[0]
        raise wrong(f"{text!r} {rule}" + (f"; {fix}" if fix else ""), "--time-limit") from None
    if not seconds > 0:
        raise wrong(f"{text!r} is not a time limit; write 10min", "--time-limit")
    return float(seconds)
