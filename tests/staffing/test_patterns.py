"""Patterns of shifts: lengths, starts and breaks that fit, what is paid and what is worked."""

import itertools
from datetime import date

import numpy as np
import pytest
from staffing.staff import staff, tree

from cxsim import parse
from cxsim.optimizer.shifts.patterns import opening, patterns, presence, starts
from cxsim.scenario.model.optimizing import Contract
from cxsim.scenario.model.scenario import Horizon

B = {
    "lengths": ["4 h", "6 h", "8 h"],
    "starts_every": "30 min",
    "break": [
        {"length": "30 min", "after": "3h30m", "before": "4h30m", "for": "8 h"},
        {"length": "30 min", "after": "2h30m", "before": "3 h", "for": "6 h"},
    ],
    "paid_extra": "15 min",
}
H = 3600.0


def shifts(**block):
    return parse(tree({"shifts": block})).optimize.shifts


def test_the_shifts_of_benchmark_b():
    """166 patterns whose paid hours, worked hours and a quarter each, add up to 1055: its checksums."""
    _, _, found = staff(tree({"shifts": B}, horizon={"open": "00:00-20:00"}, team={"wage": 1}))
    all_ = [column.pattern for column in found.payload.columns]
    assert len(all_) == 166
    assert sum(one.paid for one in all_) / H == 1055.0
    assert sum(one.worked for one in all_) / H == 1055.0 - 0.25 * 166
    np.testing.assert_allclose(found.cost.sum(), 1055.0)
    assert all(one.paid == one.worked + 900.0 for one in all_)


def brute_force(lengths, every, breaks, first, last):
    """Every shift of a day, by trying each minute."""
    found = set()
    for length in lengths:
        windows = [(w, a, b) for w, a, b, only in breaks if not only or length in only]
        for start in range(first, last - length + 1):
            if (start - first) % every:
                continue
            grids = [[a + k for k in range(0, b - a + 1, every) if a + k + w <= length] for w, a, b in windows]
            for chosen in itertools.product(*grids):
                spans = sorted((c, c + w) for c, (w, _, _) in zip(chosen, windows, strict=True))
                if all(x[1] <= y[0] for x, y in itertools.pairwise(spans)):
                    found.add((start, start + length, tuple((start + a, start + b) for a, b in spans)))
    return found


def test_every_shift_that_fits_and_no_other():
    """Against a search of every minute: overlapping windows, several breaks, lengths that barely fit."""
    block = {
        "lengths": ["4 h", "6 h", "9 h"],
        "starts_every": "30 min",
        "break": [
            {"length": "1 h", "after": "2 h", "before": "4 h", "for": ["6 h", "9 h"]},
            {"length": "30 min", "after": "2h30m", "before": "3h30m"},
            {"length": "15 min", "after": "6 h", "before": "8h30m", "for": "9 h"},
        ],
    }
    found = patterns(shifts(**block), [(8 * H, 18 * H)], {"": Contract()})
    ours = {(one.start / 60, one.end / 60, tuple((a / 60, b / 60) for a, b in one.breaks)) for one in found}
    breaks = [(60, 120, 240, (360, 540)), (30, 150, 210, ()), (15, 360, 510, (540,))]
    assert len(ours) == len(found)
    assert ours == brute_force((240, 360, 540), 30, breaks, 480, 1080)


def test_paid_breaks_overtime_and_contracts():
    block = shifts(
        lengths=["8 h"],
        starts_every="1 h",
        paid_extra="10 min",
        **{"break": [{"length": "30 min", "after": "4 h"}, {"length": "15 min", "after": "2 h", "paid": True}]},
        overtime={"up_to": "2 h", "pay": "150%"},
        contracts={"half": {"wage": "90%"}},
    )
    found = patterns(block, [(8 * H, 18 * H)], block.contracts)
    assert [(one.start / H, one.end / H) for one in found] == [(8, 16), (9, 17), (10, 18), (8, 17), (9, 18), (8, 18)]
    assert [one.overtime / H for one in found] == [0, 0, 0, 1, 1, 2]
    assert found[0].worked == 7.5 * H
    assert found[-1].worked == 9.5 * H
    assert found[0].paid == pytest.approx(0.9 * (7.5 * H + 600))
    assert found[-1].paid == pytest.approx(0.9 * (7.5 * H + 600 + 1.5 * 2 * H))
    assert found[0].title == "08:00-16:00 (10:00-10:15, 12:00-12:30) half"
    assert found[0].duty() == [(8 * H, 10 * H), (10.25 * H, 12 * H), (12.5 * H, 16 * H)]


def test_overtime_is_of_the_longest_shift_unless_others_are_named():
    both = {"lengths": ["4 h", "8 h"], "starts_every": "1 h"}
    one = patterns(shifts(**both, overtime={"up_to": "1 h"}), [(8 * H, 18 * H)], {"": Contract()})
    assert {(p.end - p.start) / H for p in one if p.overtime} == {9}
    two = patterns(shifts(**both, overtime={"up_to": "1 h", "for": "4 h"}), [(8 * H, 18 * H)], {"": Contract()})
    assert {(p.end - p.start) / H for p in two if p.overtime} == {5}


def test_starts_count_from_the_opening_and_shifts_end_by_the_closing():
    assert starts([(8.25 * H, 13 * H)], 4 * H, 1800.0) == [8.25 * H, 8.75 * H]
    assert starts([(8 * H, 11 * H), (12 * H, 17 * H)], 4 * H, H) == [12 * H, 13 * H]
    assert starts([(8 * H, 11 * H)], 4 * H, H) == []


def test_openings_that_touch_midnight_go_on():
    monday = date(2026, 3, 2)
    always = Horizon(open="00:00-24:00").hours_on
    assert opening(always, monday) == [(0.0, 8 * 86400.0)]
    assert max(starts(opening(always, monday), 8 * H, H)) == 23 * H
    late = Horizon(
        open={"fri": "20:00-24:00", "sat": "00:00-06:00, 10:00-12:00"}, exceptions={"2026-03-14": "closed"}
    ).hours_on
    assert opening(late, date(2026, 3, 6)) == [(20 * H, 30 * H)]
    assert opening(late, date(2026, 3, 7)) == [(0.0, 6 * H), (10 * H, 12 * H)]
    assert opening(late, date(2026, 3, 8)) == []
    assert opening(late, date(2026, 3, 13)) == [(20 * H, 24 * H)]  # closed on the Saturday after


def test_presence_is_exact_in_intervals_that_are_worked_in_part():
    seconds = presence([(900.0, 4500.0), (5400.0, 5700.0)], 1800.0, 4)
    assert seconds.tolist() == [900.0, 1800.0, 900.0, 300.0]
