"""Commands that follow the station: its events, logs and texts; and waits for an event."""
