"""Routing: transports, servers, trusted hosts, limits, and codecs."""
