"""The decisions of the model, as pure functions that both engines call."""
