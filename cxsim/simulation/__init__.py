"""From a scenario to a result: prepare, replicate, measure."""
