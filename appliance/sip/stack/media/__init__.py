"""Sound in the SIP process: bridge, devices, recorders, tones, digits in the sound."""
