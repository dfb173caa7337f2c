"""Lower bounds on the cost of every plan, and what is known near a plan where no bound is close."""
