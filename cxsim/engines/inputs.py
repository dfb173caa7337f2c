"""What an engine is given for one replication: nothing in it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from cxsim.jit.struct_arrays import Book

if TYPE_CHECKING:
    from cxsim.model.own_policy import AnyPolicy

Memory: TypeAlias = dict[str, npt.NDArray[Any]]  # what a policy remembers at the end of a replication, by name


@dataclass(frozen=True)
class Inputs:
    """The network's book, the plan (STAFF_DTYPE, in the order it acts), fresh arrivals, and the key of the draws.

    And the policy of the user's own, if there is one.
    """

    network: Book
    plan: npt.NDArray[np.void]
    times: npt.NDArray[np.float64]  # rising
    issues: npt.NDArray[np.int64]
    run_key: np.uint64
    policy: AnyPolicy | None = None
