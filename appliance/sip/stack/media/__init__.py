"""Sound in the SIP process: bridge, devices, recorders, tones, and digits in the sound."""
