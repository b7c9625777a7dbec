"""Figures over the rooms: how questions were answered, and what no longer has to be printed."""
