"""`cxsim reproduce`: published results computed again, beside the published or exact values."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong


@click.command(context_settings=shared.HELP)
@click.argument("name", required=False)
@shared.options(shared.seed_option, shared.replications_option, shared.threads_option, shared.chart_option)
@shared.printing
def reproduce(
    name: str | None,
    seed: int | None,
    replications: int | None,
    threads: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Simulate a published result and compare every figure with its published or exact value.

    Without NAME: list the results.

    \b
    cxsim reproduce                                list the results
    cxsim reproduce erlang-a                       the table, on the terminal
    cxsim reproduce queue-ratio --out ratio.svg    with a chart
    """  # noqa: D301
    if name is None:
        _list(as_json)
    else:
        _one(name, seed, replications, threads, out, as_json, quiet)


def _one(
    name: str,
    seed: int | None,
    replications: int | None,
    threads: int | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    from cxsim.published.reproduce import reproduce as reproduced

    if out is not None and out.suffix not in common.PICTURES:
        raise wrong(f"{out.name!r} is not a chart file; use a name that ends in {', '.join(common.PICTURES)}", "--out")
    file = None if out is None else common.check_file(out, "--out")
    try:
        with common.progress(quiet) as tell:
            settings = {} if seed is None else {"seed": seed}
            found = reproduced(name, replications=replications, threads=threads, progress=tell, **settings)
    except ValueError as error:
        raise wrong(str(error)) from None
    if as_json:
        common.print_json(found.document())
    elif not quiet:
        common.show(found.summary())
    if file is not None:
        common.save_picture(found.plot(), file, quiet)


def _list(as_json: bool) -> None:
    from rich.table import Table

    from cxsim.published.catalogue import RESULTS

    if as_json:
        rows = [{"name": name, "title": one.title, "source": one.source} for name, one in RESULTS.items()]
        common.print_json({"schema_version": 1, "results": rows})
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for head in ("name", "result", "source"):
        table.add_column(head, overflow="fold", no_wrap=head == "name")
    for name, one in RESULTS.items():
        table.add_row(name, one.title, one.source)
    common.show(table)
