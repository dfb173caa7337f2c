"""`cxsim compare`: variants and scenarios side by side."""

import json

import pytest

from cxsim.cli.compare import Variant, read_variant
from cxsim.simulation.stored import load

FAST = ("--replications", "4", "--no-pictures")


def test_overrides_and_variants_are_set_against_the_file_as_it_is(cxsim, center):
    words = ("--with", "storm", "--variant", "cheap storm: storm; groups.team.wage=10")
    done = cxsim("compare", "small.yaml", *words, *FAST)
    assert done.exit_code == 0, done.stderr
    assert "base, storm, cheap storm" in done.stdout and "worse" in done.stdout and "Targets met: base" in done.stdout
    folder = center / "results" / "compare-small+storm+cheap-storm"
    assert (folder / "differences.csv").exists() and (folder / "comparison.json").exists()
    assert load(folder / "runs" / "base").replications == 4
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_json_is_one_document(cxsim):
    done = cxsim("compare", "small.yaml", "--with", "storm", *FAST, "--json", "--no-save")
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1 and document["inputs"]["base"] == "base"
    (sl,) = (
        row
        for row in document["differences"]
        if (row["figure"], row["scope"], row["interval"]) == ("sl", "total", "total")
    )
    assert sl["variant"] == "storm" and sl["difference"] < 0 and sl["verdict"] == "worse"
    assert {row["variant"] for row in document["figures"]} == {"base", "storm"}


def test_a_run_inside_a_comparison_can_be_made_again(cxsim, center, tables):
    cxsim("compare", "small.yaml", "--with", "storm", *FAST, "--seed", "5", "--out", "both")
    run = center / "both" / "runs" / "storm"
    assert cxsim("run", run, "--no-pictures", "--out", "again").exit_code == 0
    assert tables(center / "again") == tables(run)


def test_several_files_are_called_by_their_names(cxsim, center):
    (center / "other.yaml").write_text((center / "small.yaml").read_text().replace("wage: 24", "wage: 30"))
    done = cxsim("compare", "small.yaml", "other.yaml", *FAST)
    assert done.exit_code == 0, done.stderr
    assert "Against small, other" in done.stdout or "other is not clearly" in done.stdout
    done = cxsim("compare", "small.yaml", "other.yaml", "--set", "horizon.start=2026-01-06", *FAST, "--no-save")
    assert done.exit_code == 0


def test_a_roster_is_a_variant(cxsim, center):
    (center / "roster.csv").write_text((center / "plan.csv").read_text().replace(",5", ",9"))
    done = cxsim(
        "compare", "small.yaml", "--variant", "new roster: staff.file=roster.csv", *FAST, "--json", "--no-save"
    )
    rows = json.loads(done.stdout)["differences"]
    (sl,) = (row for row in rows if (row["figure"], row["scope"], row["interval"]) == ("sl", "total", "total"))
    assert sl["variant"] == "new roster" and sl["difference"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("small.yaml",), "nothing to compare"),
        (("small.yaml", "--with", "strom"), "did you mean 'storm'"),
        (("small.yaml", "--variant", "a: groups.taem.wage=1", "--variant", "b: at_clos=x"), "did you mean 'at_close'"),
        (("small.yaml", "--variant", "x:"), "changes no values"),
        (("small.yaml", "--with", "storm", "--with", "storm"), "called 'storm'"),
        (("small.yaml", "--variant", "two days: horizon.days=2"), "different intervals from base"),
        (("small.yaml", "none.yaml"), "the file does not exist"),
    ],
)
def test_what_cannot_be_compared_is_refused(cxsim, center, words, said):
    done = cxsim("compare", *words, *FAST)
    assert done.exit_code == 2, done.output
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (center / "results").exists()


def test_variants_are_read_as_they_are_written():
    assert read_variant("more: groups.a.agents=3; storm") == Variant("more", ("storm",), ("groups.a.agents=3",))
    assert read_variant("groups.a.agents=3") == Variant("groups.a.agents=3", (), ("groups.a.agents=3",))
    given = read_variant("v: reasons.a.volume={per_hour: 30}")
    assert given == Variant("v", (), ("reasons.a.volume={per_hour: 30}",))
    assert read_variant("reasons.a.volume={per_hour: 30}").set_ == ("reasons.a.volume={per_hour: 30}",)


def test_policies_are_variants(cxsim, center):
    (center / "two.yaml").write_text(
        "cxsim: 1\nreasons: {a: {volume: 60/h, talk: 3 min}, b: {volume: 40/h, talk: 4 min}}\n"
        "groups: {g: {agents: 6, serves: [a, b]}}\nhorizon: {start: 2026-01-05, days: 1, open: 08:00-12:00}\n"
        "routing: {policy: mine.py, parameters: {first: 1}}\n",
        encoding="utf-8",
    )
    mine = "def choose_contact(agent, queues, center, first=0):\n    return queues[0].number\n"
    (center / "mine.py").write_text(mine, encoding="utf-8")
    words = ("compare", "two.yaml", "--no-save", "--replications", "4", "--json")
    done = cxsim(*words, "--policy", "longest_queue", "--policy", "mine.py")
    assert done.exit_code == 0, done.stderr
    routing = {name: one["routing"] for name, one in json.loads(done.stdout)["inputs"]["scenarios"].items()}
    assert routing["longest_queue"]["contact"] == "longest_queue" and "policy" not in routing["longest_queue"]
    assert routing["mine.py"]["parameters"] == {"first": 1} and routing["mine.py"]["policy"].endswith("mine.py")
    for folder in ("p", "q"):  # names that would be alike are told in full
        (center / folder / "one").mkdir(parents=True)
        (center / folder / "one" / "mine.py").write_bytes((center / "mine.py").read_bytes())
    done = cxsim(*words, "--policy", "p/one/mine.py", "--policy", "q/one/mine.py")
    assert done.exit_code == 0, done.stderr
    assert {"p/one/mine.py", "q/one/mine.py"} < set(json.loads(done.stdout)["inputs"]["scenarios"])
    for policy, said in (("longest_queu", "did you mean 'longest_queue'?"), ("other.py", "cannot be read")):
        done = cxsim(*words, "--policy", policy)
        assert done.exit_code == 2 and said in done.stderr, done.stderr
