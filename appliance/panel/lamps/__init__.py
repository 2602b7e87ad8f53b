"""Lamps: on lines, as kernel LEDs, and by PWM."""
