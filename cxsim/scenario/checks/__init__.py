"""Rules that a scenario must keep, by subject."""
