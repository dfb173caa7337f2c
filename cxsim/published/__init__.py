"""Published results: scenarios whose figures are known, from formulas, exact chains or printed tables."""
