"""The folder of a calibration: the scenario with its tables, estimates.csv, and the report as page and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxsim.report.calibrate import words
from cxsim.report.calibrate.pictures import pictures
from cxsim.report.common.pages import render_page
from cxsim.report.common.results_folder import write_json, write_text
from cxsim.report.run.folder import csv_text
from cxsim.storage.folders import write_folder

if TYPE_CHECKING:
    from cxsim.calibrate.calibration import Calibration

KIND = "cxsim calibration"


def save(found: Calibration, folder: Path) -> Path:
    """Write everything into a folder, whole or not at all. Returns its real path."""

    def fill(made: Path) -> None:
        for name, text in found.files.items():
            write_text(made / name, text)
        write_text(made / "estimates.csv", csv_text(found.estimates.round(6)))
        if found.closed_loop is not None:
            write_text(made / "closed-loop.csv", csv_text(found.closed_loop.round(6)))
        write_json(made / "report.json", {"kind": KIND, **words.document(found)})
        write_text(made / "report.html", page(found))

    return write_folder(folder, KIND, fill)


def document(found: Calibration) -> dict[str, Any]:
    """The document of `cxsim calibrate --json`, without its folder."""
    return words.document(found)


def page(found: Calibration) -> str:
    """The report as one HTML page with nothing beside it."""
    return render_page(
        name="Calibration",
        run=found.parts.source,
        verdict=words.verdict(found),
        pictures=pictures(found),
        tables=words.grids(found),
        assumptions=[*found.assumptions, *(f"Data: {note}" for note in found.notes)],
        scenario=found.files["scenario.yaml"],
        footer="cxsim calibrate",
    )
