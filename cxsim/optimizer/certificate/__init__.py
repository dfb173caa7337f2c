"""Proof of a plan on replications that no search has seen."""
