"""`cxsim schema`: the JSON Schema of a scenario file."""

from __future__ import annotations

from pathlib import Path

import click

from cxsim.cli.common import HELP


@click.command(context_settings=HELP)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to a file.")
def schema(out: Path | None) -> None:
    """Print the JSON Schema of a scenario file, with which an editor completes and checks while you type.

    \b
    cxsim schema --out cxsim.schema.json
    and as the first line of a scenario, for editors with the YAML language server:
    # yaml-language-server: $schema=cxsim.schema.json
    """  # noqa: D301
    from cxsim.scenario.schema import schema_text

    if out is None:
        click.echo(schema_text(), nl=False)
    else:
        out.write_text(schema_text(), encoding="utf-8", newline="\n")
