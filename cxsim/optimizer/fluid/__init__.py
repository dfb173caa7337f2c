"""The fluid program: staffing and allocation as a linear program."""
