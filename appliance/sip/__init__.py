"""SIP calls: a process of its own that speaks pjsua2, and the daemon's side that starts and watches it."""
