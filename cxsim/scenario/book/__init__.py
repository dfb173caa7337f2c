"""A scenario as a workbook: the sheets (`layout`), their cells, and the ways in and out."""
