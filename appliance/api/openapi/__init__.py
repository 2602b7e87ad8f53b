"""What FastAPI cannot know of the description: tags, tokens, repeated orders, errors by operation, and examples."""
