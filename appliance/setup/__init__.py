"""intercomd-setup: finds cards and chips, proposes a configuration, checks it, and says what to wire."""
