"""A SIP process killed amid something: what must hold afterwards, whatever it was, and what each party saw of it.

A course is a generator over what goes on in a house. It stops at its moments, one further in each run of it. A moment
is a name, for how many seconds at most all goes on by itself before the kill comes, and what the baresips then see of
the end of their calls with us: None where that hangs on when exactly it comes.
"""

import os
import random
import signal
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.daemon import FINAL, Daemon, loopback
from tests.support.peers.baresip import Baresip
from tests.support.peers.sipp import Sipp
from tests.support.waiting import pause, until

PATIENCE_S = 120.0  # a 200 whose ACK died with the process is repeated for 32 s before the far end gives up
GIVES_UP_S = 25  # a far end that rings, and heard of nothing
PULSE_S = 0.5
AWHILE_S = 0.15
TOLD, REFUSED, DONE = "BYE or CANCEL", "480", "that its transfer went well"
WORDS = {
    "Connection reset by peer": TOLD,
    "480 Temporarily Unavailable": REFUSED,
    "Call transfered": DONE,
    "Connection reset by user": "its own hang-up",
}
OUTCOMES = {"call.transferred", "call.transfer_failed"}
SETTINGS = {
    "sip": {"callers": "anyone", "transfer_policy": "follow"},
    "door": {"front": {"pulse_s": PULSE_S}},
    "deadlines": {"disconnecting_s": 30},
}


class House:
    """Our station, three baresips, and SIPps as they are needed.

    run: which of a course's moments is the last one. go_on: the baresips have a call of their own then, and keep it.
    """

    def __init__(self, directory, stack):
        self.directory, self._stack = directory, stack
        directory.mkdir()
        self.door = stack.enter_context(Daemon(directory / "d", **SETTINGS))
        self.one = self._baresip("one", self.door.far_address, self.door.far_port, hertz=400)
        self.two = self._baresip("two", loopback(), hertz=600)
        self.three = self._baresip("three", loopback(), hertz=900)
        self.begin(0)

    def begin(self, run):
        """What comes from now on is looked at."""
        self.run, self.parties, self.go_on = run, {}, False
        self._before = {name for peer in self.baresips.values() for name in peer.ends()}
        for peer in self.baresips.values():
            peer.events.clear()  # one that the killed process had just referred may have called another by itself

    @property
    def baresips(self):
        return {"one": self.one, "two": self.two, "three": self.three}

    def _baresip(self, name, *where, **how):
        (self.directory / name).mkdir()
        return self._stack.enter_context(Baresip(self.directory / name, *where, gives_up_s=GIVES_UP_S, **how))

    def sipp(self, name, scenario, **options):
        """A party of this run, which waits for what its scenario ends with."""
        directory = self.directory / f"{name}-{self.run}"
        directory.mkdir()
        self.parties[name] = self._stack.enter_context(Sipp(directory, scenario, ring=0, **options))
        return self.parties[name]

    def calls(self, peer):
        """The id of a call with a SIPp."""
        return self.door.talk(self.door.post("/v1/calls", {"to": peer.uri})["id"])

    def calls_one(self):
        """The id of a call with the first baresip."""
        call = self.door.ring()
        self.one.wait("CALL_INCOMING")
        self.one.command("accept")
        return self.door.talk(call)

    def seen(self):
        """What each of the baresips saw end its call with us; then what they have with each other is ended."""
        seen = {}
        for name, peer in self.baresips.items():
            ends = [end for call, end in ended(peer, self.door).items() if call not in self._before]
            seen |= {name: WORDS.get(ends[-1], ends[-1])} if ends else {}
        if self.go_on:
            assert not all(end for peer in self.baresips.values() for end in peer.ends().values())
        for peer in self.baresips.values():
            peer.command("hangup")
        for peer in self.baresips.values():
            until(lambda p=peer: all(p.ends().values()), "the end of their own calls", PATIENCE_S)
        return seen


def uri(peer):
    """Of a baresip."""
    return f"sip:far@{peer.address}:{peer.port}"


def in_turn(directory, course, runs, look=lambda door: None):
    """The course, killed at each of its moments; what was in them is over, which `look` sees to.

    Reports when, and what each party saw.
    """
    chance, told = random.Random(course.__name__), []
    with ExitStack() as stack:
        house = House(directory, stack)
        for run in range(runs):
            house.begin(run)
            steps = course(house)
            moment, awhile, expected = [next(steps) for _ in range(run + 1)][-1]
            seconds = chance.uniform(0, awhile)
            with killed(house.door, seconds) as calls:
                if not awhile:
                    died(house.door, *calls)
                for peer in house.parties.values():
                    peer.done()
                seen = house.seen()
            look(house.door)
            assert expected is None or seen == expected, moment
            told.append(f"{moment} and {seconds:.2f} s: {seen | dict.fromkeys(house.parties, 'what it waited for')}")
            call_again(house.door, directory / f"again-{run}")
    return "; ".join(told)


@contextmanager
def killed(door, seconds=0.0):
    """In so many seconds the SIP process dies; then the block looks at the far ends, and all is as it has to be.

    Gives the ids of the calls there were.
    """
    pause(seconds)
    door.post("/v1/doors/front/open")
    calls = [call["id"] for call in door.get("/v1/calls")["calls"]]
    os.kill(door.sip(), signal.SIGKILL)
    door.wait("appliance.recovered", part="sip")
    yield calls
    door.settle()
    assert door.process.poll() is None, door.log[-3000:]
    ends_are_told(door)
    until(lambda: door.get("/v1/panel")["picture"] == "idle", "a panel at rest")
    until(lambda: Path(door.directory / "relay-front").read_text()[:1] == "0", "a relay at rest")


def ends_are_told(door):
    """Each call is over for one reason of these, without the microphone; each transfer has come to one outcome."""
    for event in door.since:
        if event["type"] in FINAL:
            assert event["data"]["cause"] in {"error", "transferred", "replaced", "hangup"}, door.story(event["call"])
            active = [e["data"]["new"] for e in door.of("call.active_changed", event["call"])]
            assert active[-1:] in ([], [False]), active
        if event["type"] == "call.transferring":
            outcomes = [e["type"] for e in door.since if e["call"] == event["call"] and e["type"] in OUTCOMES]
            assert len(outcomes) == 1, door.story(event["call"])


def died(door, *calls):
    """They ended by the process's death, and by nothing else."""
    for call in calls:
        door.final(call, cause="error", by="device")


def ended(peer, door):
    """The end of each of a baresip's calls with us, as it saw it, once all have ended."""
    until(lambda: all(peer.ends(f"{door.user}@").values()), f"the end of the calls at {peer.hertz} Hz", PATIENCE_S)
    return peer.ends(f"{door.user}@")


def call_again(door, directory):
    """A call like any other: placed, answered, ended."""
    directory.mkdir()
    door.begin()
    with Sipp(directory, "uas-answer", ring=0) as peer:
        call = door.talk(door.post("/v1/calls", {"to": peer.uri})["id"])
        door.post(f"/v1/calls/{call}/hangup")
        door.final(call, kind="call.ended", cause="hangup", by="local")
        peer.done()
    door.settle()
    door.begin()
