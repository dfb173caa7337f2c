"""Routing as a decision: ranks, reserves, overflow delays and which skills are used."""
