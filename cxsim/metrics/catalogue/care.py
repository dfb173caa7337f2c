"""How customers were treated: courtesy, holds, waits against expectations, compensation."""

from __future__ import annotations

from cxsim.metrics.figure import HIGHER, LOWER, Figure, count, ratio

# fmt: off
ROWS: tuple[Figure, ...] = (
    ratio("discourteous_share", "discourteous talks", "share", better=LOWER,
          formula="talks in which the customer was treated discourteously ÷ answered contacts",
          above="discourteous", below="answered"),
    ratio("held_share", "talks with a hold", "share", better=LOWER,
          formula="talks in which the customer was put on hold ÷ answered contacts", above="held", below="answered"),
    ratio("expectations_kept", "waits as expected", "share", better=HIGHER,
          formula="answers within the announced or expected wait ÷ those and waits that were longer",
          above="promises_kept", below="promises_kept + promises_broken"),
    count("compensations", "compensations", formula="talks in which an agent gave compensation",
          above="compensated + misused"),
    ratio("misused_share", "compensations misused", "share", better=LOWER,
          formula="compensations given though the issue was resolved without ÷ compensations",
          above="misused", below="compensated + misused"),
)
