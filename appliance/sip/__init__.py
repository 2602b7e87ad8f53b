"""SIP calls: a separate process that uses pjsua2, and the daemon's side that starts and watches it."""
