"""Scenarios to begin from."""

from __future__ import annotations

from importlib.resources import files

KINDS = ("quickstart", "voice", "multi-skill")


def template(kind: str = "quickstart") -> str:
    """The commented YAML of a scenario to begin from; ValueError for a kind that is none of `KINDS`."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not a template; the templates are {', '.join(KINDS)}")
    return files(__package__).joinpath(f"{kind}.yaml").read_text(encoding="utf-8")


def workbook_text() -> str:
    """The YAML behind the workbook of `cxsim new --workbook`."""
    return files(__package__).joinpath("workbook.yaml").read_text(encoding="utf-8")
