"""A policy's results can be made again: what it reads is kept, and nothing is kept from run to run."""

import textwrap

import pytest
from agreement.running import differences, in_order, written
from test_own_policy import GOOD, tree

import cxsim
from cxsim.model.custom_policy import PolicyError
from cxsim.model.prepare import prepare
from cxsim.scenario import ScenarioError, parse
from cxsim.studies.sweep.folder import made
from cxsim.studies.sweep.sweep import checked_keys, job_of

WEIGHTS = """
    import json
    from pathlib import Path

    LIMIT = json.loads((Path(__file__).parent / "data" / "weights.json").read_text())["limit"]

    def choose_agent(contact, groups, center):
        for group in groups:
            if group.idle > LIMIT:
                return group.number
"""
CLOSURE = """
    def make():
        n = 0
        def choose_agent(contact, groups, center):
            nonlocal n
            n += 1
            return groups[n % len(groups)].number
        return choose_agent
    choose_agent = make()
"""
LIST = """
    L = [0]
    def choose_agent(contact, groups, center):
        L[0] += 1
        return groups[L[0] % len(groups)].number
"""
OBJECT = """
    class Kept:
        n = 0
    kept = Kept()
    def bump():
        kept.n += 1
        return kept.n
    def choose_agent(contact, groups, center):
        return groups[bump() % len(groups)].number
"""
HELPER = """
    N = 0
    def bump():
        global N
        N += 1
        return N
    def choose_agent(contact, groups, center):
        return groups[bump() % len(groups)].number
"""
DEFAULT = """
    def bump(kept=[0]):
        kept[0] += 1
        return kept[0]
    def choose_agent(contact, groups, center):
        return groups[bump() % len(groups)].number
"""
ARRAY = """
    import numpy as np
    A = np.zeros(1, np.int64)
    def choose_agent(contact, groups, center):
        A[0] += 1
        return groups[A[0] % len(groups)].number
"""
SEEDED = """
    import numpy as np
    RNG = np.random.default_rng(1)
    def choose_agent(contact, groups, center):
        return groups[int(RNG.integers(len(groups)))].number
"""
STATES = {
    "closure": CLOSURE,
    "list": LIST,
    "object": OBJECT,
    "helper": HELPER,
    "default": DEFAULT,
    "array": ARRAY,
    "seeded": SEEDED,
}


@pytest.fixture
def center(tmp_path):
    def made(text):
        (tmp_path / "mine.py").write_text(textwrap.dedent(text), encoding="utf-8")
        return parse(tree(policy="mine.py"), folder=tmp_path)

    return made


def weights(tmp_path, limit):
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "weights.json").write_text(f'{{"limit": {limit}}}', encoding="utf-8")


@pytest.mark.parametrize("text", STATES.values(), ids=STATES)
def test_two_runs_of_one_seed_agree_whatever_a_policy_keeps(center, text):
    scenario = center(text)
    first, second = (
        cxsim.simulate(scenario, replications=3, engine="story", threads=threads).figures for threads in (1, 2)
    )
    assert first.equals(second)
    model = prepare(scenario)
    assert not differences(in_order(written(model, "story")), in_order(written(model, "story")))


@pytest.mark.parametrize("text", STATES.values(), ids=STATES)
def test_clock_refuses_what_a_policy_may_keep(center, text):
    with pytest.raises(PolicyError) as error:
        cxsim.simulate(center(text), replications=1, engine="clock")
    assert "mine.py:" in str(error.value)
    if text is not ARRAY:
        assert "calls could change" in str(error.value)


@pytest.mark.parametrize("value", ["(1, 2, 3)", "5", "np.array([1, 2, 3])"])
def test_numbers_that_stay_are_used_by_both_engines_alike(center, value):
    use = "N" if value == "5" else "N[0]"
    scenario = center(f"""
        import numpy as np
        N = {value}
        def choose_agent(contact, groups, center):
            return groups[{use} % len(groups)].number
    """)
    model = prepare(scenario)
    assert not differences(in_order(written(model, "clock")), in_order(written(model, "story")))


def test_a_result_keeps_the_files_that_its_policy_reads(center, tmp_path):
    weights(tmp_path, 1)
    scenario = center(WEIGHTS)
    assert set(scenario.files) == {"mine.py", "data/weights.json"}
    found = cxsim.simulate(scenario, replications=2)
    folder = found.save(tmp_path / "run", pictures=False, report=False)
    assert (folder / "inputs" / "data" / "weights.json").read_text() == '{"limit": 1}'
    weights(tmp_path, 0)
    again = cxsim.simulate(cxsim.read(folder / "scenario.yaml"), replications=2)
    assert again.figures.equals(found.figures)
    other = cxsim.simulate(center(WEIGHTS), replications=2)
    assert not other.figures.equals(found.figures)


def test_changed_weights_are_another_policy(center, tmp_path):
    weights(tmp_path, 1)
    before = center(WEIGHTS)
    weights(tmp_path, 0)
    after = center(WEIGHTS)
    assert before.files["mine.py"] == after.files["mine.py"]
    assert before.files["data/weights.json"] != after.files["data/weights.json"]
    assert differences(*(in_order(written(prepare(one), "clock")) for one in (before, after)))


def test_weights_that_change_while_a_policy_that_keeps_state_runs_are_told(center, tmp_path):
    weights(tmp_path, 1)
    text = textwrap.dedent(WEIGHTS) + "\nseen = []\ndef look():\n    seen.append(1)\n"
    scenario = center(text.replace("    for group", "    look()\n    for group", 1))
    weights(tmp_path, 0)
    with pytest.raises(PolicyError, match=r"weights.json, which has changed since the scenario was loaded"):
        cxsim.simulate(scenario, replications=1, engine="story")


def test_a_sweep_simulates_again_where_only_the_weights_changed(center, tmp_path):
    design = {"factors": {"volume": {"path": "reasons.quick.volume.factor", "values": [1.0, 1.2]}}}
    keys = []
    for limit in (1, 0, 1):
        weights(tmp_path, limit)
        plan = made(design, center(WEIGHTS))
        keys.append(checked_keys(plan, job_of(plan)))
    assert not set(keys[0]) & set(keys[1])
    assert keys[0] == keys[2]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("open('weights.json').read()", "from the current folder.*with_name"),
        ("open('/etc/hostname').read()", "outside its folder"),
        ("open(__file__ + '.log', 'w')", "writes mine.py.log"),
        ("import subprocess; subprocess.run(['true'])", "uses something outside its folder"),
        ("import random; N = random.random()", "different functions each time it is loaded"),
        ("import numpy as np; N = np.random.default_rng()", "different functions each time it is loaded"),
    ],
)
def test_what_results_could_not_keep_is_refused(center, tmp_path, monkeypatch, line, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.json").write_text("1", encoding="utf-8")
    with pytest.raises(ScenarioError, match=rf"line 1: .*{told}|{told}"):
        center(
            f"{line}\n"
            + textwrap.dedent(GOOD)
            .replace("idle > kept", "idle > kept + 0 * (N is None)")
            .replace("kept=0):", "kept=0):\n    N")
            if "N =" in line
            else f"{line}\n" + textwrap.dedent(GOOD)
        )
    assert not (tmp_path / "mine.py.log").exists()


def test_a_file_opened_at_every_decision_is_refused(center):
    with pytest.raises(ScenarioError, match="opens a file at every decision; read it once, at the top"):
        center("def choose_agent(contact, groups, center):\n    return int(open('x').read())\n")


def test_clocks_and_chance_are_found_in_helpers_too(center):
    helper = "import time\ndef now():\n    return time.time()\n"
    with pytest.raises(ScenarioError, match="uses time"):
        center(helper + "def choose_agent(contact, groups, center):\n    return int(now()) % 2\n")
