"""Meetings of every kind: agenda, seats, attendance, the live room, conclusions."""
