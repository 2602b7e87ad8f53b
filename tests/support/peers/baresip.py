"""baresip as the far end: a process of its own that sends a tone, and writes what it hears into a file."""

import contextlib
import json
import random
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.peers.far_end import FarEnd
from tests.support.peers.sipp import ADDRESS, free_port
from tests.support.waiting import noted, until

PATIENCE_S = 120.0
RTP_PORTS = range(20000, 30000, 64)
CONFIG = """poll_method epoll
sip_listen {address}:{port}
call_local_timeout {gives_up_s}
audio_player nothing,nil
audio_source {source}
audio_alert nothing,nil
ausrc_srate 48000
ausrc_channels 2
net_interface {address}
audio_level no
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
rtp_ports {rtp}-{rtp_end}
rtcp_mux no
jitter_buffer_delay 1-5
rtp_stats {counts}
module_path /usr/lib/baresip/modules
module g711.so
module sndfile.so
module ausine.so
module aufile.so
{modules}
module_tmp uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{control}
snd_path {directory}
redial_attempts 0
ringback_disabled yes
"""


class Baresip(FarEnd):
    """`with Baresip(directory, address, port, hertz=440) as far`: ctrl_tcp's commands and events, and its recordings.

    address: best one of its own, on which all ports are free. gives_up_s: after so long it rings no longer. Every call
    has its own two files.

    within: what begins its command, to run in a network namespace; it answers by itself then, and takes no commands.
    dials: a URI that it calls at once. account: further parameters of its account. plays: a WAV (48 kHz, two channels)
    in the tone's place. counts: "yes": its BYE says what it has counted, as X-RTP-Stat.
    """

    def __init__(
        self,
        directory: Path,
        address: str,
        port: int = 0,
        *,
        hertz: float = 440,
        plays: str = "",
        codec: str = "pcma",
        within: Sequence[str] = (),
        dials: str = "",
        account: str = "",
        modules: str = "",
        gives_up_s: int = 120,
        counts: str = "no",
    ) -> None:
        free_at = ADDRESS if within else address  # a namespace is ours alone
        super().__init__(Path(directory) / "baresip", address, port or free_port(free_at))
        self.within, self.account, self.modules, self.gives_up_s = within, account, modules, gives_up_s
        self.hertz, self.codec, self.dials, self.counts = hertz, codec, dials, counts
        self.source = f"aufile,{plays}" if plays else f"ausine,{hertz}"
        self.control = free_port(free_at)
        while self.control in {self.port, self.port + 1}:  # baresip listens for SIP and for TLS there, by TCP too
            self.control = free_port(free_at)
        self.seen: list[dict[str, Any]] = []  # all events there ever were
        self.events: list[dict[str, Any]] = []
        self._replies: dict[str | None, dict[str, Any]] = {}
        self._buffer, self._token = b"", 0

    def prepare(self) -> Sequence[str]:
        self.directory.mkdir()
        rtp = random.choice(RTP_PORTS)
        (self.directory / "config").write_text(CONFIG.format(**vars(self), rtp=rtp, rtp_end=rtp + 60))
        answers = "auto" if self.within else "manual"
        account = f"<sip:far@{self.address}:{self.port}>;regint=0;audio_codecs={self.codec};answermode={answers}"
        account += self.account
        (self.directory / "accounts").write_text(f"{account}\n")
        (self.directory / "contacts").write_text("")
        dials = ["-e", f"/dial {self.dials}"] if self.dials else []
        # baresip, unlike SIPp, has no limit of time of its own
        argv = ["baresip", "-4", "-v", "-f", str(self.directory), *dials]
        return [*self.within, "setpriv", "--pdeathsig", "KILL", *argv]

    def connect(self) -> None:
        if not self.within:
            self.socket = until(self._connected, "its control port", log=lambda: self.log)

    def command(self, name: str, parameters: str = "") -> Any:
        """What baresip prints as answer: dial URI, accept, hangup, hold, resume."""
        self._token += 1
        token, end = str(self._token), time.monotonic() + PATIENCE_S
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        assert self.socket
        self.socket.sendall(b"%d:%s," % (len(text), text))
        while token not in self._replies:
            self._read(end)
        return self._replies.pop(token)["data"]

    def wait(self, kind: str) -> dict[str, Any]:
        """The next event of this type, as CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED; those before it are dropped."""
        end = time.monotonic() + PATIENCE_S
        while True:
            while self.events:
                event = self.events.pop(0)
                if event["type"] == kind:
                    return event
            with noted(f"baresip's {kind}"):
                self._read(end)

    def ends(self, user: str = "") -> dict[str, str]:
        """What ended each of its calls, of those with that user, so far; "" for one that goes on."""
        self.command("uastat")  # events up to now come before its answer
        found: dict[str, str] = {}
        for event in self.seen:
            if event.get("id") and str(event.get("peeruri")).startswith(f"sip:{user}"):
                found.setdefault(event["id"], "")
                if event["type"] in {"CALL_CLOSED", "TRANSFER_FAILED"}:  # the second is the only event then
                    found[event["id"]] = event["param"]
        return found

    def heard(self) -> Path:
        """The file of what came in the newest call, once it is there."""
        files: list[Path] = until(lambda: list(self.directory.glob("dump-*-dec.wav")), "sound", log=lambda: self.log)
        return max(files, key=lambda file: file.stat().st_mtime)

    def _connected(self) -> socket.socket | None:
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection((self.address, self.control))
        return None

    def _read(self, end: float) -> None:
        """Messages are JSON in netstrings: LENGTH:TEXT,"""
        assert self.socket
        self.socket.settimeout(max(end - time.monotonic(), 0.001))
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"baresip says nothing more:\n{self.log}") from None
        assert data, f"baresip has gone:\n{self.log}"
        self._buffer += data
        while b":" in self._buffer:
            length, _, rest = self._buffer.partition(b":")
            if len(rest) <= int(length):
                break
            message = json.loads(rest[: int(length)].decode(errors="replace"))
            self._buffer = rest[int(length) + 1 :]
            if "event" in message:
                self.events.append(message)
                self.seen.append(message)
            else:
                self._replies[message.get("token")] = message
