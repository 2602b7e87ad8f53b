"""Doors: pulses of their relays, lockdown, sensors, and rules that open them."""
