"""How soon the studio answers: its real page in Chromium, edited by keyboard.

    python -m benchmarks.studio [--example multi-skill-day] [--edits 50]

Prints the time from starting `cxsim studio` until the page shows its first figures (the median of five starts, after a
first one that compiles what is not compiled yet), and, as medians over the edits, the
time from a key that changes a cell until the frame that shows the first figures of the new plan, and those of full
precision. Where no team is planned by headcounts, such as in the omnichannel retailer's week, the key changes how many
people work a shift.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browsing import Studio, chromium, visit  # tests drive the page in the same way

WAIT = 120_000  # ms
STARTS = 5  # after a first one
MARKS = """() => {
    const edit = performance.getEntriesByName("edit").at(-1)?.startTime ?? 0;
    const shown = performance.getEntriesByName("shown").filter(one => one.startTime >= edit);
    const last = shown.at(-1);
    return last?.detail.done ? [shown[0].startTime - edit, last.startTime - edit, shown[0].detail.replications] : null;
}"""


def answered(page: Any) -> tuple[float, float, int]:
    """Milliseconds from the last edit to the first figures and to the last, and the replications of the first."""
    first, full, replications = page.wait_for_function(MARKS, timeout=WAIT, polling=20).json_value()
    return first, full, replications


def chosen(page: Any) -> tuple[Callable[[int], None], str]:
    """What makes the nth edit, and what it edits: cells of the grid, or else the people of a shift."""
    described = page.evaluate("fetch('/api/plan?path=' + location.hash.slice(1)).then(answer => answer.json())")
    if all(group["locked"] for group in described["groups"]):
        shifts = page.locator("[data-testid=shifts] .shift")

        def more(n: int) -> None:  # never back to a plan whose answer is known
            shifts.nth(n % shifts.count()).press("+")

        return more, "people of a shift"
    grid = page.locator("[data-testid=staff-grid]")
    row = next(n for n, group in enumerate(described["groups"]) if not group["locked"])
    box, width = grid.bounding_box(), int(grid.get_attribute("data-cell-width"))
    page.mouse.click(box["x"] + 177 + 2.5 * width, box["y"] + 29 + 27 * (row + 0.5))

    def edit(n: int) -> None:
        page.keyboard.press("ArrowRight" if n % 10 < 5 else "ArrowLeft")
        page.keyboard.press("-" if n % 2 else "+")

    return edit, "cells"


def started(browser: Any, folder: Path, example: str) -> tuple[Studio, Any, float]:
    """A studio, its page, and the seconds from its start until the page showed figures."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    began = time.perf_counter()
    studio = Studio(folder, "--example", example, PYTHONDONTWRITEBYTECODE="")  # pip too keeps bytecode
    try:
        visit(page, studio.url)
        page.wait_for_selector("[data-testid=progress]", timeout=WAIT)
    except BaseException:
        studio.stop()
        raise
    return studio, page, time.perf_counter() - began


def measured(example: str, edits: int) -> dict[str, Any]:
    """Start studios, edit the page of the last one, and time the answers."""
    ready, times = [], []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for start in range(STARTS + 1):
            studio, page, seconds = started(browser, Path(folder), example)
            try:
                page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
                if start > 0:  # the first one fills the caches
                    ready.append(seconds)
                if start == STARTS:
                    edit, edited = chosen(page)
                    for n in range(edits):
                        edit(n)
                        times.append(answered(page))
            finally:
                page.close()
                studio.stop()
    firsts, fulls, _ = zip(*times, strict=True)
    return {
        "example": example,
        "edits": edits,
        "edited": edited,
        "ready_s": round(statistics.median(ready), 2),
        "first_answer_ms": round(statistics.median(firsts)),
        "first_answer_replications": times[-1][2],
        "first_answer_p90_ms": round(statistics.quantiles(firsts, n=10)[-1]),
        "full_precision_ms": round(statistics.median(fulls)),
        "full_precision_p90_ms": round(statistics.quantiles(fulls, n=10)[-1]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--example", default="multi-skill-day")
    parser.add_argument("--edits", type=int, default=50)
    given = parser.parse_args()
    print(json.dumps(measured(given.example, given.edits), indent=1))


if __name__ == "__main__":
    main()
