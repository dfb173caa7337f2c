"""What all reports share: formats and style."""
