"""What people do with meetings: prepare an agenda, convene, conduct, attend."""
