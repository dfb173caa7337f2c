"""The parts of a scenario as frozen pydantic models."""
