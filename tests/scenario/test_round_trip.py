"""Random scenarios: what is written reads back the same, and what is spoilt is refused without a crash."""

import copy

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cxsim.scenario import ScenarioError, dump, parse
from cxsim.scenario.io.explain import explain_text
from cxsim.scenario.io.yaml_tree import load

SECONDS = st.integers(1, 4000).map(lambda n: f"{n / 10} s")
SHARES = st.integers(0, 1000).map(lambda n: f"{n / 10}%")
PERCENT = st.integers(1, 300).map(lambda n: f"{n}%")
LAWS = st.one_of(
    SECONDS,
    st.builds(lambda m, c: {"lognormal": {"mean": m, "cv": c}}, SECONDS, PERCENT),
    st.builds(lambda m, c: {"gamma": {"mean": m, "cv": c}}, SECONDS, PERCENT),
    st.builds(lambda m, k: {"erlang": {"mean": m, "phases": k}}, SECONDS, st.integers(1, 9)),
    st.builds(lambda m: {"weibull": {"mean": m, "shape": 1.5}}, SECONDS),
    st.builds(lambda m: {"hyperexponential": {"mean": m, "cv": "150%"}}, SECONDS),
    st.builds(lambda v: {"deterministic": v}, SECONDS),
    st.builds(lambda v: {"values": v}, st.lists(SECONDS, min_size=1, max_size=4)),
    st.just({"survival": {"times": ["10s", "20s"], "shares": ["60%", "20%"], "beyond": "1 min"}}),
    st.builds(
        lambda p, m, t: {"split": {"share": p, "limit": "20s", "short": {"exponential": {"mean": m}}, "rest": t}},
        st.integers(1, 99).map(lambda n: f"{n}%"),
        SECONDS,
        st.integers(10, 4000).map(lambda n: f"{n} s"),
    ),
    st.just({"triangular": {"low": "1 min", "mode": "2 min", "high": "4 min"}}),
)
KEEP = st.sampled_from(["keep", "anew"])
REDIAL = st.fixed_dictionaries(
    {}, optional={"redial": SHARES, "delay": LAWS, "at_most": st.integers(1, 9), "patience": KEEP, "work": KEEP}
)
REPEAT = st.fixed_dictionaries({}, optional={"repeat": SHARES, "delay": LAWS, "work": KEEP})
AFTER = st.fixed_dictionaries(
    {},
    optional={"abandoned": REDIAL, "blocked": REDIAL, "balked": REDIAL, "closed": REDIAL, "unresolved": REPEAT},
)
FACTOR = st.integers(1, 40).map(lambda n: n / 10)
BUSY = {"weekdays": {"mon": 1.2}, "busyness": {"gamma": {"cv": "10%"}}}
VOLUME = st.one_of(
    st.integers(1, 90).map(lambda n: f"{n}/h"),
    st.builds(lambda n, x: {"per_hour": [n] * 10, "factor": x, **BUSY}, st.integers(0, 90), FACTOR),
    st.builds(lambda n, x: {"per_day": n, "profile": [1, x] * 10}, st.integers(1, 900), FACTOR),
    st.builds(lambda n: {"count": n}, st.integers(0, 90)),
    st.just({"arrivals": {"times": ["08:00:00.5", "2026-01-05T09:00:00"]}}),
)
REASON = st.fixed_dictionaries(
    {"volume": VOLUME, "talk": LAWS},
    optional={
        "wrap": LAWS,
        "resolution": SHARES,
        "patience": LAWS,
        "balk": SHARES,
        "after_contact": AFTER,
        "cost": FACTOR,
        "queue": st.just("shared"),
    },
)
TIMES = st.one_of(FACTOR, SECONDS, PERCENT)
SKILL = st.builds(
    lambda skill, times: skill | times,
    st.fixed_dictionaries(
        {},
        optional={
            "rank": st.integers(1, 3),
            "resolution": st.sampled_from(["+9 points", "-0.5 points", "64.2%"]),
        },
    ),
    st.one_of(
        st.fixed_dictionaries({}, optional={"handle_time": TIMES}),
        st.fixed_dictionaries({}, optional={"talk": TIMES, "wrap": TIMES}),
    ),
)
GROUP = st.fixed_dictionaries(
    {"agents": st.one_of(st.integers(0, 9), st.lists(st.integers(0, 9), min_size=20, max_size=20)), "skill": SKILL},
    optional={
        "wage": FACTOR,
        "availability": st.sampled_from(["88%", "100%"]),
        "away": st.integers(10, 4000).map(lambda n: f"{n / 10} s"),  # below a second is refused
        "scheduled": st.booleans(),
        "shrinkage": st.sampled_from(["12%", {"planned": "18%", "unplanned": "9%"}]),
        "spread": st.just({"handle_time": "15%", "resolution": "4 points"}),
    },
)


@st.composite
def mappings(draw):
    """A scenario as plain values, as a user could write it."""
    reasons = {name: draw(REASON) for name in draw(st.sampled_from([["a"], ["a", "b"], ["a", "b", "c"]]))}
    queues = [reason.get("queue", name) for name, reason in reasons.items()]
    groups = {}
    for name in draw(st.sampled_from([["g"], ["g", "h"]])):
        group = draw(GROUP)
        skill = group.pop("skill")
        if "shrinkage" in group:
            group.setdefault("scheduled", False)
        groups[name] = {**group, "skills": dict.fromkeys(queues, skill)}
    out = {"cxsim": 1, "reasons": reasons, "groups": groups, "queues": {}}
    for queue in queues:
        out["queues"][queue] = {"wrap": draw(LAWS), **({"talk": draw(LAWS)} if draw(st.booleans()) else {})}
    if draw(st.booleans()):
        out["after_contact"] = draw(AFTER)
    if draw(st.booleans()):
        out["segments"] = draw(
            st.sampled_from([{"x": {"share": "30%"}, "y": {}}, {"x": {"patience": {"factor": 0.7}}}])
        )
    if draw(st.booleans()):
        out["horizon"] = {"days": draw(st.integers(1, 9)), "before": "2 days"}
    if draw(st.booleans()):
        out["events"] = [{"name": "storm", "from": "09:00", "to": "10:30", "factor": 2, "reasons": ["a"]}]
    return out


SETTINGS = [
    "after_contact.abandoned.redial=33%",
    "after_contact.blocked.at_most=4",
    "reasons.a.after_contact.*.at_most=2",
    "groups.g.agents=3",
    "reasons.*.volume.factor=1",
]


@given(mappings())
@settings(max_examples=25)
def test_what_is_written_reads_back_the_same(mapping):
    scenario = parse(mapping)
    text = dump(scenario)
    again = parse(YAML(typ="safe", pure=True).load(text))
    assert again == scenario
    assert dump(again) == text
    tree, _, faults = load(text.encode(), "again")
    assert not faults
    assert parse(tree) == scenario


@given(mappings(), st.data())
@settings(max_examples=25)
def test_an_override_of_what_is_written_is_an_override_of_the_original(mapping, data):
    text = data.draw(st.sampled_from(SETTINGS))
    assert parse(parse_back(mapping), set_=[text]) == parse(mapping, set_=[text])


def parse_back(mapping):
    return YAML(typ="safe", pure=True).load(dump(parse(mapping)))


JUNK = [
    None,
    True,
    -1,
    1e308,
    float("inf"),
    float("nan"),
    10**30,
    "",
    "4 min",
    "80%",
    "a.b",
    "12:30",
    [],
    {},
    [None],
    {"a": {"b": [1]}},
    "-5%",
    "1e400",
    "never",
    "mon-fri",
    "\x07",
    {"factor": 2},
    "08:00-20:00",
]


def paths(value, path=()):
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(item, (*path, key))


@given(mappings(), st.data())
@settings(max_examples=40)
def test_what_is_spoilt_is_refused_without_a_crash(mapping, data):
    spoilt = copy.deepcopy(mapping)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([p for p in paths(spoilt) if p]))
        node = spoilt
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    try:
        explain_text(parse(spoilt))
    except ScenarioError as error:
        assert error.faults
        assert all(fault.rule for fault in error.faults)
