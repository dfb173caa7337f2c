"""Pages: tables as cells, and what every page and notebook view is filled with."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cxsim.report.common import formats

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and beside it, smaller, its interval."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One row; `total` rows stand out."""

    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True)
class Grid:
    """A table for people: the first `left` columns are text, and those numbered in `texts`, from 1."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    left: int = 1
    note: str = ""
    formulas: tuple[str, ...] = ()
    texts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.formulas:
            object.__setattr__(self, "formulas", ("",) * len(self.heads))


def _environment() -> Any:
    return Environment(
        loader=PackageLoader("cxsim.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=True,
    )


def filled(template: str, **values: Any) -> str:
    """A template with its values, as text."""
    text: str = _environment().get_template(template).render(**values)
    return text


def readings_script() -> str:
    """The function that tells the values of a picture under the pointer."""
    return filled("readings.js")


def _script() -> str:
    """The only script that a page may run."""
    return readings_script() + 'document.querySelectorAll("svg[data-values]").forEach(tellValues);\n'


def picture(title: str, sentence: str, svg: str, table: Grid) -> dict[str, Any]:
    """A section of a page: a drawing, what it says, and the table behind it."""
    return {"title": title, "sentence": sentence, "svg": Markup(svg), "table": table}


def formulas(figures: Iterable[str]) -> list[tuple[str, str]]:
    """The glossary of a page: title and formula of each figure that has one."""
    return [(formats.title(figure), formats.formula(figure)) for figure in figures if formats.formula(figure)]


def render_page(
    *,
    name: str,
    run: str,
    verdict: str,
    footer: str,
    pictures: Sequence[Mapping[str, Any]],
    mood: str = "",
    tiles: Sequence[Mapping[str, str]] = (),
    first: Sequence[Grid] = (),
    targets: Sequence[Mapping[str, str]] = (),
    replications: int = 0,
    level: str = "95%",
    tables: Sequence[Grid] = (),
    definitions: Mapping[str, str] | None = None,
    assumptions: Sequence[str] = (),
    glossary: Sequence[tuple[str, str]] = (),
    scenario: str = "",
) -> str:
    """A whole page as text: the verdict and tiles on top, then targets, pictures, tables, and what they rest on."""
    script = _script()
    return filled(
        "page.html.j2",
        told=any("data-values=" in one["svg"] for one in pictures),
        script=Markup(script),
        script_hash=Markup(f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}"),
        name=name,
        run=run,
        verdict=verdict,
        mood=mood,
        tiles=tiles,
        first=first,
        targets=targets,
        replications=replications,
        level=level,
        pictures=pictures,
        tables=tables,
        definitions=[(formats.title(word), meaning) for word, meaning in (definitions or {}).items()],
        assumptions=assumptions,
        glossary=glossary,
        scenario=scenario,
        footer=footer,
    )


def render_notebook(name: str, verdict: str, run: str, tables: Sequence[Grid]) -> str:
    """What a notebook shows: the verdict, a line on the run, and tables."""
    return filled("notebook.html.j2", name=name, verdict=verdict, run=run, tables=tables)
