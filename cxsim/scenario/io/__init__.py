"""Scenarios read from YAML and written back."""
