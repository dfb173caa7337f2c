"""Tables in a terminal: one look for all commands."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text


def plain_table(title: str) -> Table:
    """A table without lines, under a bold title."""
    return Table(
        title=Text(title),
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        header_style="dim",
        padding=(0, 2, 0, 0),
        show_edge=False,
    )
