"""A visitor's ring: the plan that a press rings, step after step."""
