"""Stand-ins for what a board has, for `--demo` and the tests: the SIP stack stays real."""
