"""Calls: from INVITE to the last event, with media, hold, updates, texts and recordings."""
