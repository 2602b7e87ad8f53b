"""A station whose panel is on simulated lines: presses on them, and the events that follow, each as it is described."""

import json

from tests.lab.guest import NOT_HURRIED, Guest
from tests.lab.witness import LabWitness
from tests.support.schema import check

CHIP = "board"
PATIENCE_S = 120


class Panel(LabWitness):
    """The service in the guest. Its lines are those of the chip "board", with these names."""

    def __init__(self, guest: Guest, *lines: str) -> None:
        super().__init__(guest)
        self.since, self.events = 0, []
        guest.drop_in("not-hurried", NOT_HURRIED)
        guest.chip(CHIP, *lines)
        guest.check("udevadm", "settle")

    def start(self, config: str) -> None:
        """Start it with this configuration, and return when it is ready."""
        self.guest.write("/etc/intercomd/intercomd.toml", config)
        self.guest.check("systemctl", "restart", "intercomd-guard", "intercomd", timeout_s=PATIENCE_S)
        self.guest.wait_for(lambda: self.ask("/v1/state")["appliance"]["ready"], "the station is ready", PATIENCE_S)
        self.forget()

    def ask(self, path):
        """What its interface answers."""
        return self.guest.ask(path) or {"appliance": {"ready": False}}

    # -- lines ---------------------------------------------------------------------------------------------------------

    def pull(self, line: int, to: str) -> None:
        """Move one of its lines."""
        self.guest.pull(CHIP, line, to)

    def play(self, *steps):
        """Move lines as quickly as the steps say: [line, way, seconds after it]; when each was, in the guest's time."""
        return json.loads(self.guest.check("python3", "/lab/programs/line_player.py", CHIP, given=json.dumps(steps)))

    def click(self, line: int) -> None:
        """Press a button that connects to ground, and let go of it."""
        self.play((line, "down", 0.1), (line, "up", 0.1))

    def shows(self, *lamps):
        """The lines of lamps come to these levels."""
        for line, level in lamps:
            self.guest.wait_for(
                lambda line=line, level=level: self.guest.level(CHIP, line) == level, f"line {line} is {level}"
            )

    def button(self, name):
        """Its part of the interface's answer."""
        return next(b for b in self.ask("/v1/panel")["buttons"] if b["id"] == name)

    # -- events --------------------------------------------------------------------------------------------------------

    def wait(self, kind, **data):
        """The first event of that type with these data that was not waited for yet; all are as they are described."""
        return self._take(kind, data) or self.guest.wait_for(
            lambda: self.fetch() and self._take(kind, data), f"{kind} {data or ''} (there were {self.types()})", 120
        )

    def fetch(self):
        """Whether more events came in 2 s; they are kept for `wait`."""
        answer = self.ask(f"/v1/events?since={self.since}&wait=2")
        self.since = answer["since"]
        for envelope in answer["events"]:
            check(envelope)
        self.events += answer["events"]
        return bool(answer["events"])

    def types(self):
        """Of the events that came and were not waited for."""
        return [envelope["type"] for envelope in self.events]

    def forget(self):
        """Events that came so far are not waited for."""
        self.since, self.events = self.ask("/v1/state")["last_event"], []

    def rest(self):
        """No call, no error that is shown, nothing that a test did not wait for."""
        idle = lambda: self.ask("/v1/state")["panel"]["picture"] == "idle"  # noqa: E731
        self.guest.wait_for(idle, "the station is at rest", PATIENCE_S)
        self.forget()

    def _take(self, kind, data):
        for number, envelope in enumerate(self.events):
            if envelope["type"] == kind and data.items() <= envelope["data"].items():
                del self.events[: number + 1]
                return envelope
        return None
