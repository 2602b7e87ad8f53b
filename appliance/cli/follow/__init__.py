"""Commands that follow the station: its events, logs, texts and rules; and waits for an event."""
