"""What the daemon has to do with the system it runs on: the service manager, the state directory."""
