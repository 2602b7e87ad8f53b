"""Rules: what the station does by itself when something happens, or at a time."""
