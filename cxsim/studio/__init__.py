"""The studio: a local web service over the public functions, and the page that a planner works with."""
