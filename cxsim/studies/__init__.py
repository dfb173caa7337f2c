"""Questions asked of a scenario: comparisons, tournaments, tuning, levers, journeys, sweeps."""
