"""The page in a real browser: edit, paste, copy, undo, two tabs, save, and a server that is killed."""

import os
import re
from pathlib import Path

import pytest
from browsing import Studio, browser_path, visit
from page_waits import WAIT, answered, told
from studio_world import SMALL

from cxsim.scenario import examples

pytest.importorskip("playwright", reason="tests of the page need playwright: pip install 'cxsim[dev]'")
if not browser_path():
    pytest.skip("tests of the page need Chromium on this machine", allow_module_level=True)

IMAGES = Path(__file__).parents[2] / "docs" / "images"
HOSTILE = "<script>hurt()</script>"


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planning")
    (folder / "desk.yaml").write_text(SMALL)
    (folder / "hostile.yaml").write_text(
        SMALL.replace("  desk:\n", f"  {HOSTILE}:\n").replace("cxsim: 1\n", f"cxsim: 1\nname: {HOSTILE}\n")
    )
    for file in examples.files("multi-skill-day"):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_bytes((examples.folder() / file).read_bytes())
    running = Studio(folder)
    yield running
    running.stop()


def opened(page, studio, name):
    page.goto(f"{studio.address}#{name}")
    page.wait_for_selector("[data-testid=progress]", timeout=WAIT)
    plan = told(page, name)
    if plan["changed"]:
        page.get_by_role("button", name="Revert").click()
        page.wait_for_selector("text=no unsaved changes")
    return plan


def choose(page, column, row):
    """Click a cell: the column of an interval and the row of a team, from 0; again if the grid moved meanwhile."""
    grid = page.locator("[data-testid=staff-grid]")
    page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)  # charts that appear move the grid
    width = int(grid.get_attribute("data-cell-width"))
    for _ in range(3):
        grid.click(position={"x": 177 + (column + 0.5) * width, "y": 29 + (row + 0.5) * 27})
        page.wait_for_selector("[data-testid=staff-grid] :focus", state="attached")  # keys typed before are lost
        if grid.get_attribute("data-cell") == f"{column + 1},{row}":
            return
    raise AssertionError(f"cell {column}, {row} is not chosen: {grid.get_attribute('data-cell')} is")


def type_in(page, text):
    page.keyboard.press(text[0])
    page.wait_for_selector("#portal input")  # the grid loads its editor for the first cell that is typed in
    page.keyboard.type(text[1:], delay=30)
    page.keyboard.press("Enter")


def test_an_edit_changes_figures_and_shows_the_difference_from_the_saved_plan(page, studio):
    plan = opened(page, studio, "desk.yaml")
    before = page.locator("[data-testid=card-sl] strong").text_content()
    choose(page, 0, 0)
    type_in(page, "9")
    page.wait_for_selector("text=1 cell changed")
    answered(page, told(page, "desk.yaml")["revision"])
    assert told(page, "desk.yaml")["values"][0] == [9, *plan["groups"][0]["saved"][1:]]
    assert page.locator("[data-testid=card-sl] strong").text_content() != before
    for card in ("sl", "cost"):
        assert re.search(r"[+−].+\(.+ to .+\)", page.locator(f"[data-testid=card-{card}]").text_content())
    page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)


def test_an_edit_is_not_called_done_before_its_own_answer(page, studio):
    """An answer to what was there before stays on the page; a click that trusts it may find the grid moved."""
    opened(page, studio, "desk.yaml")
    choose(page, 0, 0)
    page.evaluate(
        """() => {
          const told = () => document.querySelector("[data-testid=progress]").dataset;
          const seen = (window.seen = []);
          new MutationObserver(() => seen.push([told().done, Number(told().revision)]))
            .observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
        }"""
    )
    type_in(page, "6")
    page.wait_for_selector("text=1 cell changed")
    revision = told(page, "desk.yaml")["revision"]
    answered(page, revision)
    page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
    seen = page.evaluate("window.seen")
    first = next(k for k, (done, _) in enumerate(seen) if done == "false")
    assert all(at >= revision for done, at in seen[first:] if done == "true")


def test_undo_and_redo_by_keyboard(page, studio):
    opened(page, studio, "desk.yaml")
    choose(page, 1, 0)
    type_in(page, "7")
    page.wait_for_selector("text=1 cell changed")
    page.keyboard.press("Control+z")
    page.wait_for_selector("text=no unsaved changes")
    page.keyboard.press("Control+y")
    page.wait_for_selector("text=1 cell changed")
    assert told(page, "desk.yaml")["values"][0][1] == 7


def test_plus_changes_a_selection_by_one(page, studio):
    opened(page, studio, "desk.yaml")
    choose(page, 2, 0)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("+")
    page.wait_for_selector("text=2 cells changed")
    assert told(page, "desk.yaml")["values"][0][2:4] == [4, 4]


def test_a_block_of_6_by_20_from_excel_is_pasted_as_one_step(page, studio):
    plan = opened(page, studio, "multi-skill-day.yaml")
    rows = [[str(10 + row + column % 5) for column in range(20)] for row in range(6)]
    text = "".join("\t".join(row) + "\r\n" for row in rows)  # as Excel copies it
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    choose(page, 3, 2)
    page.keyboard.press("Control+v")
    page.wait_for_selector("text=cells changed")
    now = told(page, "multi-skill-day.yaml")
    assert [row[3:23] for row in now["values"][2:8]] == [list(map(int, row)) for row in rows]
    assert now["values"][:2] == [group["saved"] for group in plan["groups"][:2]]
    page.keyboard.press("Control+z")
    page.wait_for_selector("text=no unsaved changes")


def test_a_range_is_copied_as_excel_reads_it(page, studio):
    plan = opened(page, studio, "multi-skill-day.yaml")
    choose(page, 0, 0)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+c")
    page.wait_for_function("() => navigator.clipboard.readText().then(text => text.includes('\\t'))")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert [line.split("\t") for line in copied.split("\n")] == [
        [f"{x:g}" for x in row[:2]] for row in plan["values"][:2]
    ]


@pytest.mark.parametrize(
    ("text", "message"), [("12\tmany", "“many”"), ("2.5", "“2.5”"), ("1\n2\n3\n4", "The block has 4 × 1 cells")]
)
def test_a_block_that_does_not_fit_is_refused_as_a_whole(page, studio, text, message):
    opened(page, studio, "desk.yaml")
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    choose(page, 0, 0)
    page.keyboard.press("Control+v")
    page.wait_for_selector(f"[role=alert] >> text={message}")
    assert told(page, "desk.yaml")["changed"] == 0


def test_two_tabs_show_the_same_plan(context, page, studio):
    opened(page, studio, "desk.yaml")
    other = context.new_page()
    other.goto(f"{studio.address}#desk.yaml")
    other.wait_for_selector("[data-testid=progress]", timeout=WAIT)
    choose(page, 4, 1)
    type_in(page, "6")
    other.wait_for_selector("text=1 cell changed", timeout=WAIT)
    answered(other, told(page, "desk.yaml")["revision"])
    other.get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=no unsaved changes", timeout=WAIT)
    other.close()


def test_figures_are_defined_as_in_the_registry(page, studio):
    from cxsim.metrics.registry import REGISTRY

    opened(page, studio, "desk.yaml")
    page.get_by_label("What SL means").click()
    assert REGISTRY["sl"].formula in page.locator("dialog").text_content()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Wait (ASA)").click()
    page.wait_for_selector("[data-testid=bands-asa]")


def test_saving_writes_the_file_with_its_comments(page, studio):
    opened(page, studio, "desk.yaml")
    choose(page, 0, 0)
    type_in(page, "8")
    page.wait_for_selector("text=1 cell changed")
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Saved in desk.yaml.")
    page.wait_for_selector("text=no unsaved changes")
    wanted = SMALL.replace("agents: 3  ", "agents: [8, 3, 3, 3, 3, 3]  ")
    assert (studio.folder / "desk.yaml").read_text() == wanted
    page.keyboard.press("Control+z")
    page.wait_for_selector("text=1 cell changed")
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=no unsaved changes")


def test_a_slider_shows_what_it_would_do_and_variants_are_kept(page, studio, tmp_path):
    folder = IMAGES if os.environ.get("CXSIM_SCREENSHOTS") == "1" else tmp_path
    name = "multi-skill-day.yaml" if folder == IMAGES else "desk.yaml"
    opened(page, studio, name)
    page.get_by_role("button", name="What-if").click()
    page.get_by_role("button", name="Add a variant").click()
    second = page.locator("[data-testid=variant-2]")
    second.get_by_label("Name of the variant").fill("Knowledge base")
    second.get_by_label("Handle time").fill("90")
    second.get_by_label("Resolution").fill("5")
    page.wait_for_selector("[data-testid=what-if-progress][data-done=true]", timeout=WAIT)
    row = page.locator("[data-testid=what-if-table] tr", has_text="ASA").first.locator("td")
    told_apart = [row.nth(n).text_content() for n in range(3)]
    assert re.search(r"\+.+s \(\+.+ to \+.+\)", told_apart[1]) and re.search(r"−.+s \(−.+ to −.+\)", told_apart[2])
    page.screenshot(path=folder / "studio-what-if.png")
    page.reload()
    page.get_by_role("button", name="What-if").click()
    assert page.locator("[data-testid=variant-2]").get_by_label("Name of the variant").input_value() == "Knowledge base"
    page.get_by_role("button", name="Remove").last.click()


def test_faults_of_the_file_stand_at_their_line_and_a_sound_text_is_saved(page, studio):
    opened(page, studio, "desk.yaml")
    before = (studio.folder / "desk.yaml").read_text()
    page.get_by_role("button", name="Scenario").click()
    editor = page.get_by_label("Text of the scenario")
    editor.fill(before.replace("volume: 40/h", "volum: 40/h"))
    page.wait_for_selector("aside >> text=did you mean 'volume'?")
    line = next(n for n, text in enumerate(before.splitlines(), 1) if "volume" in text)
    assert page.locator(".editor li.wrong").all_text_contents() == [str(line)]
    page.locator("aside button").first.click()
    assert page.evaluate(
        "document.activeElement.value.slice(document.activeElement.selectionStart).startsWith('volum')"
    )
    assert page.get_by_role("button", name="Save file").is_disabled()
    page.reload()
    page.get_by_role("button", name="Scenario").click()
    assert "volum: 40/h" in page.get_by_label("Text of the scenario").input_value()
    page.get_by_label("Text of the scenario").fill(before.replace("volume: 40/h", "volume: 55/h"))
    page.wait_for_selector("[data-testid=scenario-state] >> text=no faults")
    page.get_by_label("Text of the scenario").press("Control+s")
    page.wait_for_selector("text=Saved in desk.yaml.")
    assert (studio.folder / "desk.yaml").read_text() == before.replace("volume: 40/h", "volume: 55/h")
    page.get_by_label("Text of the scenario").fill(before)
    page.wait_for_selector("[data-testid=scenario-state] >> text=no faults")
    page.get_by_role("button", name="Save file").click()
    page.wait_for_selector("text=no faults, as saved")
    assert (studio.folder / "desk.yaml").read_text() == before


def test_names_are_text_and_never_run(page, studio):
    opened(page, studio, "hostile.yaml")
    page.get_by_role("tab", name="Occupancy").click()
    page.wait_for_selector("[data-testid=bands-occupancy]")
    page.mouse.move(640, 300)
    assert page.locator("header .name").text_content() == HOSTILE


def test_everything_can_be_reached_by_keyboard(page, studio):
    opened(page, studio, "desk.yaml")
    page.keyboard.press("Tab")
    reached = set()
    for _ in range(40):
        reached.add(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.slice(0, 30)"
            )
        )
        page.keyboard.press("Tab")
    assert {"Scenario", "Save as …", "Colours", "What SL means", "Service level", "Occupancy"} <= reached


def test_the_page_fits_the_width_of_the_window_and_takes_a_picture(page, studio, tmp_path):
    """With CXSIM_SCREENSHOTS=1 the picture is that of the docs."""
    folder = IMAGES if os.environ.get("CXSIM_SCREENSHOTS") == "1" else tmp_path
    opened(page, studio, "multi-skill-day.yaml")
    choose(page, 6, 6)
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    for _ in range(3):
        page.keyboard.press("+")
    page.wait_for_selector("text=7 cells changed")
    answered(page, told(page, "multi-skill-day.yaml")["revision"])
    if folder == IMAGES:
        page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
    for width, height in ((1920, 1080), (1280, 1000)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """width => {
                const edge = document.querySelector("[data-testid=staff-grid]").getBoundingClientRect().right;
                return document.documentElement.scrollWidth <= width && 0.9 * width < edge && edge <= width;
            }""",
            arg=width,
        )
    page.screenshot(path=folder / "studio-plan.png")
    page.get_by_role("button", name="Revert").click()
    assert (folder / "studio-plan.png").stat().st_size > 20_000


def test_a_killed_server_loses_nothing_and_the_open_page_goes_on(browser, tmp_path):
    """Cells typed before, while and after the server is away."""
    (tmp_path / "desk.yaml").write_text(SMALL)
    running = Studio(tmp_path)
    context = browser.new_context()
    page = context.new_page()
    try:
        visit(page, running.url)
        page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
        choose(page, 0, 0)
        type_in(page, "8")
        page.wait_for_selector("text=1 cell changed")
        assert told(page, "desk.yaml")["values"][0][0] == 8
        page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
        running.kill()
        page.wait_for_selector("text=not connected", timeout=WAIT)
        choose(page, 2, 0)
        type_in(page, "7")
        page.wait_for_selector("[role=alert] >> text=The studio does not answer")
        running.start(running.port)
        page.wait_for_selector("text=not connected", state="detached", timeout=WAIT)
        page.wait_for_selector("[role=alert]", state="detached", timeout=WAIT)
        page.wait_for_selector("text=2 cells changed", timeout=WAIT)
        choose(page, 1, 0)
        type_in(page, "9")
        page.wait_for_selector("text=3 cells changed", timeout=WAIT)
        page.reload()
        page.wait_for_selector("text=3 cells changed", timeout=WAIT)
        assert told(page, "desk.yaml")["values"][0][:3] == [8, 9, 7]
    finally:
        context.close()
        running.stop()
