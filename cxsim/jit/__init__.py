"""Compiled functions and the arrays they work on: decorators, struct arrays, reusable buffers."""
