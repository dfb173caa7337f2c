"""What browser tests wait for: a state that stays, not one that passes."""

from pathlib import Path

AXE = Path(__file__).parents[1] / "studio" / "node_modules" / "axe-core" / "axe.min.js"
WAIT = 90_000  # ms
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']"


def told(page, name):
    """What the service says of a plan, asked by the page."""
    return page.evaluate("name => fetch(`/api/plan?path=${name}`).then(answer => answer.json())", name)


def answered(page, revision):
    """The page shows an answer to a revision, or to a later one: edits may still be on their way."""
    page.wait_for_function(
        "wanted => Number(document.querySelector('[data-testid=progress]')?.dataset.revision) >= wanted",
        arg=revision,
        timeout=WAIT,
    )


def until(page, name, condition):
    """The service says something of a plan: `condition` is JavaScript about `plan`."""
    page.wait_for_function(
        f"name => fetch(`/api/plan?path=${{name}}`).then(answer => answer.json()).then(plan => {condition})",
        arg=name,
        timeout=WAIT,
    )


def serious(page, colours):
    """What axe finds serious in colours that are wholly shown."""
    page.get_by_label("Colours").select_option(colours)
    page.wait_for_selector(f"html[data-theme={colours}]")
    found = violations(page)
    page.get_by_label("Colours").select_option("auto")
    return found


def violations(page):
    """What axe finds serious."""
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished)).then(() => null)")
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"axe.run({{runOnly: {RULES}}}).then(told => told.violations)")
    said = [(one["id"], one["impact"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
    return [one for one in said if one[1] in ("serious", "critical")]
