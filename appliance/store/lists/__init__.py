"""The common parts of the lists of past events and calls: limits, an examination, and the chain of the audit."""
