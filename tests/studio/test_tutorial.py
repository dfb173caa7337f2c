"""The tutorial of the studio, walked as a new planner would: what it says is on the page; takes its pictures."""

import os
import re
import shutil
from pathlib import Path

import pytest
from browsing import Studio, browser_path, chromium, visit

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorials" / "studio.md"
IMAGES = ROOT / "docs" / "images"
WAIT = 300_000  # ms
MONDAY, AT = "Mon 18 Jan", "1999-01-18T10:00"


@pytest.mark.slow
@pytest.mark.skipif(not browser_path(), reason="no Chromium on this machine: apt-get install chromium")
def test_a_new_planner_finds_how_many_on_monday_at_10_and_what_15_percent_more_would_do(tmp_path):
    """With CXSIM_SCREENSHOTS=1 the pictures are those of the docs."""
    pytest.importorskip("playwright", reason="tests of the page need playwright: pip install 'cxsim[dev]'")
    folder = IMAGES if os.environ.get("CXSIM_SCREENSHOTS") == "1" else tmp_path
    said = " ".join(TUTORIAL.read_text(encoding="utf-8").split())
    shutil.copy(ROOT / "scenarios" / "anonymous-bank.yaml", tmp_path)
    shutil.copytree(ROOT / "scenarios" / "anonymous-bank", tmp_path / "anonymous-bank")
    studio = Studio(tmp_path / "anonymous-bank.yaml")
    try:
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            visit(page, studio.url)
            page.get_by_role("button", name=MONDAY).click(timeout=WAIT)
            page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
            page.screenshot(path=folder / "studio-monday.png")
            plan = page.evaluate("fetch('/api/plan?path=anonymous-bank.yaml').then(answer => answer.json())")
            at = plan["labels"].index(AT)
            planned = sum(row[at] for row in plan["values"])
            assert f"*All teams* says {planned:.0f} and *Required* says" in said

            before = page.locator("[data-testid=card-sl] strong").text_content()
            page.get_by_role("button", name="What-if").click()
            page.get_by_label("Interval").select_option(label=f"{MONDAY} 10:00", timeout=WAIT)
            page.wait_for_selector("[data-testid=what-if-progress][data-done=true]", timeout=WAIT)
            page.screenshot(path=folder / "studio-required.png")
            cells = page.locator("[data-testid=required] td")
            now, then = (int(re.match(r"\d+", cells.nth(n).text_content())[0]) for n in range(2))
            assert f"*Required* says {now}:" in said
            assert f"15 % more calls need {then} agents instead of {now}." in said
            sl = page.locator("[data-testid=what-if-table] tr", has_text="SL").first.locator("td").nth(1).text_content()
            assert f"SL falls from {before} to about {round(float(sl.split()[0])):.0f} %" in said
    finally:
        studio.stop()
