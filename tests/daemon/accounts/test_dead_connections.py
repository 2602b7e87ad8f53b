"""A connection that died unnoticed, as that of a PBX that was cut from its power: a visitor is heard all the same."""

import socket
import struct
import threading
from contextlib import suppress

import pytest

from tests.support.daemon import Daemon, loopback
from tests.support.peers.messages import found
from tests.support.peers.registrars import account, answer

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by RST


class ByTcp:
    """`with ByTcp(ends) as far`: takes calls by TCP, and registrations.

    ends: how many connections end at the first INVITE; reset: by RST; after: behind which provisional answer.
    """

    def __init__(self, ends: int, *, reset: bool, after: int = 0) -> None:
        self.ends, self.reset, self.after, self.invited = ends, reset, after, 0
        self.address = loopback()
        self.may_end = threading.Event()

    def __enter__(self):
        self._listener = socket.create_server((self.address, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _serve(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection):
        data = b""
        with suppress(OSError), connection:
            while came := connection.recv(65536):
                data += came
                while (end := self._end(data)) is not None:
                    message, data = data[:end].decode(), data[end:]
                    if message.startswith("INVITE") and self._dies(connection, message):
                        return
                    self._answer(connection, message)

    @staticmethod
    def _end(data):
        """The end of the first whole message."""
        head, blank, rest = data.partition(b"\r\n\r\n")
        if not blank:
            return None
        length = int(found(r"(?i)^Content-Length: *(\d+)", head.decode())[1]) if head.strip() else 0
        return len(head) + len(blank) + length if len(rest) >= length else None

    def _dies(self, connection, message):
        self.invited += 1
        if self.invited > self.ends:
            return False
        if self.after:
            connection.sendall(answer(message, self.after, {}))
            self.may_end.wait(60)
        if self.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return True

    def _answer(self, connection, message):
        method = message.partition(" ")[0]
        if method == "REGISTER":
            connection.sendall(answer(message, 200, {}))
        elif method in {"INVITE", "BYE"}:
            names = ("Via:", "From:", "To:", "Call-ID:", "CSeq:")
            kept = [line for line in message.split("\r\n") if line.startswith(names)]
            kept = [f"{line};tag=far" if line.startswith("To:") and ";tag=" not in line else line for line in kept]
            kept += [f"Contact: <sip:far@{self.address}:{self.port};transport=tcp>"]
            body = self.sdp if method == "INVITE" else ""
            kept += ["Content-Type: application/sdp"] if body else []
            head = "\r\n".join(["SIP/2.0 200 OK", *kept, f"Content-Length: {len(body)}", "", ""])
            connection.sendall((head + body).encode())

    @property
    def sdp(self):
        return (
            f"v=0\r\no=far 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n"
            "m=audio 40000 RTP/AVP 8\r\na=sendrecv\r\n"
        )


def station(directory, far):
    table = account(directory, far, "281", transport="tcp")
    return Daemon(directory / "d", account={"office": table}, target={"far": {"uri": "282", "account": "office"}})


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_a_call_whose_connection_ends_without_an_answer_is_placed_again(reset, tmp_path):
    with ByTcp(1, reset=reset) as far, station(tmp_path, far) as door:
        door.wait("account.registered")
        call = door.talk(door.ring())
        assert far.invited == 2
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        assert door.story(call) == ["dialing", "connecting", "connected", "disconnecting", "ended"]


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_a_call_whose_connection_ends_while_it_rings_is_placed_again(reset, tmp_path):
    with ByTcp(1, reset=reset, after=180) as far, station(tmp_path, far) as door:
        door.wait("account.registered")
        call = door.ring()
        door.wait("call.ringing", call)
        far.may_end.set()
        assert door.talk(call) == call
        assert far.invited == 2
        door.press("hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        assert door.story(call) == ["dialing", "ringing", "connecting", "connected", "disconnecting", "ended"]


@pytest.mark.parametrize("after", [0, 100, 180])
def test_it_is_placed_again_once(after, tmp_path):
    with ByTcp(9, reset=True, after=after) as far, station(tmp_path, far) as door:
        door.wait("account.registered")
        far.may_end.set()
        door.final(door.ring(), kind="call.failed", cause="unavailable", code=0)
        assert far.invited == 2
