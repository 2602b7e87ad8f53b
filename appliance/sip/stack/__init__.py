"""The SIP process: pjsua2 and what surrounds it. The daemon never imports it."""
