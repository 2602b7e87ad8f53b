"""The station itself: faults of its parts, errors as events, and persistent state."""
