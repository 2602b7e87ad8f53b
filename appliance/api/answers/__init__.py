"""Answers that depend on time: operations, waiting for an outcome, and tags of what a client has read."""
