"""Doors to people: their accounts, and who holds which office."""
