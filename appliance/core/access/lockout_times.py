"""How long lockouts last, at keypads and doors as for wrong passwords, which the SIP process counts."""

FIRST_S, LONGEST_S = 30.0, 3600.0
FORGOTTEN_S = 86_400.0  # after the last wrong code or password
DOUBLINGS = 16  # enough for LONGEST_S
CLEARS_AGAIN_S = 300.0  # after a right code or password cleared a count, before another clears it again
