"""Shifts on the page in a real browser: dragged, changed by keyboard and in fields, refused, undone, saved."""

import os
from pathlib import Path

import pytest
from browsing import Studio, browser_path, chromium, visit
from page_waits import AXE, WAIT, answered, serious, told, until

from cxsim.scenario import examples

pytest.importorskip("playwright", reason="tests of the page need playwright: pip install 'cxsim[dev]'")
if not browser_path():
    pytest.skip("tests of the page need Chromium on this machine", allow_module_level=True)

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
DESK = """\
cxsim: 1
horizon: {start: 2026-03-02, days: 2, open: 08:00-18:00, interval: 30 min}
reasons: {help: {volume: 30/h, handle_time: 3 min, patience: 2 min}}
queues: {help: {target: {sl: {share: 80%, within: 20s}}}}
groups:
  desk: {serves: [help], wage: 20}
staff:
  shifts:                                    # as agreed in February
    - {group: desk, weekday: mon-fri, start: 08:00, end: 14:00, breaks: 11:00-11:30, agents: 2}   # early
    - {group: desk, start: 12:00, end: 18:00, agents: 2, name: "<b>Ada</b>"}
optimize:
  shifts:
    lengths: [4 h, 6 h]
    starts_every: 30 min
    break: {length: 30 min, after: 2 h, before: 4 h, for: 6 h, every: 30 min}
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rostering")
    (folder / "desk.yaml").write_text(DESK)
    running = Studio(folder)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def context(studio):
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 1100})
        first = context.new_page()
        visit(first, studio.url)
        first.close()
        yield context


@pytest.fixture
def page(context, studio):
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(f"{studio.address}#desk.yaml")
    page.wait_for_selector("[data-testid=shifts] li", timeout=WAIT)
    page.wait_for_selector("[data-testid=progress]", timeout=WAIT)
    if shifts(page)[2]["changed"]:
        page.get_by_role("button", name="Revert").click()
        page.wait_for_selector("text=no unsaved changes")
    yield page
    page.close()
    assert [text for text in wrong if "status of 422" not in text] == []


def shifts(page):
    """The first shift, the others, and the plan, as the service has them."""
    plan = told(page, "desk.yaml")
    return plan["shifts"][0], plan["shifts"][1:], plan


def drag(page, target, hours):
    """Drag an element by hours of the day."""
    step = int(page.locator("[data-testid=staff-grid]").get_attribute("data-cell-width"))
    element = page.locator(target)
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    x, y = box["x"] + min(box["width"] / 2, 30), box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + hours * step, y, steps=4)
    page.mouse.move(x + 2 * hours * step, y, steps=4)
    page.mouse.up()


def test_a_shift_its_end_and_its_break_are_dragged_and_simulated_and_undone(page):
    drag(page, "[data-testid=shift-0]", 1)
    page.wait_for_selector("text=1 shift changed")
    one, _, plan = shifts(page)
    assert (one["start"], one["end"], one["breaks"]) == (9 * 3600, 15 * 3600, [[12 * 3600, 12.5 * 3600]])
    answered(page, plan["revision"])
    assert "(" in page.locator("[data-testid=card-sl] p").last.text_content()  # a change with its interval
    drag(page, "[aria-label^='Break 12:00']", -0.5)
    page.wait_for_selector("[aria-label^='Break 11:30']")
    drag(page, "[data-testid=end-0]", -2)
    page.wait_for_selector("[aria-label^='desk, 09:00 to 13:00']")
    until(page, "desk.yaml", "plan.shifts[0].breaks.length === 0")
    for _ in range(3):
        page.keyboard.press("Control+z")
    page.wait_for_selector("text=no unsaved changes")
    page.wait_for_selector("[aria-label^='desk, 08:00 to 14:00']")


def test_a_shift_is_changed_by_keyboard_and_every_key_is_a_step(page):
    page.locator("[data-testid=shift-0]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[aria-label^='desk, 08:30 to 14:30, 2 people']")
    page.keyboard.press("+")
    page.wait_for_selector("[aria-label^='desk, 08:30 to 14:30, 3 people']")
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_selector("[aria-label^='desk, 08:30 to 12:30, 3 people']")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("[aria-label^='desk, 08:30 to 14:30, 3 people']")


def test_fields_change_the_chosen_shift_and_say_what_is_not_allowed(page):
    page.locator("[data-testid=shift-0]").click(position={"x": 12, "y": 10})
    chosen = page.get_by_role("group", name="The chosen shift")
    chosen.get_by_label("End").fill("13:15")
    chosen.get_by_label("End").press("Enter")
    page.wait_for_selector("[role=alert] >> text=is not a shift length of this scenario; choose 4 h or 6 h")
    assert shifts(page)[2]["changed"] == 0
    chosen.get_by_role("button", name="Only Mon 2 Mar").click()
    page.wait_for_selector("text=2 shifts changed")
    people = page.get_by_label("People, desk, 08:00 to 14:00, 2 people")
    people.last.fill("5")
    people.last.press("Enter")
    page.wait_for_selector("[aria-label^='desk, 08:00 to 14:00, 5 people']")
    until(page, "desk.yaml", "plan.values[0][0] === 5")
    _, others, plan = shifts(page)
    assert others[-1]["weekday"] == [0] and plan["values"][0][0] == 5 and plan["values"][0][20] == 2


def test_saving_keeps_the_comments_and_names_are_text(page, studio):
    assert "<b>Ada</b>" in page.locator("[data-testid=shift-1]").text_content()
    drag(page, "[data-testid=shift-0]", 0.5)
    page.wait_for_selector("text=1 shift changed")
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Saved in desk.yaml.")
    text = (studio.folder / "desk.yaml").read_text()
    assert "# as agreed in February" in text and "start: 08:30, end: 14:30" in text and "# early" in text
    (studio.folder / "desk.yaml").write_text(DESK)
    page.evaluate("fetch('/api/plan/reload?path=desk.yaml', {method: 'POST'})")


@pytest.mark.parametrize("colours", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_serious(page, colours):
    if not AXE.is_file():
        pytest.skip("axe-core is not here: run npm ci in studio/")
    page.locator("[data-testid=shift-0]").click(position={"x": 12, "y": 10})
    assert serious(page, colours) == []


@pytest.mark.slow
def test_a_week_of_shifts_fits_the_page_and_takes_a_picture(page, studio, tmp_path):
    """With CXSIM_SCREENSHOTS=1 the picture is that of the docs."""
    folder = IMAGES if os.environ.get("CXSIM_SCREENSHOTS") == "1" else tmp_path
    name = "planner-week" if folder == IMAGES else "staffing-week"
    for file in examples.files(name):
        (studio.folder / file).parent.mkdir(exist_ok=True)
        (studio.folder / file).write_bytes((examples.folder() / file).read_bytes())
    page.goto(f"{studio.address}#{name}.yaml")
    page.wait_for_selector(".name >> text=week", state="attached", timeout=WAIT)
    page.wait_for_selector("[data-testid=progress]", timeout=WAIT)
    bar = page.locator("[data-testid=shifts] .shift").first
    bar.click(position={"x": 12, "y": 10})
    bar.press("ArrowRight")
    page.wait_for_selector("text=1 shift changed")
    if folder == IMAGES:
        page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.screenshot(path=folder / "studio-shifts.png")
    assert (folder / "studio-shifts.png").stat().st_size > 20_000
