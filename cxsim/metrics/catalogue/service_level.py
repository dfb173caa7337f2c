"""Service levels: one row for each definition, and `sl` for the one that a scenario chose."""

from __future__ import annotations

from cxsim.metrics.figure import HIGHER, Figure, ratio, sl
from cxsim.schema.service_levels import DEFAULT_SL, ENTERED, SL_DEFINITIONS

# fmt: off
ROWS: tuple[Figure, ...] = (
    sl("sl", "SL", DEFAULT_SL),
    *(sl(f"sl_{name}", f"SL ({name.replace('_', ' ')})", name) for name in SL_DEFINITIONS),
    ratio("answered_within_20s", "answered within 20 s", "share", better=HIGHER,
          formula=f"answered within 20 s (wait as in sl.basis) ÷ {ENTERED}",
          above="answered_20s", below="entered"),
    ratio("answered_within_60s", "answered within 60 s", "share", better=HIGHER,
          formula=f"answered within 60 s (wait as in sl.basis) ÷ {ENTERED}",
          above="answered_60s", below="entered"),
)
