"""Consultations, rule engine, statement, tally, receipts."""
