"""Completes FastAPI's description: tags, tokens, repeated orders, errors by operation, and examples."""
