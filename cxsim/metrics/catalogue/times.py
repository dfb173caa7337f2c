"""Waits and handle times."""

from __future__ import annotations

from cxsim.metrics.figure import BY_ANSWER, LOWER, SERVED, Figure, quantile, ratio
from cxsim.metrics.sums import QUANTILES

# fmt: off
ROWS: tuple[Figure, ...] = (
    ratio("asa", "ASA", "s", better=LOWER,
          formula="wait of answered contacts ÷ answered", above="wait_answered", below="answered"),
    ratio("ata", "ATA", "s", better=LOWER,
          formula="wait of abandoned contacts ÷ abandoned", above="wait_abandoned", below="abandoned"),
    ratio("wait_mean", "mean wait", "s", better=LOWER,
          formula="wait of answered and abandoned contacts ÷ (answered + abandoned)",
          above="wait_answered + wait_abandoned", below="answered + abandoned"),
    ratio("wait_queued", "mean wait of the queued", "s", better=LOWER,
          formula="wait of all contacts ÷ queued", above="wait_answered + wait_abandoned + wait_other", below="queued"),
    *(quantile("wait", "answered", q) for q in QUANTILES),
    *(quantile("wait_all", "answered or abandoned", q) for q in QUANTILES),
    ratio("aht", "AHT", "s", scopes=SERVED, better=LOWER,
          formula="(talk + wrap) ÷ served" + BY_ANSWER, above="talk + wrap", below="served"),
    ratio("talk_mean", "mean talk", "s", scopes=SERVED, short="Talk",
          formula="talk (and hold) ÷ served" + BY_ANSWER, above="talk", below="served"),
    ratio("wrap_mean", "mean wrap", "s", scopes=SERVED, short="Wrap",
          formula="after-call work ÷ served" + BY_ANSWER, above="wrap", below="served"),
)
