"""`cxsim flow`: the picture, the shares, and what it refuses."""

import json
from pathlib import Path

import pytest

from cxsim import parse
from cxsim.report.studies.ivr_picture import places
from cxsim.rules.ivr_steps import expected

SCENARIO = Path(__file__).parents[2] / "scenarios" / "phone-menu.yaml"


@pytest.fixture
def menu(center: Path) -> Path:
    (center / "menu.yaml").write_text(SCENARIO.read_text(encoding="utf-8"), encoding="utf-8")
    return center


def test_it_draws_into_results_and_prints_shares(cxsim, menu):
    done = cxsim("flow", "menu.yaml")
    assert done.exit_code == 0, done.stderr
    drawn = (menu / "results" / "menu-flow.svg").read_text(encoding="utf-8")
    assert drawn.rstrip().endswith("</svg>")
    assert "reach queue billing" in done.stdout and "mean time in the flow" in done.stdout


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_ending_of_the_file_is_the_format(cxsim, menu, ending):
    assert cxsim("flow", "menu.yaml", "--out", f"flow.{ending}", "-q").exit_code == 0
    head = (menu / f"flow.{ending}").read_bytes()[:200]
    assert {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<svg"}[ending] in head or (ending == "svg" and b"<?xml" in head)
    assert not list(menu.glob(".*part"))


def test_json_holds_shares_that_add_up(cxsim, menu):
    said = json.loads(cxsim("flow", "menu.yaml", "--reason", "bill", "--out", "f.svg", "--json").stdout)
    one = said["reasons"]["bill"]
    assert one == said["flow"]
    whole = sum(sum(one[key].values()) for key in ("hung_up", "contained", "not_helped", "turned_away", "queues"))
    assert whole == pytest.approx(1.0)
    assert {(way["node"], way["to"]) for way in one["ways"]} >= {("main", "bill_bot"), ("bill_bot", "billing")}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("small.yaml",), "no reason has a flow"),
        (("menu.yaml", "--reason", "bil"), "did you mean 'bill'"),
        (("menu.yaml", "--out", "flow.txt"), "use a name that ends in .svg, .png, .pdf"),
    ],
)
def test_what_it_cannot_draw_is_told(cxsim, menu, given, words):
    done = cxsim("flow", *given)
    assert done.exit_code == 2 and words in done.stderr
    assert not (menu / "results").exists()


def test_legs_name_the_nodes(cxsim, menu):
    done = cxsim("run", "menu.yaml", "--replications", "1", "--no-pictures", "--legs", "csv", "--out", "results/x")
    assert done.exit_code == 0, done.stderr
    rows = next((menu / "results" / "x").rglob("legs*.csv")).read_text(encoding="utf-8").splitlines()
    head = rows[0].split(",")
    queue, entry = head.index("queue"), head.index("entry")
    cells = [row.split(",") for row in rows[1:]]
    assert {row[queue] for row in cells} == {"welcome", "main", "bill_bot", "billing", "general"}
    assert {row[entry] for row in cells if row[queue] == "main"} == {""}


def test_nodes_stand_in_the_order_they_are_met_however_they_are_written():
    """Only the way that closes the circle leads back."""
    ask = {"chooses": {"others": {"bot": "50%", "again": "20%", "side": "30%"}}}
    scenario = parse(
        {
            "cxsim": 1,
            "reasons": {"r": {"volume": {"per_hour": 30}, "handle_time": "4 min", "flow": "ask"}},
            "flow": {
                "bot": {"self_service": {"contained": "20%"}, "then": "desk"},
                "back": {"announcement": {"time": "5s"}, "then": "ask"},
                "side": {"announcement": {"time": "5s"}, "then": "bot"},
                "ask": {"menu": ask, "to": {"bot": "bot", "again": "back", "side": "side"}},
            },
            "groups": {"team": {"agents": 5, "serves": ["desk"]}},
        }
    )
    found = expected(scenario, "r")
    place = places(scenario, found)[0]
    column = {name: spot[0] for name, spot in place.items()}
    assert column == {"ask": 0.0, "side": 1.0, "back": 1.0, "bot": 2.0, "desk": 3.0}
    assert len(set(place.values())) == len(place)
