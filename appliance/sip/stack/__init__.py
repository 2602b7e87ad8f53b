"""The SIP process: pjsua2 and our code around it. The daemon never imports this package."""
