"""The rest of a day that has begun: what it will be, given what was seen of it, and what can still be done."""
