"""Shifts and rosters as integer programs."""
