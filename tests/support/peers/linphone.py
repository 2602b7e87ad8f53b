"""linphone as the far end: its daemon, a process of its own that takes commands and reports what happens."""

import re
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.peers.far_end import FarEnd
from tests.support.peers.sipp import free_port
from tests.support.peers.sound_server import SoundServer
from tests.support.waiting import PATIENCE_S, until

CONFIG = """[sip]
auto_net_state_mon=0
bind_address={address}
sip_port={port}
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
use_info={use_info}
use_rfc2833={use_rfc2833}
[rtp]
audio_rtp_port=-1
[sound]
remote_ring=
echocancellation=0
[video]
capture=0
display=0
automatically_initiate=0
[misc]
uuid=5c3f0d3c-6d4f-4f0e-9b43-9d8a8c1b2a10
"""


class Linphone(FarEnd):
    """`with Linphone(directory, address) as far`: `command` as of linphone-daemon, and `wait` for what it reports.

    server: a SoundServer, as it sends nothing without a card. digits: how it sends them, rfc4733 or info.
    """

    output = "output"

    def __init__(self, directory: Path, address: str, server: SoundServer, *, digits: str = "rfc4733") -> None:
        super().__init__(Path(directory) / "linphone", address, free_port(address))
        self.use_info, self.use_rfc2833 = int(digits == "info"), int(digits == "rfc4733")
        self.pipe = Path("/tmp") / f"linphone-{secrets.token_hex(8)}"  # linphone-daemon makes them nowhere else
        self.server = server
        self.events: list[dict[str, str]] = []
        self._begun = 0  # bytes of the log

    @property
    def uri(self) -> str:
        return f"sip:linphone@{self.address}:{self.port}"

    def prepare(self) -> Sequence[str]:
        (self.directory / ".local/share/linphone").mkdir(parents=True)
        (self.directory / "rc").write_text(CONFIG.format(**vars(self)))
        argv = ["setpriv", "--pdeathsig", "KILL", "linphone-daemon", "--config", str(self.directory / "rc")]
        return [*argv, "--log", str(self.directory / "log"), "--disable-stats-events", "--pipe", self.pipe.name]

    @property
    def environment(self) -> Mapping[str, str]:
        return {**self.server.environment, "HOME": str(self.directory)}

    def connect(self) -> None:
        control = self.socket = socket.socket(socket.AF_UNIX)
        control.settimeout(PATIENCE_S)
        control.connect(str(self.pipe))
        self.command("ipv6 disable")

    def begin(self) -> None:
        """Forget what has happened so far."""
        while "Event-type" in self.command("pop-event"):
            pass
        self.events.clear()
        self._begun = (self.directory / "log").stat().st_size

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.pipe.unlink(missing_ok=True)

    def listens(self) -> bool:
        return super().listens() and self.pipe.exists()

    def command(self, words: object) -> dict[str, str]:
        """Its answer as fields, {"Id": "1"}."""
        assert self.socket
        self.socket.sendall(f"{words}\n".encode())
        answer = self.socket.recv(65536).decode()
        assert answer.startswith("Status: Ok"), f"{words}: {answer}"
        return fields(answer)

    def settled(self) -> re.Match[str] | None:
        """Whether it has answered our UPDATE that settles on one codec; it ignores one that its own re-INVITE meets."""
        log = (self.directory / "log").read_bytes()[self._begun :].decode(errors="replace")
        return re.search(r"^SIP/2\.0 200 .*\n(?:[^\n]+\n)*?CSeq: \d+ UPDATE", log, re.MULTILINE)

    def wait(self, *names: str, **expected: object) -> dict[str, str]:
        """The next event of these names, as StreamsRunning or receiving-tone, with these fields; drops those before."""

        def found() -> dict[str, str] | None:
            while "Event-type" in (event := self.command("pop-event")):
                self.events.append(event)
                name = event.get("Event", event["Event-type"]).removeprefix("LinphoneCall")
                if name in names and all(event.get(key) == value for key, value in expected.items()):
                    return event
            return None

        event: dict[str, str] = until(found, f"{names} {expected}", log=lambda: f"{self.events}\n{self.log}")
        return event


def fields(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w-]+): (.*)$", text, re.MULTILINE))
