"""What the lists of past events and calls have in common: limits, an examination, and the chain of the audit."""
