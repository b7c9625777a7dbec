"""Mutants that are no other program: what was changed, and why nobody can tell."""

ALIKE: dict[str, dict[str, str]] = {}
