"""What follows the station: its events, logs and texts, and waits for one of them."""
