"""What shows a Result: words, tables, a workbook, pictures and one page that can be mailed."""
