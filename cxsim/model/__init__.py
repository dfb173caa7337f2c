"""The scenario as an engine needs it: days, volumes, arrivals, staff, network."""
