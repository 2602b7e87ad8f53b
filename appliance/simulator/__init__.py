"""Stand-ins for the panel's hardware, for `--demo` and the tests: the SIP stack stays real."""
