"""Lamps: at lines, as kernel LEDs, and by PWM."""
