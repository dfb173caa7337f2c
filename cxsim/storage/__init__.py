"""Files and folders that are whole or not there, and only what cxsim wrote is replaced."""
