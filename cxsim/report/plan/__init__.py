"""An optimal plan as tables, charts, a workbook, a page and a folder."""
