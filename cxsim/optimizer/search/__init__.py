"""The search for a plan: start, calibration, cuts from simulation, repair and polish.

Cuts and slopes live in the space of levels, agents by group and interval, whatever the structure of the staff.
"""
