"""Calls in the SIP process: dialogs, offers, hold, transfers, digits, texts."""
