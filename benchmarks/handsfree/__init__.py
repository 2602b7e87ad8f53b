"""Hands-free sound, measured: rooms, voices and street noise in front of the echo canceller. See docs/handsfree.md."""
