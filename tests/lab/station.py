"""The station of the unit's tests: configured with a card and a kitchen, and with a door or an account."""

import json
import re

from tests.lab.guest import Guest

CARD = "plughw:CARD=Loopback,DEV=0"
CHIP, RELAY = "board", 2
FILE = "/etc/intercomd/intercomd.toml"
PLAIN = f"""
[station]
name = "Front door"

[audio]
capture = "{CARD}"
playback = "{CARD}"

[panel]
lines = "gpio"

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"
"""
# Where the guest lacks the chip, the guard restarts for ever, and the status line is "ready" for a moment at most.
CONFIG = f"""{PLAIN}
[door.front]
chip = "{CHIP}"
line = "RELAY"
pulse_s = 1.0
max_hold_s = 600

[guard]
socket = "/run/intercomd/guard.sock"
"""
ACCOUNT = """
[account.office]
user = "201"
registrar = "127.0.0.1:5080"
password_file = "office.password"
"""


class Station:
    """intercomd.service in a guest, and its state in systemd, its journal and its interface."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest

    def configure(self, text: str) -> None:
        """Write the configuration; the test has it read."""
        self.guest.write(FILE, text, "640", "root:intercom")

    def drop_in(self, name: str, text: str, unit: str = "intercomd.service") -> None:
        """Add lines to a unit until the guest is switched off; "" removes them."""
        self.guest.drop_in(name, text, unit)

    def restart(self) -> None:
        """Restart it, with its delays forgotten, and return as soon as systemd does: at READY."""
        self.guest.run("systemctl", "reset-failed", "intercomd")
        self.guest.check("systemctl", "restart", "intercomd")

    # -- its reports ---------------------------------------------------------------------------------------------------

    def value(self, name: str, unit: str = "intercomd.service") -> str:
        return self.guest.properties(unit, name)[name]

    @property
    def pid(self) -> int:
        """The daemon; 0 while there is none."""
        return int(self.value("MainPID"))

    @property
    def status(self) -> str:
        return self.value("StatusText")

    def shown(self) -> str:
        """What somebody reads who asks how it is."""
        return self.guest.run("systemctl", "status", "--no-pager", "--full", "--lines=20", "intercomd").stdout

    def says(self, pattern: str, deadline_s: float = 120.0) -> str:
        """Wait until the status line has that, a regular expression; the line."""
        return self.guest.wait_for(
            lambda: (text := self.status) and re.search(pattern, text) and text,
            f"a status line with {pattern!r}",
            deadline_s,
        )

    def state(self) -> dict | None:
        """The whole state; None while nobody answers."""
        return self.guest.state()

    def events(self, kind: str, since: str = "") -> list[str]:
        """The lines of the events of a type, from the journal; since: a cursor of it."""
        after = (f"--after-cursor={since}",) if since else ()
        return self.guest.journal("--output=cat", f"INTERCOMD_EVENT={kind}", *after).splitlines()

    def when(self, pattern: str, since: str, what: str) -> float:
        """Wait for a record after that cursor whose message has that; when it came, as `signal` says it."""

        def came() -> float | None:
            for line in self.guest.journal("--output=json", f"--after-cursor={since}").splitlines():
                record = json.loads(line)
                if re.search(pattern, str(record.get("MESSAGE"))):
                    return int(record["__MONOTONIC_TIMESTAMP"]) / 1e6
            return None

        return self.guest.wait_for(came, what, 120)

    def cursor(self) -> str:
        """Where the journal ends now."""
        told = self.guest.check("sh", "-c", "journalctl --sync; exec journalctl --lines=0 --show-cursor --quiet")
        return told.partition("cursor: ")[2]

    # -- its processes -------------------------------------------------------------------------------------------------

    def sip(self) -> int:
        """Its SIP process; 0 while there is none."""
        found = self.guest.run("pgrep", "--parent", str(self.pid), "--full", "appliance.sip").stdout.split()
        return int(found[0]) if found else 0

    def signal(self, name: str, pid: int) -> float:
        """Send a signal to one process; when, in seconds since the guest was switched on."""
        assert pid > 1
        send = 'read -r now _ </proc/uptime; kill -"$1" "$2"; echo "$now"'
        return float(self.guest.check("sh", "-c", send, "-", name, str(pid)))

    def ready(self) -> dict:
        """Wait until calls are possible; the state then."""

        def possible():
            state = self.state()
            return state if state and state["appliance"]["ready"] else None

        return self.guest.wait_for(possible, "the station is ready", 120)

    # -- calls and door ------------------------------------------------------------------------------------------------

    def calls(self) -> dict[str, str]:
        """The calls there are and their states; none while nobody answers."""
        return {call["id"]: call["state"] for call in (self.state() or {"calls": []})["calls"]}

    def dial(self) -> str:
        """Call the kitchen, which answers; the call.

        Placed again where it was lost before that: on a machine that is busy enough the SIP process is taken for hung.
        """

        def answered() -> str | None:
            call = self.guest.run("intercomctl", "dial", "kitchen").stdout.strip()
            while (state := self.calls().get(call)) not in {None, "connected"}:
                continue
            return call if state else None

        return self.guest.wait_for(answered, "a call is answered", 120)

    def hang_up(self) -> None:
        """End the call."""
        for call in self.calls():
            self.guest.run("intercomctl", "hangup", call)
        self.guest.wait_for(lambda: (state := self.state()) and not state["calls"], "there is no call")

    def relay(self) -> int:
        """The level of the relay's line."""
        return self.guest.level(CHIP, RELAY)

    def open_door(self) -> None:
        """Open the front door: the line is active, and inactive after its second."""
        self.guest.wait_for(lambda: self.guest.run("intercomctl", "door", "front").returncode == 0, "the door opens")
        self.guest.wait_for(lambda: self.relay() == 0, "the relay is at rest")
