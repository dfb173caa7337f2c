"""From load to agents: the Erlang formulae and, above them, the optimizer."""
