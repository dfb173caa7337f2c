"""What a planner asks once there is a plan."""
