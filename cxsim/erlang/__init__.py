"""Erlang B, C and A: formulas, their inverses, and requirements by interval."""
