"""Random numbers: addressed draws, distributions, and their compiled inverses."""
