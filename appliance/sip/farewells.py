"""Messages that end the calls of a SIP process that died: stored for each call, sent in its place. No pjsua2 here."""

import asyncio
import logging
import socket

from appliance.base import times
from appliance.base.errors import reason
from appliance.core.model import CallId
from appliance.sip.wire import Farewell

LOG = logging.getLogger(__name__)
LONGEST = 65535
PROVISIONAL = b"SIP/2.0 1"


class Farewells:
    """The farewells of all calls. address: our source address, "": the address of the route. Loop's thread only."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._kept: dict[CallId, Farewell] = {}
        self._going: list[Going] = []

    def keep(self, farewell: Farewell) -> None:
        """Store a call's farewell in place of its earlier one."""
        self._kept[farewell.call] = farewell

    def drop(self, call: CallId) -> None:
        """Remove the farewell of a call that has ended."""
        self._kept.pop(call, None)

    def send(self) -> None:
        """Send all farewells."""
        self._going = [going for going in self._going if not going.over]
        for farewell in self._kept.values():
            try:
                self._going.append(Going(farewell, self._address))
            except (OSError, OverflowError) as error:  # no route, or an invalid port
                LOG.warning("%s: BYE or CANCEL cannot be sent to its far end: %s", farewell.call, reason(error))
            else:
                LOG.info("%s: %s to %s:%d", farewell.call, farewell.said, farewell.host, farewell.port)
        self._kept.clear()

    def close(self) -> None:
        """Stop all repetitions."""
        for going in self._going:
            going.end()


class Going:
    """A farewell that was sent, and is repeated until it is answered."""

    def __init__(self, farewell: Farewell, address: str) -> None:
        """Send it. Raises OSError, and OverflowError for a port out of range."""
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
        self._again = list(times.current.farewell_again_s)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._answered)
        self._timer = self._loop.call_later(self._again.pop(0), self._repeat)

    def end(self) -> None:
        """Stop, and close the socket."""
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
        except OSError:  # an ICMP message has reported that nobody listens
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
