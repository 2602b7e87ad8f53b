"""The demonstration of `make run`: two stations call each other, and every step is expected and shown."""
