"""Accounts in the SIP process: registrations, digest authentication, subscriptions, probes."""
