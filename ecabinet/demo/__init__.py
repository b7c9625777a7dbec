"""A demo cabinet: titles and offices only, random passwords, nobody's real name."""
