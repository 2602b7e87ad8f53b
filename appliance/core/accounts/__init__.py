"""Accounts: registrations, callers and what proves them, watched contacts, and the network."""
