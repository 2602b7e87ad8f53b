"""Recorded runs: what came to the core, written to a file on request and decided again from it."""
