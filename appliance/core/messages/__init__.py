"""Messages: SIP MESSAGE and INFO, sent and received."""
