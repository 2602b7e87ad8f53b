"""Conferences: calls that hear each other and the panel."""
