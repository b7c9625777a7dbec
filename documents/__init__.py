"""Dossiers, papers, editions, copies."""
