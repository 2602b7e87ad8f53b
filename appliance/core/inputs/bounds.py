r"""Bounds of what clients give, for the fields of their records.

Patterns end by \Z, as `$` would let a line end pass, and a text in a SIP header could then start another header.
"""

from typing import Annotated

from msgspec import Meta

CODE = r"^[0-9]{4,12}\Z"
CARD = r"^[0-9A-Za-z]{1,40}\Z"
DIGITS = r"^[0-9A-D*#]{1,32}\Z"
LINE = r"^[^\x00-\x1f\x7f]*\Z"  # without control characters
HeaderName = Annotated[str, Meta(pattern=r"^[Xx]-[A-Za-z0-9-]{1,62}\Z")]
HeaderText = Annotated[str, Meta(max_length=256, pattern=LINE)]
Headers = Annotated[tuple[tuple[HeaderName, HeaderText], ...], Meta(max_length=16)]
