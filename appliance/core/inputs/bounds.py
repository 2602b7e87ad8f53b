r"""Bounds of what clients give, for the fields of their records.

Patterns end by \Z, as `$` would let a line end pass, and a text in a SIP header could then start another header.
"""

from typing import Annotated

from msgspec import Meta

CODE = r"^[0-9]{4,12}\Z"
CARD = r"^[0-9A-Za-z]{1,40}\Z"
DIGITS = r"^[0-9A-D*#]{1,32}\Z"
# Without control characters, line ends, and what turns the direction of a text (UAX #9), as names of the configuration.
LINE = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]*\Z"
# The headers beside X- that a client may send: nothing in the station or in pjsip writes or reads them in our messages.
SENDABLE = ("Alert-Info", "Call-Info", "Organization", "Priority", "Subject", "User-to-User")
HEADER = rf"^([Xx]-[A-Za-z0-9-]{{1,62}}|{'|'.join(SENDABLE)})\Z"
# Of those received, events show also these: who calls, by which device, why, and by which way. All others lead through
# the network, keep a dialog, or prove who somebody is.
SHOWN = (
    *SENDABLE,
    *("Answer-Mode", "Date", "Diversion", "Error-Info", "History-Info", "P-Asserted-Identity", "P-Called-Party-ID"),
    *("Priv-Answer-Mode", "Privacy", "Reason", "Referred-By", "Remote-Party-ID", "Retry-After", "Server"),
    *("User-Agent", "Warning"),
)
HeaderName = Annotated[str, Meta(pattern=HEADER)]
HeaderText = Annotated[str, Meta(max_length=256, pattern=LINE)]
Headers = Annotated[tuple[tuple[HeaderName, HeaderText], ...], Meta(max_length=16)]
