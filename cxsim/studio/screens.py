"""The addresses of the screens that study a plan, a module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from cxsim.studio import customers, data, explaining, forms, keeping, optimizing, stories, trying, watching

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk


def add_screens(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of every screen."""
    for screen in (customers, data, explaining, forms, keeping, optimizing, stories, trying, watching):
        screen.add(app, desk)
