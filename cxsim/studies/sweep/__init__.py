"""Sweeps in parts: designs, points made of a scenario, the store, and the ways to run chunks of them."""
