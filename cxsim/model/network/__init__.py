"""The scenario compiled to the arrays that an engine reads."""
