"""Forecasts, results and plans in the file formats of other workforce tools."""
