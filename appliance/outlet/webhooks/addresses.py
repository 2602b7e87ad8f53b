"""Which addresses a receiver may have: the name is resolved here, and what was judged is what is connected to."""

import socket

from appliance.base.outside import addresses


class RefusedError(Exception):
    """An address that is not connected to. forbidden: no setting allows it; plain: without TLS it must be local."""

    def __init__(self, address: str, *, forbidden: bool = False, plain: bool = False) -> None:
        super().__init__(address)
        self.address, self.forbidden, self.plain = address, forbidden, plain


def judge(text: str, *, local: bool, plain: bool) -> None:
    """Raise RefusedError for an address that is not allowed. local: also private ones; plain: those only."""
    if addresses.is_never(text):
        raise RefusedError(text, forbidden=True)
    public = addresses.is_public(text)
    if not public and not local:
        raise RefusedError(text)
    if public and plain:
        raise RefusedError(text, plain=True)


def connect(host: str, port: int, until: float, each_s: float, *, local: bool, plain: bool) -> socket.socket:
    """Connect to an address of the host, none of which may be refused. until: on CLOCK_MONOTONIC.

    Raises RefusedError, OSError, or UnicodeError for a name that no DNS has.
    """
    found = addresses.look_up(host, port)
    for _, (address, _) in found:
        judge(address, local=local, plain=plain)
    return addresses.connect(found, until, each_s)
