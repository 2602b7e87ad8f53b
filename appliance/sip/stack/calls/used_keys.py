"""Keys of SRTP that far ends have used (RFC 4568): one that comes again in another call is refused.

Packets of an earlier call that were recorded on the way could be played into a later call with the same key, and their
digits open the door. A far end makes a new key for each call (RFC 4568 §6.1); in its own call it may repeat it.
"""

import hashlib
import re
from collections import OrderedDict

from appliance.core.model import CallId

KEPT = 4096  # keys of some thousand calls; the oldest are forgotten
KEY = re.compile(r"^a=crypto:[^\r\n]*?\binline:([A-Za-z0-9+/]+)", re.MULTILINE | re.IGNORECASE)


class UsedKeys:
    """The keys that were used, as digests, by the call that used each first."""

    def __init__(self) -> None:
        self._call: OrderedDict[bytes, CallId] = OrderedDict()

    def are_of_another(self, call: CallId, sdp: str) -> bool:
        """Whether another call has used one of the keys in this session description."""
        return any(self._call.get(key, call) != call for key in keys(sdp))

    def use(self, call: CallId, sdp: str) -> None:
        """The call uses the keys in this session description."""
        for key in keys(sdp):
            self._call.setdefault(key, call)
        while len(self._call) > KEPT:
            self._call.popitem(last=False)


def keys(sdp: str) -> list[bytes]:
    """The keys in a session description, as digests."""
    return [hashlib.sha256(key.encode()).digest() for key in KEY.findall(sdp)]
