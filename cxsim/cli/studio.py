"""`cxsim studio` and `cxsim serve`: the page that a planner works with, and the service under it."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxsim.cli import common
from cxsim.cli import shared_options as shared
from cxsim.cli.common import wrong

if TYPE_CHECKING:
    from cxsim.studio.serve import Address
    from cxsim.studio.workspace import Workspace

place_argument = click.argument(
    "place", required=False, metavar="[SCENARIO|WORKBOOK|FOLDER]", type=click.Path(path_type=Path)
)
serving = shared.options(
    click.option("--port", type=click.IntRange(1, 65535), help="Port (default: 8765, or a free one)."),
    click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        metavar="ADDRESS",
        help="Address to listen on; any other than this machine's own lets others in who have the token.",
    ),
    click.option("--allow-policies", is_flag=True, help="Run the Python code of scenarios that have a routing policy."),
)


@click.command(context_settings=shared.HELP)
@place_argument
@click.option("--example", metavar="NAME", help="Open an example; `cxsim new --example list` lists them.")
@serving
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser (default: yes).")
def studio(
    place: Path | None, example: str | None, port: int | None, host: str, allow_policies: bool, browser: bool
) -> None:
    """Plan staff on a page in your browser: each change is simulated while you work.

    SCENARIO is a file, WORKBOOK a scenario in Excel, which is never written over; FOLDER is where the page finds and
    saves scenarios (default: the current folder). The page reads and writes nothing outside that folder. Stop with
    Ctrl+C; edits are kept, and saved when you say so.

    \b
    cxsim studio mine.yaml
    cxsim studio --example multi-skill-day
    cxsim studio planning/ --port 9000 --no-browser
    """  # noqa: D301

    def tell(address: Address) -> None:
        common.echo(f"The studio is at {address.url}\nThis address works once. Stop the studio with Ctrl+C.")

    with _uncollected():
        workspace, start = _starting(place, example)
        _serve(workspace, start, port, host, allow_policies, page=True, browser=browser, tell=tell)


@click.command(context_settings=shared.HELP)
@place_argument
@serving
def serve(place: Path | None, port: int | None, host: str, allow_policies: bool) -> None:
    """Offer the studio's service to other programs, without the page.

    Programs send `Authorization: Bearer TOKEN`, with the token that is printed. /api/openapi.json describes the
    service.

    \b
    cxsim serve planning/ --port 9000
    """  # noqa: D301

    def tell(address: Address) -> None:
        common.echo(f"The service is at {address.url}api/\nToken: {address.bearer}\nStop it with Ctrl+C.")

    with _uncollected():
        workspace, start = _starting(place, None)
        _serve(workspace, start, port, host, allow_policies, page=False, browser=False, tell=tell)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Loading makes millions of objects that stay: garbage is collected from the first answer on, or at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _starting(place: Path | None, example: str | None) -> tuple[Workspace, str]:
    """The starting folder, and the scenario to open first."""
    _need_extra()
    from cxsim.scenario import examples
    from cxsim.studio.workspace import ENDINGS, EXAMPLE, WORKBOOK, Workspace

    if example is not None:
        try:
            name = EXAMPLE + examples.named(example)
        except ValueError as error:
            raise wrong(str(error), "--example") from None
        if place is not None and not place.is_dir():
            raise wrong(f"{str(place)!r} is not a folder; with --example name a folder to save in, or nothing")
        return Workspace(place or Path(".")), name
    if place is None or place.is_dir():
        workspace = Workspace(place or Path("."))
        found = workspace.scenarios()
        return workspace, found[0] if len(found) == 1 else ""
    if not place.is_file():
        raise wrong(f"{str(place)!r} does not exist; name a scenario file or a folder")
    if place.suffix not in (*ENDINGS, WORKBOOK):
        raise wrong(f"{str(place)!r} is not a scenario file; name a .yaml file, a workbook (.xlsx) or a folder")
    return Workspace(place.parent), place.name


def _need_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        names, it = " and ".join(missing), "them" if missing[1:] else "it"
        raise wrong(f"the studio needs {names}; install {it} with: pip install 'cxsim[studio]'")


def _serve(
    workspace: Workspace,
    start: str,
    port: int | None,
    host: str,
    allow_policies: bool,
    *,
    page: bool,
    browser: bool,
    tell: Callable[[Address], None],
) -> None:
    from cxsim.studio.serve import serve as run

    settings = {"page": page, "browser": browser, "run_policies": allow_policies}
    try:
        run(workspace, start, port=port, host=host, tell=tell, **settings)
    except OSError as error:
        where = f"{host}:{port}" if port else host
        raise wrong(f"cannot listen on {where} ({error.strerror}); choose another --port or --host") from None
