"""The station itself: faults of its parts, errors as events, and what outlasts a restart."""
