"""Comparisons, tournaments, levers, journeys and sweeps as tables, charts and pages."""
