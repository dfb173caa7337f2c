"""`cxsim compare`: variants of a scenario, or several scenarios, side by side on the same draws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

if TYPE_CHECKING:
    from cxsim.scenario import Fault, Scenario

BASE = "base"


class Variant(NamedTuple):
    """A named change of the first scenario: overrides of its file, then values set."""

    name: str
    with_: tuple[str, ...] = ()
    set_: tuple[str, ...] = ()
    policy: str = ""


@click.command(context_settings=shared.HELP)
@shared.scenarios_argument
@click.option(
    "--with",
    "with_",
    multiple=True,
    metavar="NAME",
    help="Variant with a named override; a+b applies both. Repeatable.",
)
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="'NAME: PATH=VALUE; …'",
    help="Variant with values set, or with named overrides. Repeatable.",
)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    help="Variant with another routing policy: a rule, or file.py[:name]. Repeatable.",
)
@click.option(
    "--set", "set_", multiple=True, metavar="PATH=VALUE", help="Set one value in all variants, including the base."
)
@shared.options(
    shared.outside_option,
    shared.replications_option,
    shared.precision_option,
    shared.confidence_option,
    shared.control_variates_option,
    shared.seed_option,
    shared.engine_option,
    shared.threads_option,
    shared.out_option,
)
@shared.pictures_option("Draw the charts and the HTML report")
@shared.format_option
@shared.save_option("the results")
@shared.printing
def compare(
    scenarios: tuple[Path, ...],
    with_: tuple[str, ...],
    variants: tuple[str, ...],
    policies: tuple[str, ...],
    set_: tuple[str, ...],
    replications: int | None,
    precision: tuple[str, ...],
    confidence: float | None,
    control_variates: bool,
    seed: int | None,
    engine: str | None,
    threads: int | None,
    out: Path | None,
    pictures: bool,
    formats: tuple[str, ...],
    save: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Simulate SCENARIOS, or variants of one, on the same draws, and report differences from the first.

    All of them serve the same customers, with the same patience and the same work, so small differences show
    after a few replications.

    \b
    cxsim compare mine.yaml --with storm --with lean   each compared with the file as it is
    cxsim compare mine.yaml --with storm+lean          both at once
    cxsim compare mine.yaml --variant 'two more: groups.front.agents=16'
    cxsim compare mine.yaml --variant 'new roster: staff.file=roster-b.csv'
    cxsim compare mine.yaml --variant 'lean in a storm: storm; groups.front.agents=12'
    cxsim compare mine.yaml --policy cmu --policy mine.py   simultaneous intervals
    cxsim compare mine.yaml --with storm --precision sl=1%   to within one point
    cxsim compare a.yaml b.yaml
    """  # noqa: D301
    from cxsim.model.routing_choice import named
    from cxsim.scenario import ScenarioError
    from cxsim.studies.compare import compare as compared
    from cxsim.studies.comparison import KIND

    if precision and replications is not None:
        raise wrong("give either --replications or --precision; --precision decides the number of replications")
    if formats and not save:
        raise wrong("--no-save saves nothing; remove --format")
    common.check_formats(formats, pictures)
    widths = common.read_precision(precision)
    places = [common.locate(path) for path in scenarios]
    wanted = [Variant(name, tuple(part.strip() for part in name.split("+"))) for name in with_]
    wanted += [read_variant(text) for text in variants]
    short = [named(policy) for policy in policies]
    labels = short if len(set(short)) == len(set(policies)) else list(policies)
    wanted += [Variant(one, policy=policy) for one, policy in zip(labels, policies, strict=True)]
    if len(places) + len(wanted) < 2:
        ways = "add --with NAME, --policy NAME, --variant 'NAME: PATH=VALUE' or another file"
        raise wrong(f"there is nothing to compare with; {ways}")
    name = "+".join([place.name for place in places] + [variant.name.replace("/", "-") for variant in wanted])
    folder = common.check_out(out or common.run_folder(f"compare-{name}"), KIND) if save else None
    faults: list[Fault] = []
    read_in: dict[str, Scenario] = {}
    sources = [(_first(places, n), place.file, Variant("")) for n, place in enumerate(places)]
    sources += [(variant.name, places[0].file, variant) for variant in wanted]
    for called, file, variant in sources:
        if called in read_in:
            raise wrong(f"two variants are called {called!r}; give each variant a different name")
        try:
            read_in[called] = _read(file, variant, set_)
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    given = {"replications": replications, "seed": seed, "engine": engine, "confidence": confidence}
    settings: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    settings |= {"control_variates": True} if control_variates else {}
    common.tell_first_run(engine or "clock", quiet, *read_in.values())
    with common.refused(), common.progress(quiet) as bar:
        together = bool(policies) and len(read_in) > 2
        comparison = compared(
            read_in, **settings, precision=widths, simultaneous=together, threads=threads, progress=bar
        )
    if folder is not None:
        with common.writing(folder):
            comparison.save(folder, pictures=pictures, formats=formats or ("png",))
    for text in comparison.imprecise():
        common.say(text)
    if as_json:
        common.print_json({**comparison.document(), "folder": str(folder) if folder else None})
    elif not quiet:
        common.show(comparison.summary(common.stdout().width))
    if folder is not None and not quiet:
        where = f"{folder / 'report.html'} and tables next to it" if pictures else f"tables in {folder}"
        common.echo(f"\n{where}", err=as_json)


def _read(file: Path, variant: Variant, set_: tuple[str, ...]) -> Scenario:
    """The scenario of a file with what is set for all, and then the variant's own changes."""
    from cxsim.model.routing_choice import routed
    from cxsim.scenario import ScenarioError

    found = common.read_scenario(file, with_=variant.with_, set_=(*set_, *variant.set_))
    try:
        return routed(found, variant.policy) if variant.policy else found
    except ScenarioError:
        raise
    except ValueError as error:
        raise wrong(str(error), "--policy") from None


def _first(places: list[common.Place], n: int) -> str:
    """What the n-th scenario is called: base if it is the only one, else its file, numbered where two are alike."""
    if len(places) == 1:
        return BASE
    names = [place.name for place in places]
    return names[n] if names.count(names[n]) == 1 else f"{names[n]} {names[: n + 1].count(names[n])}"


def read_variant(text: str) -> Variant:
    """`NAME: PATH=VALUE; OVERRIDE` as a Variant; without a name it is called by what it does."""
    head, colon, rest = text.partition(":")
    named = bool(colon) and "=" not in head and "{" not in head
    parts = [part.strip() for part in (rest if named else text).split(";") if part.strip()]
    if not parts:
        raise wrong(f"{text!r} changes no values; write 'more agents: groups.team.agents=12'", "--variant")
    name = head.strip() if named else " ".join(parts)
    if not name:
        raise wrong(f"{text!r} has an empty name; write 'more agents: groups.team.agents=12'", "--variant")
    return Variant(name, tuple(part for part in parts if "=" not in part), tuple(part for part in parts if "=" in part))
