"""The page on what customers live through: what it names exists, and nothing that was asked for is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxsim.metrics import REGISTRY
from cxsim.scenario.io.paths import shape_at
from cxsim.scenario.lever_catalogue import MODELS, REMEDIES
from cxsim.studies.scorecards import OVER_ISSUES

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reference" / "experience.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| subject", "|---"))
]
SUBJECTS = """
waiting; complex IVR; portal down, slow, hard to use; telling the story again; a single view of the customer;
courtesy; training; a smart desktop; being passed on; resolution on any channel; knowledge; learning from
issues; prevention; surveys and their bias; closing the loop; loyalty; churn; lifetime value; advocacy;
proactive messages; two-way communication; channel-hopping; coherent channels; kept expectations; journeys and
touchpoints; effort; success; empowerment; timed and untimed agents; recognition and personalisation;
communities; social media; AI agents; the company's view against the customer's
"""
OF_ISSUES = {*OVER_ISSUES, "solved", "failed", "time", "value_lost", "csat_measured", "helped"}


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_subject_has_a_row_with_mechanism_keys_scenario_and_metrics() -> None:
    subjects = {" ".join(one.split()) for one in SUBJECTS.split(";")}
    assert subjects <= {row[0] for row in ROWS}
    for row in ROWS:
        assert len(row) == 7 and row[1] and named(row[2]) and named(row[4]) and named(row[5]), row[0]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_a_row_names_exists(row: list[str]) -> None:
    for key in named(row[2]):
        assert shape_at(tuple("x" if step == "NAME" else step for step in key.split("."))) is not None, key
    for lever in named(row[3]):
        assert lever in REMEDIES or lever in MODELS, lever
    for scenario in named(row[4]):
        assert (ROOT / "scenarios" / scenario).exists(), scenario
    scored = re.findall(r"\*`([^`]+)`\*", row[5])
    for figure in named(row[5]):
        assert figure in (OF_ISSUES if figure in scored else REGISTRY), figure


def test_scenarios_use_the_keys_that_the_page_sends_readers_to_them_for() -> None:
    """A scenario named for a key that only some have has that key."""
    for row in ROWS:
        text = "".join((ROOT / "scenarios" / name).read_text(encoding="utf-8") for name in named(row[4]))
        for word in ("ai_agent", "learning", "empowerment", "expectations", "lifetime", "offer", "courtesy", "turns"):
            if any(word in key.split(".") for key in named(row[2])) and named(row[4]) != ["omnichannel-retailer.yaml"]:
                assert re.search(rf"\b{word}:", text), (row[0], word)
