"""Planner file formats, in and out."""
