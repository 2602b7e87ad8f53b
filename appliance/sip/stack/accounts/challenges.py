"""Challenges for a password (RFC 3261 §22): this station answers Digest by MD5 or SHA-2, with qop auth or none."""

import re

from appliance.sip.stack import translate

HEADERS = {"www-authenticate", "proxy-authenticate"}
PARAMETER = re.compile(r"\b(algorithm|qop|stale)\s*=\s*(?:\"([^\"]*)\"|([^\s,]+))", re.IGNORECASE)
STALE = "stale"  # pjsip gives up after some answers, each with the newest nonce
ALGORITHMS = {"md5", "sha-256", "sha-512-256"}


def unanswerable(message: str) -> str:
    """Why no challenge of a 401 or 407 can be answered, "" if one can."""
    faults = [fault(value) for name, value in translate.headers(message) if name.lower() in HEADERS]
    if not faults:
        return "its answer does not say how to give it"
    return "" if "" in faults else " and ".join(dict.fromkeys(faults))


def fault(challenge: str) -> str:
    """Why this challenge cannot be answered, "" if it can."""
    scheme, _, rest = challenge.partition(" ")
    if scheme.lower() != "digest":
        return f"it offers the scheme {scheme}"
    found = {name.lower(): quoted or plain for name, quoted, plain in PARAMETER.findall(rest)}
    algorithm, ways = found.get("algorithm", "MD5"), found.get("qop", "auth")
    if algorithm.lower() not in ALGORITHMS:
        return f"it offers Digest by {algorithm}"
    if "auth" not in {each.strip().lower() for each in ways.split(",")}:
        return f"it offers Digest with qop {ways}"
    return STALE if found.get("stale", "").lower() == "true" else ""
