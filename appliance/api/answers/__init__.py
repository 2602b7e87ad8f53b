"""Answers that depend on time: operations, waiting for an outcome, and ETags."""
