"""Answers that depend on time: operations, waiting for an outcome, ETags; and modules as one file."""
