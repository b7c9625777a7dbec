"""Persons, offices and terms, agencies and codes, logins, devices."""
