"""The charts of a Result, as methods of `result.plot`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.report.run.drawing import (
    abandonment,
    erlang,
    heat,
    occupancy,
    offered,
    service_level,
    staffing,
    wait,
    wait_distribution,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cxsim.simulation.result import Result

NAMES = [
    "service_level",
    "wait",
    "abandonment",
    "offered",
    "staffing",
    "occupancy",
    "wait_distribution",
    "erlang",
    "heat",
]


class Plots:
    """The charts of one result, as methods of `result.plot`.

    Parameters
    ----------
    result : Result
        What to show.

    Examples
    --------
    >>> result.plot.wait(queue="sales")
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    def __dir__(self) -> list[str]:
        return [*NAMES]

    def service_level(self, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
        """Service level over time with its 95 % band and the target.

        Parameters
        ----------
        queue : str, default ''
            One queue; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.
        by : str, optional
            'interval' or 'day'; chosen by the length of the horizon if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such queue.
        """
        return service_level(self._result, queue, ax, by)

    def wait(self, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
        """Mean wait of answered contacts (ASA) over time with its 95 % band.

        Parameters
        ----------
        queue : str, default ''
            One queue; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.
        by : str, optional
            'interval' or 'day'; chosen by the length of the horizon if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such queue.
        """
        return wait(self._result, queue, ax, by)

    def abandonment(self, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
        """Abandoned share over time with its 95 % band and the target.

        Parameters
        ----------
        queue : str, default ''
            One queue; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.
        by : str, optional
            'interval' or 'day'; chosen by the length of the horizon if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such queue.
        """
        return abandonment(self._result, queue, ax, by)

    def offered(self, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
        """Contacts offered over time, stacked by cause: fresh, redial, repeat.

        Parameters
        ----------
        queue : str, default ''
            One queue; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.
        by : str, optional
            'interval' or 'day'; chosen by the length of the horizon if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such queue.
        """
        return offered(self._result, queue, ax, by)

    def staffing(self, group: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
        """Agents present over time, beside scheduled and required agents.

        Parameters
        ----------
        group : str, default ''
            One group; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.
        by : str, optional
            'interval' or 'day'; chosen by the length of the horizon if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such group.
        """
        return staffing(self._result, group, ax, by)

    def occupancy(self, group: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
        """Occupancy over time with its 95 % band.

        Parameters
        ----------
        group : str, default ''
            One group; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.
        by : str, optional
            'interval' or 'day'; chosen by the length of the horizon if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such group.
        """
        return occupancy(self._result, group, ax, by)

    def wait_distribution(self, queue: str = "", ax: Axes | None = None) -> Axes:
        """What has happened to contacts after each length of wait: answered, still waiting, abandoned.

        Parameters
        ----------
        queue : str, default ''
            One queue; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.
        """
        return wait_distribution(self._result, queue, ax)

    def erlang(self, queue: str = "", ax: Axes | None = None, by: str | None = None) -> Axes:
        """Simulated service level beside that of Erlang A and Erlang C.

        Parameters
        ----------
        queue : str, default ''
            One queue; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.
        by : str, optional
            'interval' or 'day'; chosen by the length of the horizon if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such queue.
        """
        return erlang(self._result, queue, ax, by)

    def heat(self, figure: str = "sl", queue: str = "", ax: Axes | None = None) -> Axes:
        """A share by day and time of day, as colours.

        Parameters
        ----------
        figure : str, default 'sl'
            Which share: service level, abandonment or occupancy.
        queue : str, default ''
            One queue; all of them together if empty.
        ax : Axes, optional
            Where to draw; new axes if not given.

        Returns
        -------
        Axes
            The axes, to change or to save.

        Raises
        ------
        ValueError
            There is no such queue.
        """
        return heat(self._result, figure, queue, ax)
