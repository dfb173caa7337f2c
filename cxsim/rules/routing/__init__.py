"""Routing: which agent takes a contact, and which contact an agent takes."""
