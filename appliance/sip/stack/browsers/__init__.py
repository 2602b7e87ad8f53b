"""Calls from browsers: their offers come from the daemon, and reach pjsua as INVITEs over loopback."""
