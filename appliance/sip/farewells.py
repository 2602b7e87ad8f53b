"""What ends calls whose SIP process is gone: kept ready for each, sent in its place. No pjsua2 here."""

import asyncio
import logging
import socket

from appliance.base.errors import reason
from appliance.core.model import CallId
from appliance.sip.wire import Farewell

LOG = logging.getLogger(__name__)
AGAIN_S = (0.5, 1.0, 2.0)  # timer E (RFC 3261 §17.1.2.2), given up sooner: an answer may have gone to the SIP port
LONGEST = 65535
PROVISIONAL = b"SIP/2.0 1"


class Farewells:
    """Those of the living calls. `address`: ours to send from, "" for that of the route. In the loop's thread."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._kept: dict[CallId, Farewell] = {}
        self._going: list[Going] = []

    def keep(self, farewell: Farewell) -> None:
        """In place of what was to be said before."""
        self._kept[farewell.call] = farewell

    def drop(self, call: CallId) -> None:
        """The call has ended otherwise."""
        self._kept.pop(call, None)

    def send(self) -> None:
        """All of them."""
        self._going = [going for going in self._going if not going.over]
        for farewell in self._kept.values():
            try:
                self._going.append(Going(farewell, self._address))
            except (OSError, OverflowError) as error:  # no way to there, or a port that is none
                LOG.warning("%s: BYE or CANCEL cannot be sent to its far end: %s", farewell.call, reason(error))
            else:
                LOG.info("%s: %s to %s:%d", farewell.call, farewell.said, farewell.host, farewell.port)
        self._kept.clear()

    def close(self) -> None:
        """Repeat none any more."""
        for going in self._going:
            going.end()


class Going:
    """One on its way, repeated until it is answered."""

    def __init__(self, farewell: Farewell, address: str) -> None:
        """Raises OSError, and OverflowError for a port beyond all."""
        self._datagram = farewell.datagram.encode()
        family = socket.AF_INET6 if ":" in farewell.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            if address:
                self._socket.bind((address, 0))
            self._socket.connect((farewell.host, farewell.port))
            self._socket.send(self._datagram)
        except (OSError, OverflowError):
            self._socket.close()
            raise
        self.over = False
        self._again = list(AGAIN_S)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._answered)
        self._timer = self._loop.call_later(self._again.pop(0), self._repeat)

    def end(self) -> None:
        """Nothing more of it."""
        if not self.over:
            self.over = True
            self._timer.cancel()
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _repeat(self) -> None:
        if not self._again:
            self.end()
            return
        try:
            self._socket.send(self._datagram)
        except OSError:  # nobody is there, as an ICMP message has said
            self.end()
        else:
            self._timer = self._loop.call_later(self._again.pop(0), self._repeat)

    def _answered(self) -> None:
        try:
            answer = self._socket.recv(LONGEST)
        except OSError:
            self.end()
        else:
            if not answer.startswith(PROVISIONAL):
                self.end()
