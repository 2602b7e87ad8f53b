"""The child's end of the socket pair: never waits for a busy parent, and notices when the parent is gone."""

import socket

from appliance.sip.wire import Decoder, Message, ToParent, encode


class Channel:
    """Messages from and to the daemon. `open` becomes False when the daemon closes its end or dies."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.open = True
        self._sock, self._decoder, self._out = sock, Decoder(), bytearray()

    def fileno(self) -> int:
        """The descriptor, for poll()."""
        return self._sock.fileno()

    def begin(self, data: bytes) -> list[Message]:
        """Decode the bytes that were read while the process waited for its first message."""
        return self._decoder.feed(data)

    def receive(self) -> list[Message]:
        """Read from the socket, and decode the messages that are complete."""
        try:
            data = self._sock.recv(1 << 20)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self.open = False
        return self._decoder.feed(data)

    def post(self, message: ToParent) -> None:
        """Send a message; the next flush sends the bytes that the socket does not accept now."""
        self._out += encode(message)
        self.flush()

    def flush(self) -> None:
        """Send the remaining bytes."""
        if not self._out:
            return
        try:
            del self._out[: self._sock.send(self._out)]
        except BlockingIOError:
            pass
        except OSError:
            self.open = False
