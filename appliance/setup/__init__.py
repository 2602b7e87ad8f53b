"""intercomd-setup: finds cards and chips, proposes a configuration, checks it, and prints what to wire."""
