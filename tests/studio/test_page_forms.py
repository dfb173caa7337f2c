"""The Scenario screen in a real browser: forms and text change each other, faults at fields, the drawn flow."""

import os
import re
from pathlib import Path

import pytest
from browsing import Studio, browser_path
from page_waits import AXE, violations
from studio_world import SMALL

import cxsim
from cxsim.scenario import examples

pytest.importorskip("playwright", reason="tests of the page need playwright: pip install 'cxsim[dev]'")
if not browser_path():
    pytest.skip("tests of the page need Chromium on this machine", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PICTURES = os.environ.get("CXSIM_SCREENSHOTS") == "1"
WAIT = int(os.environ.get("CXSIM_PAGE_WAIT", "90")) * 1000  # ms
HOSTILE = "<s>hurt</s>"
SECTIONS = (
    *("General", "Hours", "Reasons", "Channels", "Contact flow", "Queues", "Targets", "Groups", "Skills", "Staffing"),
    *("Routing", "Segments", "Redials and repeats", "Experience", "Events", "Costs", "Levers", "Optimize", "Capacity"),
)
FLOW = """\
# Calls go to a menu first.
cxsim: 1
horizon: {start: 2026-03-02, open: 08:00-10:00}
reasons:
  bill: {volume: 60/h, handle_time: 3 min, patience: 2 min, flow: main}
  move: {volume: 20/h, handle_time: 4 min, patience: 2 min, queue: "12"}
flow:
  main:                # as recorded in May
    menu: {time: 10s, hang_up: 5%, chooses: {others: {billing: 70%, moving: 30%}}}
    to: {billing: bot, moving: "12"}
  bot: {self_service: {time: 40s, contained: 40%}, then: desk}
queues:
  desk: {overflow: {after: 60s, to_queue: "12"}, callback: {over: 2 min, accepted: 30%}}
groups:
  front: {agents: 5, serves: [desk, "12"], wage: 20}
  back: {agents: 1, skills: {desk: {rank: 2}}, wage: 25}
"""


def many_groups(count):
    groups = "".join(f"  team_{n}: {{agents: 2, serves: [help]}}\n" for n in range(count))
    return SMALL.partition("groups:")[0].replace("40/h", "900/h") + "groups:\n" + groups


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "desk.yaml").write_text(SMALL)
    (folder / "flow.yaml").write_text(FLOW)
    (folder / "crowd.yaml").write_text(many_groups(400))
    hostile = FLOW.replace('"12"', f'"{HOSTILE}"').replace("front:", f'"{HOSTILE}":').replace("bill:", f'"{HOSTILE}":')
    (folder / "hostile.yaml").write_text(hostile.replace("bot", f'"{HOSTILE} bot"'))
    for name in ("multi-skill-day", "phone-menu") if PICTURES else ():
        for file in examples.files(name):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes((examples.folder() / file).read_bytes())
    running = Studio(folder)
    yield running
    running.stop()


def opened(page, studio, name="desk.yaml", section="", entry=""):
    """The Scenario screen of a file without unsaved changes."""
    page.goto(f"{studio.address}#{name}")
    page.evaluate("localStorage.clear()")
    page.reload()
    page.wait_for_selector("header .name", timeout=WAIT)
    page.get_by_role("navigation", name="Screens").get_by_role("button", name="Scenario").click()
    page.wait_for_selector("[data-testid=form]", timeout=WAIT)
    if section:
        show(page, section)
    if entry:
        page.get_by_role("navigation", name=section).get_by_role("button", name=entry, exact=True).click()


def show(page, section):
    button = page.get_by_role("navigation", name="Parts of the scenario").get_by_role("button", name=section).first
    button.click()
    page.wait_for_function("button => button.ariaCurrent !== null", arg=button.element_handle())


def text_of(page):
    return page.get_by_label("Text of the scenario").input_value()


def put(page, label, text):
    page.get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Enter")


def shows(page, text):
    """Wait until the text is this, and checked without faults."""
    page.wait_for_function("(text) => document.querySelector('.editor textarea')?.value === text", arg=text)
    page.wait_for_selector("[data-testid=scenario-state] >> text=no faults", timeout=WAIT)


def test_form_and_text_change_each_other_and_each_step_can_be_undone(page, studio):
    opened(page, studio, section="Groups", entry="desk")
    put(page, "Agents", "4")
    four = SMALL.replace("agents: 3  ", "agents: 4  ")
    shows(page, four)
    page.get_by_label("Text of the scenario").fill(four.replace("wage: 20", "wage: 22.50  # from May"))
    page.wait_for_function("() => document.querySelector('[data-at*=wage] input').value === '22.50'")
    page.locator("h1.form-title").click()
    page.keyboard.press("Control+z")
    shows(page, four)
    page.keyboard.press("Control+z")
    page.wait_for_selector("text=no faults, as saved")
    assert page.get_by_label("Agents", exact=True).input_value() == "3"
    page.keyboard.press("Control+y")
    shows(page, four)
    page.reload()
    page.get_by_role("navigation", name="Screens").get_by_role("button", name="Scenario").click()
    shows(page, four)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=no faults, as saved")


@pytest.mark.slow
def test_an_edit_is_simulated_against_the_saved_scenario_and_saved(page, studio):
    opened(page, studio, section="Groups", entry="desk")
    put(page, "Agents", "5")
    page.wait_for_selector("[data-testid=trial][data-done=true]", timeout=WAIT)
    cost = page.locator("[data-testid=card-cost]").text_content()
    assert re.search(r"\+€1[12]\d \(", cost), cost  # two people more for three hours at 20, and a little less overrun
    assert "better" in page.locator("[data-testid=card-sl]").text_content()
    put(page, "Agents", "4")
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Saved in desk.yaml.")
    assert (studio.folder / "desk.yaml").read_text() == SMALL.replace("agents: 3  ", "agents: 4  ")
    page.get_by_role("button", name="Undo").click()
    shows(page, SMALL.replace("agents: 3  ", "agents: 5  "))
    page.get_by_role("button", name="Undo").click()
    shows(page, SMALL)
    page.get_by_role("button", name="Save file").click()
    page.wait_for_selector("text=no faults, as saved")
    assert (studio.folder / "desk.yaml").read_text() == SMALL


@pytest.mark.slow
def test_faults_stand_at_their_field_and_offer_what_to_write(page, studio):
    opened(page, studio, section="Groups", entry="desk")
    put(page, "Wage", "many")
    field = page.locator('[data-at=\'["groups","desk","wage"]\']')
    field.locator("text=is not a number").wait_for()
    assert page.get_by_label("Wage", exact=True).get_attribute("aria-invalid") == "true"
    page.wait_for_selector("aside >> text=groups.desk.wage")
    assert page.get_by_role("button", name="Save file").is_disabled()
    put(page, "Wage", "20")
    put(page, "Availability", "90")
    page.get_by_role("button", name="Write 90%").click()
    shows(page, SMALL.replace("wage: 20\n", "wage: 20\n    availability: 90%\n"))
    show(page, "Queues")
    page.get_by_label("Text of the scenario").fill(SMALL.replace("within: 20s", "within: 20"))
    page.get_by_role("button", name=re.compile("Show the field of queues.help.target.sl.within")).click()
    page.wait_for_function("() => document.activeElement.closest('[data-at]')?.dataset.at.includes('within')")
    assert page.locator(".field.wrong >> text=a time needs one").count() == 1


@pytest.mark.slow
def test_a_text_that_cannot_be_read_keeps_the_last_forms_read_only(page, studio):
    opened(page, studio, section="Groups", entry="desk")
    page.get_by_label("Text of the scenario").fill(SMALL.replace("serves: [help]", "serves: [help", 1))
    page.wait_for_selector(".locked >> text=cannot be read at line")
    agents = page.get_by_label("Agents", exact=True)
    assert agents.input_value() == "3" and agents.is_disabled()
    page.get_by_role("button", name="Show line").click()
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.get_by_label("Text of the scenario").fill(SMALL)
    page.wait_for_selector(".locked", state="detached")
    assert agents.is_enabled()


@pytest.mark.slow
def test_queues_and_groups_are_added_renamed_and_removed(page, studio):
    opened(page, studio, "flow.yaml", "Queues", "12")
    put(page, "Name", "general")
    renamed = FLOW.replace('"12"', "general")
    shows(page, renamed)
    put(page, "New queue", "vip")
    with_vip = renamed.replace("accepted: 30%}}\n", "accepted: 30%}}\n  vip: {}\n")
    shows(page, with_vip)
    show(page, "Skills")
    page.get_by_label("back serves vip").check()
    page.wait_for_function("() => document.querySelector('.editor textarea')?.value.includes('vip: {}}')")
    page.get_by_label("Rank of front for general").fill("2")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelector('.editor textarea')?.value.includes('skills: {desk: {}, general: {rank: 2}}')"
    )
    assert "serves:" not in text_of(page) and "# as recorded in May" in text_of(page)
    show(page, "Groups")
    put(page, "Name", "back")
    page.wait_for_selector(".entry-head >> text=“back” already exists")
    page.get_by_role("navigation", name="Groups").get_by_role("button", name="back", exact=True).click()
    page.get_by_role("button", name="Remove group").click()
    page.wait_for_function("() => document.querySelector('.editor textarea')?.value.includes('  back:') === false")


@pytest.mark.slow
def test_targets_are_a_table_and_a_short_form_is_kept(page, studio):
    opened(page, studio, section="Targets")
    put(page, "Abandoned of help", "5%")
    shows(page, SMALL.replace("within: 20s}", "within: 20s}, abandoned: {max: 5%}"))
    assert page.get_by_label("Service level of help").input_value() == "80%/20s"
    short = SMALL.replace("{sl: {share: 80%, within: 20s}}", "80%/20s")
    page.get_by_label("Text of the scenario").fill(short)
    page.wait_for_function("() => !document.querySelector('[aria-label=\"Abandoned of help\"]').value")
    put(page, "ASA of help", "15s")
    shows(page, short.replace("target: 80%/20s", "target: {sl: 80%/20s, asa: {max: 15s}}"))


@pytest.mark.slow
def test_the_flow_is_drawn_with_shares_and_its_places_open_their_forms(page, studio):
    opened(page, studio, "flow.yaml", "Contact flow")
    page.wait_for_selector("[data-testid=flow][data-counted=true]", timeout=WAIT)
    assert page.locator(".place").count() == 6
    told = page.locator("[data-testid=flow-list]").text_content()
    share = re.search(r"Menu main: ([\d.]+) % hang up; billing ([\d.]+) % to bot", told)
    assert share and abs(float(share[1]) - 5) < 4 and abs(float(share[2]) - 66.5) < 8, told
    assert "overflow after 60s" in told and "callback over 2 min" in told
    page.locator(".place", has_text="bot").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.closest('[data-at]') !== null")
    assert page.get_by_label("Name", exact=True).input_value() == "bot"
    page.locator(".place", has_text="desk").click()
    page.wait_for_selector("h1 >> text=Queues")
    assert page.get_by_label("Name", exact=True).input_value() == "desk"


@pytest.mark.slow
def test_two_tabs_show_the_same_text(context, page, studio):
    opened(page, studio, section="Groups", entry="desk")
    other = context.new_page()
    other.goto(f"{studio.address}#desk.yaml")
    other.get_by_role("navigation", name="Screens").get_by_role("button", name="Scenario").click()
    other.wait_for_selector("[data-testid=form]", timeout=WAIT)
    put(page, "Agents", "6")
    shows(other, SMALL.replace("agents: 3  ", "agents: 6  "))
    other.close()
    page.get_by_role("button", name="Discard changes").click()
    page.wait_for_selector("text=no faults, as saved")


@pytest.mark.slow
def test_four_hundred_groups_are_sought_and_edited(page, studio):
    opened(page, studio, "crowd.yaml", "Groups")
    page.get_by_label("Find a group").fill("team_37")
    assert page.get_by_role("navigation", name="Groups").get_by_role("listitem").count() == 11
    page.get_by_role("button", name="team_377", exact=True).click()
    put(page, "Agents", "3")
    shows(page, many_groups(400).replace("team_377: {agents: 2", "team_377: {agents: 3"))
    show(page, "Skills")
    page.get_by_role("button", name="Show all 400").click()
    assert page.locator("[data-testid=skills] tbody tr").count() == 400
    show(page, "Queues")
    put(page, "Name", "aid")
    page.wait_for_function(
        "() => document.querySelector('.editor textarea')?.value.split('serves: [aid]').length === 401", timeout=WAIT
    )
    show(page, "Contact flow")
    page.wait_for_selector(".place >> text=400 groups")


@pytest.mark.slow
def test_names_are_text_in_every_section(page, studio):
    opened(page, studio, "hostile.yaml")
    for section in SECTIONS:
        show(page, section)
        assert page.locator("main s").count() == 0
    show(page, "Queues")
    page.get_by_role("navigation", name="Queues").get_by_role("button", name=HOSTILE, exact=True).click()
    put(page, "Priority", "2")
    page.wait_for_function("() => document.querySelector('.editor textarea')?.value.includes('{priority: 2}')")
    assert f'"{HOSTILE}": {{priority: 2}}' in text_of(page)
    put(page, "Name", 'a"b: #\\')
    page.wait_for_function("() => document.querySelector('.editor textarea')?.value.includes('a\\\\\"b: #')")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 1920])
def test_every_section_fits_the_window(page, studio, width):
    opened(page, studio, "flow.yaml")
    page.set_viewport_size({"width": width, "height": 900})
    for section in SECTIONS:
        show(page, section)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, section
    page.get_by_role("button", name="Hide the text").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.slow
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious(page, studio, colours):
    if not AXE.is_file():
        pytest.skip("axe-core is not here: run npm ci in studio/")
    opened(page, studio, "flow.yaml", "Groups", "front")
    page.get_by_label("Colours").select_option(colours)
    put(page, "Wage", "many")
    page.wait_for_selector(".field.wrong")
    for section in ("Groups", "Hours", "Contact flow", "Targets", "Skills", "Costs"):
        show(page, section)
        assert violations(page) == [], section
    page.get_by_label("Colours").select_option("auto")


def test_a_scenario_of_the_browser_tests_is_sound(tmp_path):
    (tmp_path / "flow.yaml").write_text(FLOW)
    assert list(cxsim.read(tmp_path / "flow.yaml").queues) == ["desk", "12"]


@pytest.mark.skipif(not PICTURES, reason="takes the pictures of the docs, with CXSIM_SCREENSHOTS=1")
def test_pictures_of_the_docs(page, studio):
    images = ROOT / "docs" / "images"
    opened(page, studio, "multi-skill-day.yaml", "Groups", "seniors")
    put(page, "Wage", "36")
    page.wait_for_selector("[data-testid=trial][data-done=true]", timeout=WAIT)
    put(page, "Availability", "93")
    page.wait_for_selector(".field.wrong")
    page.screenshot(path=images / "studio-scenario.png")
    opened(page, studio, "phone-menu.yaml", "Contact flow")
    page.wait_for_selector("[data-testid=flow][data-counted=true]", timeout=WAIT)
    page.set_viewport_size({"width": 1280, "height": 640})
    page.screenshot(path=images / "studio-flow.png")
