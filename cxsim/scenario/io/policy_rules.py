"""What the functions of a policy may not do, whichever form it has."""

from __future__ import annotations

import dis
from collections.abc import Collection
from typing import Any

LARGEST = 1e15


class PolicyFault(ValueError):
    """What is wrong with a policy file: a rule that is broken, the nearest fix, and the line if one is to blame."""

    def __init__(self, rule: str, fix: str, line: int = 0, value: str = "") -> None:
        self.rule, self.fix, self.line, self.value = rule, fix, line, value
        super().__init__(f"{rule}; {fix}")


def sound(function: Any, line: int, own: bool = True, declared: Collection[str] = ()) -> None:
    """Refuse what would make runs differ from one another, or change what is shown; `own`: it is shown something.

    `declared` are attributes of the function's own class, which may be called anything.
    """
    where = line
    for one in dis.get_instructions(function) if own else ():
        where = getattr(getattr(one, "positions", None), "lineno", None) or where
        if one.opname == "STORE_ATTR":
            rule = f"sets .{one.argval}, but its arguments are read-only"
            raise PolicyFault(rule, "keep your own numbers in local variables", where)
        if one.opname == "STORE_GLOBAL":
            rule = f"keeps {one.argval} from one call to the next, so one decision depends on those before it"
            raise PolicyFault(rule, "use its arguments and local variables", where)
    used = {
        one.argval
        for one in dis.get_instructions(function)
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME")
        or (one.opname in ("LOAD_ATTR", "LOAD_METHOD") and one.argval not in declared)
    }
    if "open" in used:
        raise PolicyFault("opens a file at every decision", "read it once, at the top of the policy file", line)
    clocks = [name for name in ("time", "hash", "id") if name in used]
    if clocks:
        rule = f"uses {clocks[0]}, which differs in every run, so runs could not be reproduced"
        raise PolicyFault(rule, "use center.now, contact.u and its arguments", line)
    if "random" in used:
        rule = "draws random numbers, so runs could not be reproduced"
        raise PolicyFault(rule, "use contact.u, a random number between 0 and 1 that belongs to the contact", line)
