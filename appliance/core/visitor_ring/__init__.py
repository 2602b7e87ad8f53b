"""A visitor's ring: the plan that a press starts, step by step."""
