"""Pictures: what is drawn is what the tables say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from example_result import SHAPE, example_result

from cxsim.report.common import style
from cxsim.report.common.svg import svg as svg_of
from cxsim.report.run import plots, waits
from cxsim.report.studies import comparison

DAY = example_result()
WEEK = example_result(days=5)
MONTH = example_result(days=31, start="2026-01-05", replications=5)


def line(ax, label):
    """The points of the one line with this label; for a band, its label begins so."""
    (found,) = [one for one in ax.lines if str(one.get_label()).startswith(label)]
    return np.asarray(found.get_xdata(), dtype=float), np.asarray(found.get_ydata(), dtype=float)


def area(ax, label):
    """The corners of the one area with this label."""
    (found,) = [one for one in ax.collections if one.get_label() == label]
    return found.get_paths()[0].vertices


def hours(series):
    """The middle of each interval in hours after 08:00, as the axis counts them."""
    start = pd.to_datetime(series["interval"])
    return (start.dt.hour + start.dt.minute / 60 - 8 + 0.25).to_numpy()


@pytest.mark.parametrize("name", plots.NAMES)
@pytest.mark.parametrize("result", [DAY, WEEK, example_result(("a",), ("t",), replications=1, targets=False)])
def test_a_picture_on_given_axes_has_all_that_one_on_axes_of_its_own_has(result, name) -> None:
    own, given = getattr(result.plot, name)(), style.new_axes()
    assert getattr(result.plot, name)(ax=given) is given and own is not given
    parts = [[len(ax.lines), len(ax.collections), len(ax.patches), len(ax.images)] for ax in (own, given)]
    assert parts[0] == parts[1] and sum(parts[0]) > 0
    assert own.dataLim.bounds == given.dataLim.bounds


@pytest.mark.parametrize(
    ("name", "figure", "scope", "label"),
    [
        ("service_level", "sl", "queue", "SL"),
        ("wait", "asa", "queue", "mean wait"),
        ("abandonment", "abandoned_share", "queue", "abandoned"),
        ("occupancy", "occupancy", "group", "occupancy"),
        ("erlang", "sl", "queue", "simulated"),
    ],
)
def test_lines_go_through_the_figures_and_bands_through_their_intervals(name, figure, scope, label) -> None:
    drawn = set()
    for of in DAY.names(scope):
        ax = getattr(DAY.plot, name)(of)
        series = DAY.series(figure, scope, of)
        x, y = line(ax, label)
        np.testing.assert_allclose(x, hours(series))
        np.testing.assert_allclose(y, series["value"])
        band = ax.collections[0].get_paths()[0].vertices[:, 1]
        assert {round(v, 9) for v in band} == {round(v, 9) for v in (*series["low"], *series["high"])}
        assert ax.get_title(loc="left") == of
        drawn.add(tuple(y))
    assert len(drawn) == len(DAY.names(scope))  # each of its own


def test_erlang_stands_beside_what_was_simulated() -> None:
    ax = DAY.plot.erlang("billing")
    for label, column in (("Erlang A", "sl_erlang_a"), ("Erlang C", "sl_erlang_c")):
        rows = DAY.erlang[DAY.erlang["queue"] == "billing"]
        np.testing.assert_allclose(line(ax, label)[1], rows[column])


def test_agents_present_required_and_scheduled_are_drawn_as_steps() -> None:
    ax = DAY.plot.staffing()
    present = DAY.series("agents_present")["value"]
    assert area(ax, "present")[:, 1].max() == pytest.approx(present.max())
    for label, figure in (("required", "agents_required"), ("scheduled", "agents_scheduled")):
        x, y = line(ax, label)
        np.testing.assert_allclose(y[::2], DAY.series(figure)["value"])
        np.testing.assert_allclose(y[1::2], y[::2])
        np.testing.assert_allclose(x[1::2] - x[::2], 0.5)


def test_the_waits_drawn_are_those_of_the_histogram() -> None:
    ax = DAY.plot.wait_distribution("cards")
    frame = waits.waits(DAY, "cards")
    answered = area(ax, "answered")[:, 1]
    assert answered.max() == pytest.approx(frame["answered"].iloc[-1])
    assert set(np.round(frame["answered"], 9)) <= set(np.round(answered, 9))
    gone = 1 - area(ax, "abandoned")[:, 1]
    assert gone.max() == pytest.approx(frame["abandoned"].iloc[-1])


def test_the_colours_of_the_heat_map_are_the_figures() -> None:
    image = np.asarray(WEEK.plot.heat(queue="sales").images[0].get_array(), dtype=float)
    np.testing.assert_allclose(image.ravel(), WEEK.series("sl", "queue", "sales")["value"])


def test_the_line_of_sl_goes_through_the_figures() -> None:
    ax = DAY.plot.service_level("cards")
    line = next(line for line in ax.lines if line.get_label().startswith("SL"))
    series = DAY.series("sl", "queue", "cards")
    np.testing.assert_allclose(line.get_ydata(), series["value"])
    assert list(line.get_xdata()[:2]) == [0.25, 0.75]
    assert [tick.get_text() for tick in ax.get_xticklabels()][:2] == ["08:00", "09:00"]


def test_missed_intervals_are_marked_and_only_they() -> None:
    ax = DAY.plot.service_level("cards")
    marks = next(line for line in ax.lines if line.get_label() == "misses the target")
    values = DAY.series("sl", "queue", "cards")["value"]
    assert len(marks.get_ydata()) == (values < 0.8).sum()
    assert max(marks.get_ydata()) < 0.8


def test_offered_is_stacked_to_its_total() -> None:
    ax = DAY.plot.offered("cards")
    top = max(bar.get_y() + bar.get_height() for bar in ax.patches)
    assert top == pytest.approx(DAY.series("offered", "queue", "cards")["value"].max())


def test_days_stand_beside_each_other_without_their_nights() -> None:
    axis = style.time_axis(WEEK)
    assert axis.by == "interval" and len(axis.days) == 5
    x, shown = axis.points(WEEK.series("sl"))
    assert np.isnan(x).sum() == 4 and len(x) == 5 * len(SHAPE) + 4
    assert np.nanmax(np.diff(x[~np.isnan(x)])) < 2
    assert len(shown) == len(x)


def test_a_month_is_drawn_by_day_and_every_interval_lies_in_the_heat_map() -> None:
    axis = style.time_axis(MONTH)
    assert axis.by == "day" and len(axis.days) == 31
    image = MONTH.plot.heat().images[0]
    assert image.get_array().shape == (31, len(SHAPE))
    assert not np.isnan(np.asarray(image.get_array(), dtype=float)).any()


def test_waits_add_up_and_can_be_read_off() -> None:
    frame = waits.waits(DAY, "cards")
    assert frame["answered"].is_monotonic_increasing
    last = frame.iloc[-1]
    assert last["answered"] + last["abandoned"] == pytest.approx(1)
    limits = waits.after(DAY, "cards", (0, 20, 60))
    assert limits[0][1] == pytest.approx(frame["answered"].iloc[0]) and limits[0][1] < limits[1][1] < limits[2][1]


def test_an_empty_bin_is_no_slope() -> None:
    histogram = pd.DataFrame({"queue": "cards", "upper_edge": [0.0, 100.0], "answered": [1.0, 1.0], "abandoned": 0.0})
    result = example_result(queues=("cards",))
    object.__setattr__(result, "wait_histogram", histogram)
    assert waits.after(result, "cards", (50.0,)) == [(50.0, 0.5, 0.0)]


def test_pictures_are_the_same_bytes_every_time() -> None:
    def one() -> str:
        figure = style.panels(["cards", "sales"], lambda name, ax: plots.wait(DAY, name, ax) and None, False)
        return svg_of(figure, "wait", "Waits & <more>")

    assert one() == one()
    assert 'aria-label="Waits &amp; &lt;more&gt;"' in one() and "<metadata>" not in one()


def differences() -> pd.DataFrame:
    rows = [
        ("sl", "total", "", "total", 0.8, 0.85, 0.05, 0.03, 0.07, "share"),
        ("asa", "total", "", "total", 30.0, 29.0, -1.0, -3.0, 1.0, "s"),
        ("cost", "total", "", "total", 100.0, 120.0, 20.0, 19.0, 21.0, "money"),
        ("offered", "total", "", "total", 100.0, 120.0, 20.0, 19.0, 21.0, "contacts"),
        ("sl", "queue", "cards", "total", 0.8, 0.85, 0.05, 0.03, 0.07, "share"),
        ("sl", "queue", "sales", "total", 0.8, 0.7, -0.1, -0.12, -0.08, "share"),
        ("sl", "total", "", "2026-03-02T08:00", 0.8, 0.85, 0.05, 0.03, 0.07, "share"),
    ]
    return pd.DataFrame(rows, columns=list(comparison.COLUMNS))


def test_a_difference_is_better_or_worse_only_where_its_interval_leaves_zero() -> None:
    frame = comparison.shown(differences()).set_index(["figure", "name"])["verdict"]
    assert frame["sl", ""] == comparison.BETTER and frame["sl", "sales"] == comparison.WORSE
    assert frame["asa", ""] == comparison.ALIKE and frame["cost", ""] == comparison.WORSE
    assert frame["offered", ""] == comparison.CHANGED
    frame = differences()
    assert comparison.sentence(frame, ("base", "storm"), "EUR").endswith(
        " However, SL is worse in sales \u221210.0 points."
    )
    sales = (frame["figure"] == "sl") & (frame["name"] == "sales") & (frame["interval"] == "total")
    frame.loc[sales, "high"] = 0.1
    assert "Yet SL" not in comparison.sentence(frame, ("base", "storm"), "EUR")
    assert comparison.sentence(differences(), ("base", "storm"), "EUR").startswith(
        "Against base, storm is better in SL"
    )


def test_differences_are_drawn_a_panel_a_figure() -> None:
    figure = comparison.plot(differences(), ("base", "storm"), currency="EUR")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["SL", "ASA", "Offered", "Cost"]
    text = comparison.page([("base", "<storm>", differences())], "Plans", "EUR")
    assert "&lt;storm&gt;" in text and "<storm>" not in text


def test_differences_without_a_column_are_refused() -> None:
    with pytest.raises(ValueError, match="no column 'low'"):
        comparison.shown(differences().drop(columns="low"))
