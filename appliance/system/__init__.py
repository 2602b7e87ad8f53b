"""The daemon's dealings with the system: the service manager, the clock, the network, the state directory."""
