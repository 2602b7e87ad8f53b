"""HTTP itself: server, connections, authentication, problems, repeated requests."""
