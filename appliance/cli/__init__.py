"""intercomctl: the daemon's HTTP interface for the shell, over its Unix socket or a loopback address."""
