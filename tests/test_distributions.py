"""Every law: exact quantile against the compiled one, moments by integration, every impossible parameter."""

import math
import os
import pickle
import subprocess
import sys

import numba
import numpy as np
import pytest

from cxsim.randomness.distributions import LAW_DTYPE, LAWS, Law, LawError, encode, law
from cxsim.randomness.inverse_cdf import inverse_normal, value

EXAMPLES = {
    "deterministic": [{"value": 90.0}, {"value": 0}],
    "exponential": [{"mean": 180.0}, {"mean": 1e-3}],
    "lognormal": [
        {"mean": 240.0, "cv": 0.8},
        {"mean": 1.0, "cv": 1e-6},
        {"median": 300.0, "mean": 540.0},
        {"median": 86400.0, "sigma": 1.2},
    ],
    "gamma": [
        *({"mean": 420.0, "cv": cv} for cv in (0.001, 0.01, 0.1, 0.5, 0.7, 1.0, 1.5, 3.0, 10.0)),
        {"mean": 1.0, "shape": 2.5},
    ],
    "erlang": [{"mean": 60.0, "phases": phases} for phases in (1, 2, 5, 100, 1_000_000)],
    "weibull": [{"mean": 180.0, "shape": shape} for shape in (0.1, 0.5, 1.0, 1.3, 100.0)],
    "uniform": [{"low": 0.0, "high": 3600.0}, {"low": 5.0, "high": 5.5}],
    "triangular": [
        {"low": 1.0, "mode": 2.0, "high": 7.0},
        {"low": 0.0, "mode": 0.0, "high": 7.0},
        {"low": 1.0, "mode": 7.0, "high": 7.0},
    ],
    "hyperexponential": [
        *({"mean": 100.0, "cv": cv} for cv in (1.001, 1.5, 3.0, 10.0, 100.0)),
        {"probabilities": [0.5, 0.3, 0.2], "means": [1.0, 100.0, 3000.0]},
        {"probabilities": [1.0], "means": [60.0]},
        {"probabilities": [0.5, 0.3, 0.2], "means": [1.0, 1e4, 1e8]},
    ],
    "values": [{"values": [30.0, 10.0, 20.0, 20.0]}, {"values": [7.0]}, {"values": np.arange(1000.0)}],
    "quantiles": [
        {"shares": [0.0, 0.5, 0.9, 1.0], "values": [10.0, 60.0, 60.0, 600.0]},
        {"shares": [0.0, 1.0], "values": [0.0, 0.0]},
    ],
    "survival": [
        {"times": [10.0, 20.0, 40.0], "shares": [0.9, 0.9, 0.2], "beyond": "never"},
        {"times": [0.0, 20.0, 40.0], "shares": [0.95, 0.5, 0.2], "beyond": 90.0},
        {"times": [0.0, 20.0, 40.0], "shares": [1.0, 0.5, 0.0]},
        {"times": [0.0], "shares": [0.5], "beyond": 30.0},
    ],
    "split": [
        {"share": 0.07, "limit": 10.0, "rest": law("lognormal", median=120.0, sigma=0.9)},
        {"share": 0.3, "limit": 12.0, "rest": law("gamma", mean=90.0, cv=1.3), "short": law("exponential", mean=3.0)},
        {"share": 0.9, "limit": 30.0, "rest": law("weibull", mean=200.0, shape=0.7)},
        {
            "share": 0.5,
            "limit": 5.0,
            "rest": law("uniform", low=2.0, high=60.0),
            "short": law("weibull", mean=4.0, shape=2.0),
        },
        {"share": 0.01, "limit": 60.0, "rest": law("exponential", mean=300.0), "short": law("gamma", mean=9.0, cv=0.4)},
        {"share": 0.2, "limit": 8.0, "rest": law("erlang", mean=60.0, phases=3)},
    ],
    "never": [{}],
}
ALL = [law(name, **parameters) for name, list_ in EXAMPLES.items() for parameters in list_]
STEPPED = {"deterministic", "values", "quantiles", "survival"}
BROKEN = {*STEPPED, "split"}  # quantiles with kinks, which an integral over equal steps rounds
each_law = pytest.mark.parametrize("one", ALL, ids=str)


def probes() -> np.ndarray:
    """Numbers in (0, 1): both tails down to 1e-15, the edges of steps, and 2,000 drawn."""
    tails = 10.0 ** -np.arange(1.0, 16.0)
    edges = np.array([2.0**-53, 1.0 - 2.0**-53, 0.05, 0.25, 0.5, 0.75, 0.8])
    return np.concatenate([tails, 1.0 - tails, edges, np.random.default_rng(5).random(2000)])


def compiled_quantile(one: Law, shares: np.ndarray) -> np.ndarray:
    records, knots = encode([one])
    return np.array([value(records, knots, 0, u) for u in shares])


def test_examples_cover_the_registry():
    assert set(EXAMPLES) == set(LAWS)


@each_law
def test_compiled_quantile_agrees_with_the_exact_one(one):
    shares = probes()
    exact, tabled = one.quantile(shares), compiled_quantile(one, shares)
    assert not np.isnan(tabled).any()
    # 1e-280 lets a value underflow: a gamma law of cv 10 has quantiles of 1e-1000
    np.testing.assert_allclose(tabled, exact, rtol=1e-7, atol=1e-280)


@each_law
def test_cdf_undoes_the_quantile(one):
    shares = np.linspace(0.001, 0.999, 500)
    times = one.quantile(shares)
    seen = np.isfinite(times)
    reached = one.cdf(times)
    assert np.all(reached[seen] >= shares[seen] - 1e-9)
    if one.name not in STEPPED | {"never"}:
        np.testing.assert_allclose(reached, shares, rtol=1e-8)
    before = one.cdf(times * (1.0 - 1e-9) - 1e-300)
    assert np.all(before[seen] <= shares[seen] + 1e-5)


@each_law
def test_cdf_rises_from_zero_to_what_ever_comes(one):
    points = np.concatenate([[-1.0, 0.0], np.geomspace(1e-6, 1e12, 400), [math.inf]])
    shares = one.cdf(points)
    assert shares[0] == 0.0
    assert np.all(np.diff(shares) >= -1e-12)
    assert shares.min() >= 0.0 and shares.max() <= 1.0
    comes = one.mean < math.inf
    assert shares[-1] == pytest.approx(1.0 if comes else {"never": 0.0, "survival": 0.8}[one.name])


@each_law
def test_mean_and_cv_are_those_of_the_quantile(one):
    if one.mean == math.inf:
        assert math.isnan(one.cv)
        return
    # integrate over z, u = normal cdf of z: both tails are seen; past z = 8.2 only wild laws have any weight
    z = np.linspace(-8.2, 8.2, 40_001)
    weights = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) * (z[1] - z[0])
    from scipy.special import ndtr

    times = one.quantile(ndtr(z))
    mean = float(weights @ times)
    cv = math.sqrt(float(weights @ (times - one.mean) ** 2)) / one.mean if one.mean else 0.0
    wild = one.name in ("weibull", "hyperexponential") and one.cv > 5.0
    assert mean == pytest.approx(one.mean, rel=1e-4 if one.name in BROKEN else 1e-3 if wild else 1e-8)
    assert cv == pytest.approx(one.cv, rel=0.02 if wild else 1e-3 if one.name in BROKEN else 1e-5, abs=1e-9)


@each_law
def test_a_law_can_be_pickled_hashed_and_made_again_from_its_parameters(one):
    twin = pickle.loads(pickle.dumps(one))
    assert twin == one and hash(twin) == hash(one)
    assert law(one.name, **one.parameters) == one
    assert str(one).startswith(one.name)


@each_law
def test_scaling_multiplies_every_value(one):
    shares = np.linspace(0.01, 0.99, 99)
    twice = one.scaled(2.0)
    np.testing.assert_allclose(twice.quantile(shares), 2.0 * one.quantile(shares), rtol=1e-9)
    assert twice.mean == pytest.approx(2.0 * one.mean)
    assert twice.cv == pytest.approx(one.cv, nan_ok=True)


def test_all_laws_share_one_encoding_and_equal_laws_share_their_knots():
    records, knots = encode([*ALL, *ALL])
    assert records.dtype == LAW_DTYPE and len(records) == 2 * len(ALL)
    assert np.array_equal(records[: len(ALL)], records[len(ALL) :])
    assert len(knots) == len(encode(ALL)[1])
    for i, one in enumerate(ALL):
        got = value(records, knots, len(ALL) + i, 0.37)
        assert got == pytest.approx(float(one.quantile(0.37)), rel=1e-7), str(one)


def test_no_laws_encode_to_arrays_that_are_not_empty():
    records, knots = encode([])
    assert len(records) == 1 and len(knots) == 1
    assert value(records, knots, 0, 0.5) == math.inf


def test_compiled_quantiles_never_fall():
    shares = np.sort(probes())
    for one in ALL:
        times = compiled_quantile(one, shares)
        finite = times[np.isfinite(times)]
        assert np.all(np.diff(finite) >= -1e-12 * np.abs(finite[1:])), str(one)


def test_inverse_normal_is_that_of_scipy():
    from scipy.special import ndtri

    shares = np.concatenate([probes(), [1e-300, 1e-100]])
    got = np.array([inverse_normal(u) for u in shares])
    np.testing.assert_allclose(got, ndtri(shares), rtol=2e-15, atol=1e-17)


def test_known_values():
    assert float(law("exponential", mean=60).quantile(0.5)) == pytest.approx(60 * math.log(2))
    assert float(law("lognormal", median=300, mean=540).quantile(0.5)) == pytest.approx(300)
    assert law("lognormal", median=300, sigma=1).mean == pytest.approx(300 * math.exp(0.5))
    assert law("gamma", mean=10, shape=4).cv == 0.5
    assert law("erlang", mean=10, phases=4).parameters == {"mean": 10.0, "phases": 4.0}
    balanced = law("hyperexponential", mean=100, cv=2).parameters
    shares, means = balanced["probabilities"], balanced["means"]
    assert shares[0] * means[0] == pytest.approx(shares[1] * means[1])
    assert law("values", values=[1, 2, 3, 4]).quantile([0, 0.25, 0.26, 0.5, 1]).tolist() == [1, 1, 2, 2, 4]
    survival = law("survival", times=[10, 20], shares=[0.5, 0.25], beyond="never")
    assert survival.parameters == {"times": (0, 10, 20), "shares": (1, 0.5, 0.25), "beyond": math.inf}
    assert survival.quantile([0.25, 0.5, 0.75, 0.76]).tolist() == [5.0, 10.0, 20.0, math.inf]
    thirds = law("hyperexponential", probabilities=[0.3333] * 3, means=[1, 2, 3])
    assert sum(thirds.parameters["probabilities"]) == pytest.approx(1.0, abs=1e-15)


FAULTS = [
    # law, parameters, parameter at fault, words of the message
    ("exponental", {"mean": 60}, None, "did you mean 'exponential'?"),
    ("zeta", {}, None, "use one of deterministic"),
    ("exponential", {}, None, "has no parameters; give mean"),
    ("exponential", {"mean": -60}, "mean", "-60 must be above 0; did you mean 60?"),
    ("exponential", {"mean": 0}, "mean", "0 must be above 0; write {deterministic: ...} for a constant"),
    ("exponential", {"mean": math.nan}, "mean", "nan is not finite"),
    ("exponential", {"mean": math.inf}, "mean", "inf is not finite"),
    ("exponential", {"mean": 10**400}, "mean", "inf is not finite"),
    ("exponential", {"mean": 1e11}, "mean", "1e+11 must be at most 1e+10 seconds; check its unit"),
    ("exponential", {"mean": "1 min"}, "mean", "'1 min' is not a number; give a duration"),
    ("exponential", {"mean": True}, "mean", "True is not a number"),
    ("exponential", {"mean": [60]}, "mean", "[60] is not a number"),
    ("exponential", {"mean": 60, "cv": 1}, "cv", "exponential has no parameter 'cv'; give mean"),
    ("deterministic", {"value": -1}, "value", "-1 must be at least 0; did you mean 1?"),
    (
        "lognormal",
        {"mean": 60},
        None,
        "lognormal has only mean; give mean and cv or median and mean or median and sigma",
    ),
    ("lognormal", {"mean": 60, "cv": 0.5, "sigma": 1}, None, "has too many parameters"),
    ("lognormal", {"mean": 60, "cv": 0}, "cv", "0 must be above 0; write {deterministic: ...}"),
    ("lognormal", {"mean": 60, "cv": 101}, "cv", "101 must be at most 100; check its unit"),
    ("lognormal", {"median": 60, "mean": 60}, "mean", "60 must be above the median 60"),
    ("lognormal", {"median": 1, "mean": 200}, "mean", "200 is more than 100 times the median"),
    ("lognormal", {"median": 1, "sigma": 0}, "sigma", "must be above 0"),
    ("lognormal", {"median": 1, "sigma": 4}, "sigma", "must be at most"),
    ("gamma", {"mean": 60, "cv": 0}, "cv", "0 must be at least 0.001"),
    ("gamma", {"mean": 60, "cv": 11}, "cv", "must be at most 10"),
    ("gamma", {"mean": 60, "shape": 1e-3}, "shape", "must be at least 0.01"),
    ("erlang", {"mean": 60, "phases": 2.5}, "phases", "2.5 is not a whole number; give 2"),
    ("erlang", {"mean": 60, "phases": 0}, "phases", "must be at least 1"),
    ("weibull", {"mean": 60, "shape": 0}, "shape", "must be at least 0.1"),
    ("weibull", {"mean": 60, "shape": 101}, "shape", "must be at most 100"),
    ("split", {"share": 0.1, "limit": 10}, None, "split has only limit and share; give share and limit and rest"),
    ("split", {"share": 1, "limit": 10, "rest": law("exponential", mean=9)}, "share", "all values would be short"),
    ("split", {"share": 0, "limit": 10, "rest": law("exponential", mean=9)}, "share", "0 must be above 0"),
    ("split", {"share": 0.1, "limit": 10, "rest": 60.0}, "rest", "60.0 is not a distribution; give one of exponential"),
    ("split", {"share": 0.1, "limit": 10, "rest": law("never")}, "rest", "never cannot be a part of a split; use one"),
    (
        "split",
        {"share": 0.1, "limit": 10, "rest": law("uniform", low=1, high=9)},
        "rest",
        "uniform has no values above the limit; give a smaller limit",
    ),
    (
        "split",
        {"share": 0.1, "limit": 10, "rest": law("exponential", mean=60), "short": law("uniform", low=20, high=30)},
        "short",
        "uniform has no values at or below the limit; give a larger limit",
    ),
    ("uniform", {"low": 5, "high": 5}, "high", "5 must be above low 5"),
    ("uniform", {"low": -5, "high": 5}, "low", "did you mean 5?"),
    ("triangular", {"low": 1, "mode": 9, "high": 7}, "mode", "9 is outside low 1 .. high 7"),
    ("triangular", {"low": 7, "mode": 7, "high": 7}, "high", "7 must be above low 7"),
    ("hyperexponential", {"mean": 60, "cv": 1}, "cv", "must be above 1"),
    ("hyperexponential", {"probabilities": [0.5, 0.4], "means": [1, 2]}, "probabilities", "sum to 0.9"),
    ("hyperexponential", {"probabilities": [0.5, 0.5], "means": [1]}, "means", "1 means for 2 probabilities"),
    ("hyperexponential", {"probabilities": [1.5, -0.5], "means": [1, 2]}, "probabilities", "at most 1"),
    ("hyperexponential", {"probabilities": [1.0, 0.0], "means": [1, 2]}, "probabilities", "must be above 0"),
    ("hyperexponential", {"probabilities": [0.5, 0.5], "means": [1, 0]}, "means", "must be above 0"),
    ("values", {"values": []}, "values", "the list is empty; give at least one value"),
    ("values", {"values": [1, math.nan]}, "values", "nan is not finite"),
    ("values", {"values": [1, -2]}, "values", "did you mean 2?"),
    ("values", {"values": "1 2 3"}, "values", "is not a list"),
    ("values", {"values": 5}, "values", "5 is not a list"),
    ("quantiles", {"shares": [0, 1], "values": [1, 2, 3]}, "values", "3 values for 2 shares"),
    ("quantiles", {"shares": [0, 0.6, 0.5, 1], "values": [1, 2, 3, 4]}, "shares", "0.6 is followed by 0.5"),
    ("quantiles", {"shares": [0, 0.5, 0.5, 1], "values": [1, 2, 3, 4]}, "shares", "the list must rise"),
    ("quantiles", {"shares": [0, 0.5, 1], "values": [1, 3, 2]}, "values", "the list must not fall"),
    ("quantiles", {"shares": [0.1, 0.9], "values": [1, 3]}, "shares", "not from 0 % to 100 %"),
    ("quantiles", {"shares": [0, 1.2], "values": [1, 3]}, "shares", "1.2 must be at most 1"),
    ("survival", {"times": [0, 10, 5], "shares": [1, 0.5, 0]}, "times", "10 is followed by 5; sort"),
    ("survival", {"times": [0, 10], "shares": [0.5, 0.6]}, "shares", "the list must not rise"),
    ("survival", {"times": [0, 10], "shares": [1, 0.1]}, "beyond", "0.1 still wait after the last time"),
    ("survival", {"times": [0, 10], "shares": [1, 0.1], "beyond": 0}, "beyond", "must be above 0"),
    ("survival", {"times": [0, 10], "shares": [1, 0.1], "beyond": "soon"}, "beyond", "'soon' is not a number"),
    ("survival", {"times": [0, 10], "beyond": 5}, None, "give times and shares (and beyond)"),
    ("never", {"mean": 5}, "mean", "never has no parameter 'mean'"),
]


@pytest.mark.parametrize(("name", "parameters", "at", "words"), FAULTS)
def test_impossible_parameters_are_refused_in_plain_words(name, parameters, at, words):
    with pytest.raises(LawError) as caught:
        law(name, **parameters)
    assert isinstance(caught.value, ValueError)
    assert caught.value.parameter == at
    text = str(caught.value)
    assert all(part in text for part in words.split("; "))
    assert caught.value.rule in text and caught.value.fix in text
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == text and again.parameter == at


def test_quantile_refuses_what_is_no_share():
    for u in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=r"0\.\.1"):
            law("exponential", mean=60).quantile(u)
    for factor in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(LawError, match="scaled"):
            law("exponential", mean=60).scaled(factor)


def test_registry_tells_a_reader_and_a_page_of_reference_all_they_need():
    for name, entry in LAWS.items():
        assert entry.sentence.endswith("."), name
        named = {key for form in entry.forms for key in form} | set(entry.optional)
        assert named == set(entry.parameters), name
        assert entry.short is None or entry.forms == ((entry.short,),), name
        for parameter in entry.parameters.values():
            assert parameter.kind in ("duration", "share", "factor", "count", "law")
            assert parameter.sentence.endswith(".") and parameter.low < parameter.high


def test_importing_the_laws_loads_neither_scipy_nor_numba():
    script = "import sys, cxsim.randomness.distributions as d; d.law('gamma', mean=1, cv=1)\n"
    script += "print({'scipy', 'numba'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_compiled_quantile_counts_no_references_and_fuses_no_product_with_a_sum():
    fresh = numba.njit(_nrt=False, nogil=True, error_model="numpy", fastmath=False)(value.py_func)
    records, knots = encode(ALL)
    assert fresh(records, knots, 1, 0.5) == value(records, knots, 1, 0.5)
    ((signature, code),) = fresh.inspect_llvm().items()
    assert "NRT_incref" not in code and "NRT_decref" not in code
    machine = fresh.inspect_asm(signature)
    assert "vfmadd" not in machine and "vfnmadd" not in machine and "\tfmadd" not in machine


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_same_source_runs_as_plain_python():
    script = (
        "import numpy as np, cxsim.randomness.inverse_cdf as q, cxsim.randomness.distributions as d\n"
        "laws = [d.law('lognormal', mean=240, cv=0.8), d.law('gamma', mean=240, cv=0.8),"
        " d.law('hyperexponential', mean=9, cv=3), d.law('weibull', mean=9, shape=1.3),"
        " d.law('survival', times=[10, 20], shares=[0.5, 0.2], beyond=40), d.law('values', values=[3, 1])]\n"
        "records, knots = d.encode(laws)\n"
        "for i in range(len(laws)):\n"
        "    print(*[float(q.value(records, knots, i, u)).hex() for u in (0.001, 0.3, 0.6, 0.95, 0.9999)])\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NUMBA_DISABLE_JIT": switch},
        ).stdout.split()
        for switch in ("0", "1")
    ]
    assert len(runs[0]) == 30
    np.testing.assert_allclose(*[[float.fromhex(x) for x in run] for run in runs], rtol=1e-14)
