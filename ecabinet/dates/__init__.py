"""The calendar: what is to come over every room, and which days are worked."""
