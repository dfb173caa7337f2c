"""Every figure the program prints: a registry of formulas, and a streaming fold from a ledger to their sums.

`layout` says what a run looks like, `fold` takes one replication's ledger and leaves a Sample, `figures`
turns the samples of all replications into one long table.
"""

from cxsim.metrics.estimates import figure_values, figures, standard_error
from cxsim.metrics.figure import SCOPES, Figure
from cxsim.metrics.folding import Fold, fold
from cxsim.metrics.paired import differences
from cxsim.metrics.registry import REGISTRY, better
from cxsim.metrics.shapes import Layout, Sample, Staffing, layout
from cxsim.metrics.sums import QUANTILES
from cxsim.metrics.target_results import Target, targets
from cxsim.metrics.waits import wait_histogram
from cxsim.schema.service_levels import DEFAULT_SL, SL_DEFINITIONS

__all__ = [
    "DEFAULT_SL",
    "QUANTILES",
    "REGISTRY",
    "SCOPES",
    "SL_DEFINITIONS",
    "Figure",
    "Fold",
    "Layout",
    "Sample",
    "Staffing",
    "Target",
    "better",
    "differences",
    "figure_values",
    "figures",
    "fold",
    "layout",
    "standard_error",
    "targets",
    "wait_histogram",
]
