"""The screens that study a plan, in a real browser: Customers, Explain, Data, Watch; and what can be kept of each."""

import json
import os
import re
from pathlib import Path

import pytest
from browsing import Studio, browser_path
from page_waits import AXE, serious
from studio_world import SMALL, calls

import cxsim
from cxsim.scenario import examples

pytest.importorskip("playwright", reason="tests of the page need playwright: pip install 'cxsim[dev]'")
if not browser_path():
    pytest.skip("tests of the page need Chromium on this machine", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PICTURES = os.environ.get("CXSIM_SCREENSHOTS") == "1"
WAIT = int(os.environ.get("CXSIM_PAGE_WAIT", "90")) * 1000  # ms
HOSTILE = "<s>hurt</s>"
SCREENS = {
    "Customers": "[data-testid=customers][data-done=true]",
    "Explain": "[data-testid=explanation][data-done=true]",
    "Data": ".drop",
    "Watch": "[data-testid=watch]",
}


def many_groups(count):
    groups = "".join(f"  team_{n}: {{agents: 2, serves: [help]}}\n" for n in range(count))
    return SMALL.partition("groups:")[0].replace("40/h", "900/h") + "groups:\n" + groups


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studying")
    (folder / "desk.yaml").write_text(SMALL)
    (folder / "crowd.yaml").write_text(many_groups(400))
    hostile = SMALL.replace("  desk:\n", f'  "{HOSTILE}":\n').replace("  help: {volume", f'  "{HOSTILE}": {{volume')
    (folder / "hostile.yaml").write_text(
        hostile.replace("\n  help: {target", f'\n  "{HOSTILE}": {{target').replace("[help]", f'["{HOSTILE}"]')
    )
    if PICTURES:
        for file in examples.files("multi-skill-day"):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes((examples.folder() / file).read_bytes())
    running = Studio(folder)
    yield running
    running.stop()


def opened(page, studio, screen, name="desk.yaml"):
    page.goto(f"{studio.address}#{name}")
    page.wait_for_selector("header .name", timeout=WAIT)
    page.get_by_role("navigation", name="Screens").get_by_role("button", name=screen).click()
    page.wait_for_selector(SCREENS[screen], timeout=WAIT)


def posted(page, address, body):
    """What the service answers to a question of the page."""
    return page.evaluate(
        """async ([address, body]) => {
            const headers = {"content-type": "application/json"};
            const answer = await fetch(address, {method: "POST", headers, body: JSON.stringify(body)});
            return (await answer.text()).trim().split("\\n").at(-1);
        }""",
        [address, body],
    )


def picture(page, name, studio):
    if PICTURES:
        page.wait_for_timeout(300)
        page.screenshot(path=ROOT / "docs" / "images" / f"studio-{name}.png")


def saved(page, menu, button):
    """What a button of a chart's menu saves."""
    menu.click()
    with page.expect_download() as found:
        page.get_by_role("button", name=button).locator("visible=true").click()
    return found.value.suggested_filename, Path(found.value.path()).read_bytes()


def test_customers_shows_both_views_and_a_journey_tells_a_customers_story(page, studio):
    opened(page, studio, "Customers")
    found = cxsim.journeys(cxsim.read(studio.folder / "desk.yaml"), replications=10)
    solved = 100 * found.customer.set_index("figure")["value"]["first"]
    row = page.locator("[data-testid=board-solved] tr", has_text="Solved at the first contact")
    assert row.locator("td").first.text_content() == f"{solved:.1f} %"
    page.get_by_label("What solved at the first contact means").click()
    assert "by the first contact in any channel" in row.text_content()
    page.locator("[data-testid=journeys] button", has_text="help: gave up").first.click()
    page.wait_for_selector("[data-testid=story]")
    assert "abandons the queue" in page.locator("[data-testid=story]").text_content()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("Not solved at the first")).click()
    assert "help: solved" not in page.locator("[data-testid=journeys] .contacts").all_text_contents()


def test_a_lever_shows_its_differences_as_soon_as_it_is_switched_on(page, studio):
    opened(page, studio, "Customers")
    lever = page.locator("[data-testid=lever-timed_calls]")
    lever.get_by_role("switch").check()
    lever.get_by_label("shorter").fill("30")
    lever.get_by_label("unsolved").fill("50")
    lever.get_by_label("price a year").fill("36500")
    page.wait_for_selector("[data-testid=levers][data-done=true]", timeout=WAIT)
    page.wait_for_function("() => document.querySelector('[data-testid=levers-table]').textContent.includes('36,500')")
    page.wait_for_selector("[data-testid=levers][data-done=true]", timeout=WAIT)
    cell = page.locator("[data-testid=levers-table] tr", has_text="Solved at the first contact").locator("td").first
    assert re.fullmatch(r"−\d+\.\d pts \(−\d+\.\d to −\d+\.\d pts\)", cell.text_content().strip()), cell.text_content()
    assert "worse" in cell.locator("span").first.get_attribute("class")
    page.reload()
    opened(page, studio, "Customers")
    assert page.locator("[data-testid=lever-timed_calls]").get_by_label("shorter").input_value() == "30"
    page.locator("[data-testid=lever-timed_calls]").get_by_role("switch").uncheck()


def test_explain_goes_from_erlang_to_the_simulation_and_from_the_saved_plan_to_the_edited_one(page, studio):
    opened(page, studio, "Explain")
    told = json.loads(posted(page, "/api/explain?path=desk.yaml", {"replications": 20}))["result"]
    sentences = page.locator(".words tbody th").all_text_contents()
    assert sentences == [step["sentence"] for step in told["steps"]] and len(sentences) > 3
    times = told_times(page)
    posted(page, "/api/plan/cells?path=desk.yaml", {"cells": [["desk", time, 7] for time in times]})
    page.wait_for_selector("text=6 cells changed", timeout=WAIT)
    page.locator("label", has_text="From").locator("select").select_option("saved")
    page.wait_for_selector("text=Staffing adds", timeout=WAIT)
    posted(page, "/api/plan/revert?path=desk.yaml", {})


def told_times(page):
    return page.evaluate("fetch('/api/plan?path=desk.yaml').then(answer => answer.json()).then(plan => plan.labels)")


def test_contacts_are_searched_and_one_tells_why(page, studio):
    opened(page, studio, "Explain")
    page.get_by_role("tab", name="Why this contact").click()
    page.wait_for_selector("[data-testid=contacts]")
    every = page.locator("[data-testid=found]").text_content()
    page.get_by_label("Outcome").select_option("abandoned")
    page.get_by_label("Order").select_option("wait")
    page.wait_for_function("before => document.querySelector('[data-testid=found]').textContent !== before", arg=every)
    rows = page.locator("[data-testid=contacts] tbody tr")
    assert all("abandoned" in text for text in rows.all_text_contents())
    rows.first.get_by_role("button").click()
    page.wait_for_selector("[data-testid=story]")
    assert "abandons the queue" in page.locator("[data-testid=story]").text_content()


def answered(page, choices):
    """Answer the questions of an import until there are none."""
    for label, choice in choices:
        page.locator("[data-testid=questions]").get_by_role("group", name=label, exact=True).get_by_role(
            "button", name=choice, exact=True
        ).click()
        page.wait_for_function(
            """label => [...document.querySelectorAll('[data-testid=questions] [role=group]')]
                .every(one => one.ariaLabel !== label)""",
            arg=label,
        )
    page.wait_for_selector("[data-testid=quality]", timeout=WAIT)


def test_a_file_is_dropped_asked_about_corrected_imported_and_calibrated(page, studio):
    opened(page, studio, "Data")
    page.evaluate("localStorage.removeItem('cxsim-data-settings')")
    text = calls().replace("Wait time", "Zeit")  # a name that nothing is known of
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "märz 2026.csv"));
            document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
        }""",
        text,
    )
    page.wait_for_selector("[data-testid=questions]", timeout=WAIT)
    picture(page, "data", studio)
    answered(page, [("dates", "dmy"), ("timezone", "Europe/Paris")])
    page.get_by_label("What Zeit is").select_option("wait")
    page.wait_for_selector("[data-testid=columns] >> text=you said so", timeout=WAIT)
    page.get_by_label("Import into results/").fill("march")
    page.wait_for_selector("[data-testid=read][data-done=true]", timeout=WAIT)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_selector("text=Imported into results/march.", timeout=WAIT)
    assert "Zeit" in (studio.folder / "results/march/mapping.yaml").read_text()
    page.get_by_label("Write into results/").fill("from-march")
    page.get_by_role("button", name="Calibrate", exact=True).click()
    page.wait_for_selector("[data-testid=calibrated]", timeout=WAIT)
    assert page.locator("[data-testid=closed-loop] tbody tr").count() >= 4
    assert page.locator("[data-testid=curve]").count() == 2
    page.get_by_role("button", name="Open the scenario").click()
    page.wait_for_function("() => location.hash.endsWith('from-march%2Fscenario.yaml')")
    page.wait_for_selector("header .name >> text=Calibrated", timeout=WAIT)
    assert cxsim.read(studio.folder / "results/from-march/scenario.yaml").reasons["help"].talk.mean > 200


def test_a_day_is_played_paused_sought_and_stepped_through(page, studio):
    opened(page, studio, "Watch")
    at = lambda: int(page.get_attribute("[data-testid=watch]", "data-time"))  # noqa: E731
    seek = page.get_by_label("Time of day")
    seek.fill("32400")
    assert at() == 32400 and seek.get_attribute("aria-valuetext") == "09:00:00"
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => document.querySelector('[data-testid=watch]').dataset.time > 32430")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector("[data-testid=watch][data-playing=false]")
    stopped = at()
    page.wait_for_timeout(400)
    assert at() == stopped
    page.get_by_role("button", name="Step", exact=True).click()
    page.wait_for_selector(".said >> text=help:")
    assert at() > stopped - 1
    page.locator(".stage").focus()
    page.keyboard.press(" ")
    page.wait_for_selector("[data-testid=watch][data-playing=true]")
    page.keyboard.press(" ")
    page.wait_for_selector("[data-testid=watch][data-playing=false]")


def test_a_click_on_a_busy_agent_tells_the_story_of_the_contact(page, studio):
    opened(page, studio, "Watch")
    day = page.evaluate("fetch('/api/watch?path=desk.yaml').then(answer => answer.json())")
    contacts = day["contacts"]
    k = next(
        k
        for k, agent in enumerate(contacts["agent"])
        if agent == 0 and contacts["talked"][k] - contacts["answered"][k] > 60
    )
    middle = (contacts["answered"][k] + contacts["talked"][k]) / 2
    page.get_by_label("Time of day").fill(str(round(middle / 10) * 10))
    box = page.locator(".stage canvas").bounding_box()
    queues = max(320, round(0.38 * box["width"]))
    page.locator(".stage canvas").click(position={"x": queues + 12 + 6 + 5, "y": 18 + 5 + 5})
    page.wait_for_selector("[data-testid=story]")
    assert contacts["issue"][k] in page.locator("[data-testid=story]").text_content()


@pytest.mark.slow
def test_a_crowd_of_400_groups_is_drawn_smoothly_and_only_where_it_is_seen(page, studio):
    opened(page, studio, "Watch", "crowd.yaml")
    page.get_by_label("Time of day").fill("34000")
    page.get_by_role("button", name="Play").click()
    frames = page.evaluate(
        """() => new Promise(done => {
            let frames = 0;
            const began = performance.now();
            const frame = () => {
                frames += 1;
                performance.now() - began < 1500 ? requestAnimationFrame(frame) : done(frames / 1.5);
            };
            requestAnimationFrame(frame);
        })"""
    )
    page.get_by_role("button", name="Pause").click()
    assert frames > 12  # 60 on a free machine
    assert page.locator(".stage canvas").bounding_box()["height"] < 500
    assert page.evaluate("document.querySelector('.stage').scrollHeight") > 2000
    assert page.locator("[data-testid=watch-groups] tbody tr").count() == 400


@pytest.mark.slow
def test_less_motion_is_a_picture_a_second(browser, studio, context):
    calm = browser.new_context(reduced_motion="reduce", storage_state=context.storage_state())
    page = calm.new_page()
    opened(page, studio, "Watch")
    page.get_by_label("Time of day").fill("32400")
    page.get_by_role("button", name="Play").click()
    times = page.evaluate(
        """() => new Promise(done => {
            const seen = new Set();
            const began = performance.now();
            const look = () => {
                seen.add(document.querySelector("[data-testid=watch]").dataset.time);
                performance.now() - began < 2500 ? setTimeout(look, 20) : done([...seen]);
            };
            look();
        })"""
    )
    assert 2 <= len(times) <= 4
    calm.close()


def test_a_chart_is_kept_as_picture_and_table(page, studio):
    opened(page, studio, "Explain")
    menu = page.locator("[data-testid=waterfall] summary")
    name, data = saved(page, menu, "Save PNG")
    assert name == "sl-from-erlang-c-to-simulation.png" and data.startswith(b"\x89PNG") and len(data) > 10_000
    _, data = saved(page, menu, "Save SVG")
    assert data.startswith(b"<svg") and b"SL, from Erlang C to Simulation" in data and b"Abandonment" in data
    _, data = saved(page, menu, "Save CSV")
    assert data.decode("utf-8-sig").splitlines()[0] == "step,change,low,high,level"
    menu.click()
    page.get_by_role("button", name="Copy table").locator("visible=true").click()
    page.wait_for_function("() => navigator.clipboard.readText().then(text => text.startsWith('step\\tchange'))")
    menu.click()
    page.get_by_role("button", name="Copy picture").locator("visible=true").click()
    page.wait_for_function("() => navigator.clipboard.read().then(all => all[0].types.includes('image/png'))")


def test_charts_of_the_plan_and_of_what_if_are_kept_too(page, studio):
    page.goto(f"{studio.address}#desk.yaml")
    page.wait_for_selector("[data-testid=progress][data-done=true]", timeout=WAIT)
    _, data = saved(page, page.get_by_label("Copy or save: SL by interval"), "Save SVG")
    assert b"help" in data and b"08:00" in data
    page.get_by_role("button", name="What-if").click()
    page.wait_for_selector("[data-testid=what-if-progress][data-done=true]", timeout=WAIT)
    _, data = saved(page, page.get_by_label("Copy or save: What if"), "Save CSV")
    assert data.decode("utf-8-sig").splitlines()[0] == "Figure,Plan,15 % more contacts"


@pytest.mark.slow
def test_the_plan_is_shared_as_a_report_and_as_a_workbook(page, studio):
    page.goto(f"{studio.address}#desk.yaml")
    page.get_by_role("button", name="Share …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Workbook")).check()
    dialog.get_by_label("File name").fill("shared")
    dialog.get_by_role("button", name="Save").click()
    page.wait_for_selector("[data-testid=shared] >> text=shared.xlsx", timeout=WAIT)
    assert cxsim.read(studio.folder / "shared.xlsx").groups["desk"].agents is not None
    dialog.get_by_role("radio", name=re.compile("^Report")).check()
    dialog.get_by_label("Folder of results").fill("shared")
    dialog.get_by_role("button", name="Save").click()
    page.wait_for_selector("[data-testid=shared] >> text=report.html", timeout=WAIT)
    with page.expect_download() as found:
        page.get_by_role("link", name="results/shared/report.html").click()
    assert b"</html>" in Path(found.value.path()).read_bytes()


@pytest.mark.parametrize("screen", [name for name in SCREENS if name != "Data"])
def test_names_are_text_on_every_screen(page, studio, screen):
    opened(page, studio, screen, "hostile.yaml")
    page.mouse.move(640, 420)
    page.wait_for_timeout(200)
    assert page.locator("s").count() == 0
    assert HOSTILE in page.locator("main").text_content()


@pytest.mark.parametrize("colours", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_serious(page, studio, screen, colours):
    if not AXE.is_file():
        pytest.skip("axe-core is not here: run npm ci in studio/")
    opened(page, studio, screen)
    assert serious(page, colours) == []


@pytest.mark.skipif(not PICTURES, reason="takes the pictures of the docs, with CXSIM_SCREENSHOTS=1")
def test_pictures_of_the_docs(page, studio):
    name = "multi-skill-day.yaml"
    opened(page, studio, "Customers", name)
    page.set_viewport_size({"width": 1280, "height": 1080})
    picture(page, "customers", studio)
    opened(page, studio, "Explain", name)
    page.set_viewport_size({"width": 1280, "height": 760})
    picture(page, "explain", studio)
    opened(page, studio, "Watch", name)
    page.get_by_label("Time of day").fill("68500")
    picture(page, "watch", studio)
