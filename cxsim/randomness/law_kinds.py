"""The kinds of encoded laws, by number, and what the fields of a law mean for each."""

from __future__ import annotations

NEVER = 0
CONSTANT = 1  # a: value
EXPONENTIAL = 2  # a: mean
LOGNORMAL = 3  # a: mean of the logarithm, b: its standard deviation
WEIBULL = 4  # a: scale, b: 1 / shape
UNIFORM = 5  # a: low, b: high - low
TRIANGULAR = 6  # a: low, b: mode, c: high
STEPS = 7  # knots: values in rising order, equally likely
LINEAR = 8  # knots: shares, then values; a: mean of the exponential tail beyond the last share (inf: never)
TABLE = 9  # knots: pairs (log-quantile, slope * cell width) at even steps of z; a: first z, b: cells per z
MIXTURE = 10  # knots: shares, then means of exponential phases; a: hazard at 0
SPLIT = 11  # a: share of the first part, b: limit between them; knots: PART numbers of each part, then their knots
PART = 7  # kind, start (from that of the split), size, a, b, and first share and width of its shares
PAIRED = (LINEAR, TABLE, MIXTURE)  # two knots a point
