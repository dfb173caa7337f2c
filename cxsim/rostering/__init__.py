"""Named people assigned to the shifts of a plan: hard rules, requests by weight, and a fair share of unpopular work."""
