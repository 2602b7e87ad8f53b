"""A broker of few words, for what mosquitto does not do.

It knows MQTT 3.1.1 only, sends more than anyone takes, acknowledges nothing, or ends each connection.
"""

import contextlib
import socket
import threading
from typing import BinaryIO, Self

OLD = b"\x20\x03\x00\x84\x00"  # CONNACK of MQTT 5: unsupported protocol version
ACCEPTED = {4: b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}
HUGE = b"\x30\xff\xff\xff\x7f\x00\x01a"  # PUBLISH of 256 MB, on the topic "a"
DISCONNECT = 14  # the type of the packet by which a client says that it goes
LEVEL = 6  # where CONNECT has the version, behind the protocol's name


class OddBroker:
    """`with OddBroker() as broker`. newest: the version that it knows; floods: it sends without an end.

    takes: it acknowledges messages. hangs_up: it ends each connection at its first message.
    """

    def __init__(self, *, newest: int = 5, floods: bool = False, takes: bool = True, hangs_up: bool = False) -> None:
        self._newest, self._floods, self._takes, self.hangs_up = newest, floods, takes, hangs_up
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address, self.port = self._listening.getsockname()
        self.versions: list[int] = []
        self.published: list[tuple[int, bytes]] = []  # quality of service, and the rest of the message
        self.ends: list[bool] = []  # of each connection that is over, whether DISCONNECT came before

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=[self._listening.accept()[0]], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rb") as coming:
            said = False
            while head := coming.read(1):
                said = head[0] >> 4 == DISCONNECT
                if not self._answer(client, head[0], coming.read(_length(coming))):
                    return
            self.ends.append(said)

    def _answer(self, client: socket.socket, head: int, body: bytes) -> bool:
        match head >> 4:
            case 1:
                version = body[LEVEL]
                self.versions.append(version)
                if version > self._newest:
                    client.sendall(OLD)
                    return False
                client.sendall(ACCEPTED[version])
                if self._floods:
                    client.sendall(HUGE)
                    while True:
                        client.sendall(bytes(1 << 16))
            case 3 if self.hangs_up:
                return False
            case 3:
                quality, topic = head >> 1 & 3, int.from_bytes(body[:2])
                self.published.append((quality, body))
                if quality and self._takes:
                    client.sendall(b"\x40\x02" + body[2 + topic : 4 + topic])
                if b"command/doctor" in body and not quality:
                    client.sendall(bytes([head, len(body)]) + body)
            case 8:
                client.sendall(b"\x90\x03" + body[:2] + b"\x01")
            case 12:
                client.sendall(b"\xd0\x00")
            case _:
                pass
        return True


def _length(coming: BinaryIO) -> int:
    found, shift = 0, 0
    while True:
        byte = coming.read(1)[0]
        found |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return found
