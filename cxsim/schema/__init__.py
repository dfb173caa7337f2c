"""What engines, rules and metrics agree on: names of rules, columns of the ledger, layout of the network."""
