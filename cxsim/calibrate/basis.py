"""What every part of a calibration starts from: the contacts, the days that count, and what is said on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxsim.calibrate import arrivals
from cxsim.calibrate.arrivals import Days
from cxsim.calibrate.estimates import Told
from cxsim.calibrate.looks import against_report, looks
from cxsim.calibrate.records import Contacts, Records
from cxsim.calibrate.redials import Floats


@dataclass(frozen=True, eq=False)
class Basis:
    """Recorded contacts on one axis of local time (s), cut into intervals of `width` (s)."""

    records: Records
    contacts: Contacts
    days: Days
    weekday: npt.NDArray[np.int64]  # of each contact
    width: float
    longest: float  # s: a longer talk is a mistake of the record
    told: Told

    def counts(self, keep: npt.NDArray[np.bool_]) -> Floats:
        """How many of the contacts came in each interval of each day (days, slots)."""
        return np.asarray(arrivals.counts(self.contacts.at[keep], self.records.days, self.width), dtype=np.float64)

    def slots(self, at: Floats) -> npt.NDArray[np.int64]:
        """The interval of the day of each time."""
        return np.asarray(at % 86400.0 // self.width, dtype=np.int64)


def basis(records: Records, contacts: Contacts, width: float, longest: float) -> Basis:
    """Look at the contacts: the days and hours that are used, and what is odd."""
    told = Told(notes=list(records.notes))
    table = arrivals.counts(contacts.at, records.days, width)
    days = arrivals.days_of(table, records.first, width)
    outside = int(table.sum() - sum((table[k] * days.mask()[on.weekday()]).sum() for k, on in enumerate(days.dates)))
    if outside:
        told.notes.append(f"{outside:,} contacts came outside the usual hours; they are in no volume")
    for on, why in days.left_out:
        told.notes.append(f"{on:%a} {on}: {why}; the day is not used for volumes")
    told.notes.extend(looks(contacts, longest) + against_report(records))
    weekday = np.array([days.dates[int(d)].weekday() for d in contacts.at // 86400.0])
    return Basis(records, contacts, days, weekday, width, longest, told)
