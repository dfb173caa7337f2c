"""Hiring by month and team: requirements, uncertain futures, the stochastic program, and how a plan does in them."""
