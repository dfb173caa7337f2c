"""The Optimize screen in a real browser: goals, a search, its plan in the grid; and large plans and slow networks."""

import os
from pathlib import Path

import pytest
from browsing import Studio, browser_path, chromium, visit
from page_waits import AXE, WAIT, answered, serious, told, until
from studio_world import SMALL

from cxsim.scenario import examples

pytest.importorskip("playwright", reason="tests of the page need playwright: pip install 'cxsim[dev]'")
if not browser_path():
    pytest.skip("tests of the page need Chromium on this machine", allow_module_level=True)

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
HOSTILE = "<script>hurt()</script>"
MANY = 400


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searching")
    (folder / "desk.yaml").write_text(SMALL)
    (folder / "hostile.yaml").write_text(
        SMALL.replace("  help:", f'  "{HOSTILE}":').replace("[help]", f'["{HOSTILE}"]')
    )
    teams = "".join(f"  team_{n:03}: {{agents: 1, serves: [help]}}\n" for n in range(MANY))
    (folder / "many.yaml").write_text(SMALL.partition("groups:\n")[0] + "groups:\n" + teams)
    for file in examples.files("multi-skill-day"):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes((examples.folder() / file).read_bytes())
    running = Studio(folder)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def context(studio):
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        first = context.new_page()
        visit(first, studio.url)
        first.close()
        yield context


@pytest.fixture
def page(context):
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    page.close()
    assert [text for text in wrong if "status of 422" not in text] == []


def opened(page, studio, name, screen="Optimize"):
    page.goto(f"{studio.address}#{name}")
    page.wait_for_selector("[data-testid=progress]", timeout=WAIT)
    page.get_by_role("button", name=screen, exact=True).click()


def searched(page, early=True):
    """Start the search, and end it with the first plan there is, which may be today's staffing, or wait for its end."""
    page.locator("main").get_by_role("button", name="Optimize", exact=True).click()
    page.wait_for_selector("[data-testid=found]", timeout=WAIT)
    halt = page.get_by_role("button", name="Stop with the best plan so far")
    if early and halt.count():
        halt.click()
    page.wait_for_selector("[data-testid=search-state][data-status=done]", timeout=WAIT)


def test_goals_are_sentences_whose_faults_stand_beside_them(page, studio):
    opened(page, studio, "desk.yaml")
    value = page.get_by_label("Value of goal 1")
    assert value.input_value() == "80%" and "within 20s" in page.locator("[data-testid=goal-0]").text_content()
    value.fill("soon")
    page.wait_for_selector("[data-testid=goal-0] [role=alert]")
    assert page.locator("main").get_by_role("button", name="Optimize", exact=True).is_disabled()
    value.fill("70%")
    page.wait_for_selector("[data-testid=goal-0] [role=alert]", state="detached")
    page.get_by_role("button", name="Add a goal").click()
    page.get_by_label("Metric of goal 2").select_option("asa")
    page.get_by_label("Sense of goal 2").select_option("max")
    page.get_by_label("Value of goal 2").fill("60s")
    page.get_by_role("button", name="Goals of the scenario again").click()
    assert page.get_by_label("Value of goal 2").count() == 0 and value.input_value() == "80%"


def test_a_search_improves_a_plan_that_is_accepted_and_undone(page, studio):
    opened(page, studio, "desk.yaml")
    before = told(page, "desk.yaml")["values"]
    searched(page, early=False)
    page.reload()
    page.wait_for_selector("[data-testid=progress]", timeout=WAIT)
    page.get_by_role("button", name="Optimize", exact=True).click()
    assert "goals met" in page.locator("[data-testid=found]").text_content()  # also after a reload
    tables = {"The search": "seconds,best plan,bound,goals", "Goals of the best plan": "Goal,Wanted,Value"}
    for title, heads in tables.items():
        page.get_by_label(f"Copy or save: {title}").click()
        with page.expect_download() as saving:
            page.get_by_role("button", name="Save CSV").locator("visible=true").click()
        assert Path(saving.value.path()).read_text("utf-8-sig").startswith(heads)
    page.get_by_role("button", name="Accept into the grid").click()
    page.wait_for_selector("text=/cells? changed/")
    assert told(page, "desk.yaml")["values"] != before
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=no unsaved changes")
    assert told(page, "desk.yaml")["values"] == before


def test_names_are_text_on_the_screen_of_goals(page, studio):
    opened(page, studio, "hostile.yaml")
    assert f"queue {HOSTILE}" in page.get_by_label("For whom, goal 1").text_content()
    assert page.locator("body script").count() == 0


def test_four_hundred_teams_scroll_and_are_edited(page, studio):
    opened(page, studio, "many.yaml", "Plan")
    plan = told(page, "many.yaml")
    assert len(plan["groups"]) == MANY
    grid = page.locator("[data-testid=staff-grid]")
    page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
    width = int(grid.get_attribute("data-cell-width"))
    grid.click(position={"x": 177 + 0.5 * width, "y": 29 + 0.5 * 27})
    page.wait_for_selector("[data-testid=staff-grid] :focus", state="attached")
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("+")
    page.wait_for_selector("text=1 cell changed")
    now = told(page, "many.yaml")
    assert now["values"][60][0] == 2
    answered(page, now["revision"])


def test_on_a_slow_network_edits_show_at_once_and_the_last_answer_counts(page, studio):
    opened(page, studio, "desk.yaml", "Plan")
    grid = page.locator("[data-testid=staff-grid]")
    page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
    width = int(grid.get_attribute("data-cell-width"))
    grid.click(position={"x": 177 + 0.5 * width, "y": 29 + 0.5 * 27})
    page.wait_for_selector("[data-testid=staff-grid] :focus", state="attached")
    slow = {"offline": False, "latency": 300, "downloadThroughput": 40_000, "uploadThroughput": 40_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    for _ in range(5):
        page.keyboard.press("+")
    page.wait_for_selector("text=1 cell changed", timeout=WAIT)
    until(page, "desk.yaml", "plan.values[0][0] === 8")
    answered(page, told(page, "desk.yaml")["revision"])
    page.get_by_role("button", name="Revert").click()
    page.wait_for_selector("text=no unsaved changes", timeout=WAIT)


@pytest.mark.parametrize("colours", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_serious(page, studio, colours):
    if not AXE.is_file():
        pytest.skip("axe-core is not here: run npm ci in studio/")
    opened(page, studio, "desk.yaml")
    page.wait_for_selector("[data-testid=goal-0]")
    assert serious(page, colours) == []


@pytest.mark.slow
def test_the_screen_fits_and_takes_a_picture(page, studio, tmp_path):
    """With CXSIM_SCREENSHOTS=1 the picture is that of the docs, with a plan of the whole example."""
    folder = IMAGES if os.environ.get("CXSIM_SCREENSHOTS") == "1" else tmp_path
    opened(page, studio, "multi-skill-day.yaml" if folder == IMAGES else "desk.yaml")
    page.wait_for_selector("[data-testid=goal-0]")
    if folder == IMAGES:
        page.get_by_label("Time limit").select_option("60")
        page.locator("main").get_by_role("button", name="Optimize", exact=True).click()
        page.wait_for_selector("[data-testid=search-state][data-status=done]", timeout=4 * WAIT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.screenshot(path=folder / "studio-optimize.png")
    assert (folder / "studio-optimize.png").stat().st_size > 20_000
