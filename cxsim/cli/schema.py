"""`cxsim schema`: the JSON Schema of a scenario file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

TITLE = "cxsim scenario"


@click.command(context_settings=shared.HELP)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the schema to this file."
)
@click.option(
    "--json-output", metavar="NAME", help="Print the schema of a command's --json output instead; `list` lists them."
)
@click.option("--tables", is_flag=True, help="Print the schema of the CSV tables of results folders instead.")
def schema(out: Path | None, json_output: str | None, tables: bool) -> None:
    """Print the JSON Schema of scenario files, which lets an editor complete and check what you type.

    \b
    cxsim schema --out cxsim.schema.json
    and as the first line of a scenario, for editors with the YAML language server:
    # yaml-language-server: $schema=cxsim.schema.json
    \b
    cxsim schema --json-output run    the document of `cxsim run --json`
    cxsim schema --tables             the columns of figures.csv, differences.csv and the others
    """  # noqa: D301
    from cxsim.scenario.io.json_schema import schema_text
    from cxsim.storage.folders import write_file

    if tables and json_output is not None:
        raise wrong("give either --tables or --json-output, one schema at a time")
    text = _of_tables() if tables else schema_text() if json_output is None else _of_output(json_output)
    if out is None:
        common.echo(text, nl=False)
    else:
        with common.writing(out, "--out", "file"):
            if os.path.lexists(out) and not _is_schema(out):
                raise wrong(f"{str(out)!r} already exists and is not a cxsim schema; name another file", "--out")
            write_file(out, text.encode())


def _of_output(name: str) -> str:
    """The schema of a command's `--json`, or the names of all."""
    from cxsim.cli.documents import DOCUMENTS, schema_of
    from cxsim.scenario.model.units import suggestion

    if name == "list":
        return "\n".join(DOCUMENTS) + "\n"
    if name not in DOCUMENTS:
        raise wrong(f"{name!r} is not a document; {suggestion(name, DOCUMENTS, 'the documents are')}", "--json-output")
    return json.dumps(schema_of(name), indent=2) + "\n"


def _of_tables() -> str:
    """The schema of the CSV tables."""
    from cxsim.report.common.table_schema import document

    return json.dumps(document(), indent=2) + "\n"


def _is_schema(path: Path) -> bool:
    """Whether a file is a schema that cxsim wrote, of any version."""
    try:
        found = json.loads(path.read_bytes()) if path.is_file() and not path.is_symlink() else None
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and (found.get("title") == TITLE or str(found.get("title", "")).startswith("cxsim "))
