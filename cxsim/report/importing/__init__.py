"""The report of an import: what was read, what became of every row, and what looks wrong."""
