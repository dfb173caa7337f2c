"""Tables for papers."""

from __future__ import annotations

import pytest

import cxsim
from cxsim.report.common.latex import escaped, interval, number, tabular

CENTER = {
    "cxsim": 1,
    "name": "Papers",
    "horizon": {"start": "2026-01-05", "open": "08:00-09:00"},
    "reasons": {"a & b_c": {"volume": "30/h", "talk": "3 min"}},
    "groups": {"team": {"agents": 2, "serves": ["a & b_c"]}},
}


def test_numbers_have_the_digits_that_count():
    assert number(0.84213, "share") == "$84.21$"
    assert number(3.70947, "s") == "$3.709$"
    assert number(12345.6, "count") == "$12346$"
    assert number(0.00364, "share") == "$0.3640$"
    assert number(-0.5, "s") == "$-0.5000$"
    assert number(0.0, "s") == "$0.0000$"
    assert number(float("nan"), "s") == "--" and interval(float("nan"), 1.0, "s") == "--"


def test_what_latex_reads_itself_is_escaped():
    assert escaped(r"5 % of a_b & \x {y} ~^#$") == (
        r"5 \% of a\_b \& \textbackslash{}x \{y\} \textasciitilde{}\textasciicircum{}\#\$"
    )


def test_a_table_has_a_cell_for_each_head():
    text = tabular(("a", "b"), [("1", "2")], 1, caption="50 %", label="tab:x")
    assert r"\begin{tabular}{lr}" in text and r"a & b \\" in text and r"1 & 2 \\" in text
    assert r"\caption{50 \%}" in text and r"\label{tab:x}" in text


def cells(text):
    return {line.count(" & ") for line in text.splitlines() if line.endswith(r"\\")}


def test_results_comparisons_and_reproductions_make_tables():
    center = cxsim.parse(CENTER)
    result = cxsim.simulate(center, replications=4, confidence=0.9)
    text = result.to_latex("sl", "asa", scope="queue")
    assert r"a \& b\_c" in text and r"90\% interval" in text and cells(text) == {3}
    value = result.estimate("asa", "queue", "a & b_c").value
    assert number(value, "s") in text
    with pytest.raises(ValueError, match="name a metric or more"):
        result.to_latex()
    more = center.vary({"groups.team.agents": 3})
    text = cxsim.compare({"two": center, "three": more}, replications=4).to_latex("asa")
    assert cells(text) == {6} and "three & " in text
    text = cxsim.reproduce("n-design", replications=2).to_latex(caption="N design")
    assert cells(text) == {6} and text.count("exact") == 12
