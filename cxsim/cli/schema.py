"""`cxsim schema`: the JSON Schema of a scenario file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli.common import HELP, wrong

TITLE = "cxsim scenario"


@click.command(context_settings=HELP)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it to a file.")
def schema(out: Path | None) -> None:
    """Print the JSON Schema of a scenario file, with which an editor completes and checks while you type.

    \b
    cxsim schema --out cxsim.schema.json
    and as the first line of a scenario, for editors with the YAML language server:
    # yaml-language-server: $schema=cxsim.schema.json
    """  # noqa: D301
    from cxsim.exchange.folders import write_file
    from cxsim.scenario.schema import schema_text

    if out is None:
        common.echo(schema_text(), nl=False)
    else:
        text = schema_text().encode()
        with common.writing(out, "--out", "file"):
            if os.path.lexists(out) and not _is_schema(out):
                raise wrong(f"{str(out)!r} is there already and is not a schema of cxsim; name another file", "--out")
            write_file(out, text)


def _is_schema(path: Path) -> bool:
    """Whether a file is a schema that cxsim wrote, of any version."""
    try:
        found = json.loads(path.read_bytes()) if path.is_file() and not path.is_symlink() else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("title") == TITLE
