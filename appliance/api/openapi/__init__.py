"""The OpenAPI description: tags, tokens, repeated orders, errors by operation, and examples."""
