"""What a calibration found: the scenario as files, every estimate, and what had to be assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxsim.calibrate.estimates import Estimated
from cxsim.report.calibrate.folder import document, save

if TYPE_CHECKING:
    import pandas as pd

    from cxsim.calibrate.durations import Durations
    from cxsim.calibrate.patience import Patience
    from cxsim.calibrate.scenario_file import Parts


@dataclass(frozen=True, eq=False)
class Calibration:
    """A scenario from what was recorded, with every estimate and every assumption.

    Attributes
    ----------
    name : str
        Name of the scenario.
    files : dict
        {file name: text} of the scenario (scenario.yaml) and its tables.
    notes : tuple of str
        What was left out of the data, and what to look at.
    assumptions : tuple of str
        What the scenario needs and the data does not tell.
    closed_loop : DataFrame or None
        Columns figure, unit, observed, simulated, low, high: the recorded days replayed with the scenario; `low` and
        `high` hold 95 % of single replications. None without contacts.
    rows : tuple
        The rows of `estimates`.
    parts : Parts
        The parts of the scenario as numbers: volumes (7, slots), groups, agents (groups, 7, slots), and so on.
    curves : dict
        {reason: patience}, and 'all': the Kaplan–Meier curve with the fitted distributions.
    talk : dict
        {reason: talk times (s)} with the fitted distributions.
    """

    name: str
    files: Mapping[str, str]
    notes: tuple[str, ...]
    assumptions: tuple[str, ...]
    closed_loop: pd.DataFrame | None
    rows: tuple[Estimated, ...] = field(repr=False)
    parts: Parts = field(repr=False)
    curves: Mapping[str, Patience] = field(repr=False)
    talk: Mapping[str, Durations] = field(repr=False)

    @property
    def estimates(self) -> pd.DataFrame:
        """Every estimate.

        Returns
        -------
        DataFrame
            Columns of (reason, group or 'all'), parameter, value, low, high (95 %), unit, method, rows, note.
        """
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(Estimated._fields))

    def save(self, folder: str | Path) -> Path:
        """Write the scenario, its tables, estimates.csv and the report into a folder, whole or not at all.

        Parameters
        ----------
        folder : str or path
            Where to write. An earlier calibration there is replaced; a folder with anything else is refused.

        Returns
        -------
        Path
            The folder; its scenario.yaml is the scenario.

        Raises
        ------
        OSError
            The folder cannot be written, or holds something else.
        """
        return save(self, Path(folder))

    def document(self) -> dict[str, Any]:
        """The calibration as one JSON document.

        Returns
        -------
        dict
            The document of `cxsim calibrate --json`, without its folder; unknown numbers are null.
        """
        return document(self)
