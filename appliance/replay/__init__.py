"""Recorded runs: the core's inputs, written to a file on request and replayed from it."""
