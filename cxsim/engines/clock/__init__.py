"""The fast engine: compiled code over arrays."""
