"""Redaction of personal data. Importing this package costs nothing: Presidio is loaded by the first text."""
