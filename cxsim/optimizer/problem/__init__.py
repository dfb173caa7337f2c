"""What is asked: goals, prices, and the staff that can be had."""
