"""Where packets come from and go to: transports, servers, trusted hosts, limits."""
