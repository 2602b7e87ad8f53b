"""A station for tests: every kind of button, two doors, a target that may open one of them."""

import itertools
from dataclasses import dataclass, field

from msgspec.structs import replace

from appliance.core import desired_state, events, inputs
from appliance.core.desired import Desired
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    Call,
    CallId,
    Codec,
    DoorId,
    DoorSettings,
    KeypadId,
    KeypadSettings,
    LampId,
    LampSettings,
    MediaDirection,
    Pattern,
    Picture,
    ReaderId,
    ReaderSettings,
    RequestId,
    Settings,
    State,
    Target,
)
from appliance.core.orders import Order, Reply
from tests.core.rules import checked

FRONT, GATE = DoorId("front"), DoorId("gate")
KITCHEN = "sip:kitchen@127.0.0.2:5060"
PCMA = Codec("PCMA", 8000)
LONGEST = 92  # seconds that our call waits for an answer: dialing and ringing

SETTINGS = Settings(
    station="Front door",
    buttons=(
        ButtonSettings(ButtonId("ring"), Action.RING, target="kitchen"),
        ButtonSettings(ButtonId("answer"), Action.ANSWER, long_action=Action.HANGUP),
        ButtonSettings(ButtonId("hangup"), Action.HANGUP),
        ButtonSettings(ButtonId("hold"), Action.HOLD),
        ButtonSettings(ButtonId("switch"), Action.SWITCH),
        ButtonSettings(ButtonId("exit"), Action.DOOR, door=FRONT),
        ButtonSettings(ButtonId("out"), Action.EXIT, door=FRONT),
        ButtonSettings(ButtonId("far"), Action.DOOR, digits="9"),
        ButtonSettings(ButtonId("light"), Action.NONE),
        ButtonSettings(ButtonId("louder"), Action.VOLUME_UP),
        ButtonSettings(ButtonId("quieter"), Action.VOLUME_DOWN),
        ButtonSettings(ButtonId("test"), Action.AUDIO_TEST),
        ButtonSettings(ButtonId("talk"), Action.TALK),
    ),
    lamps=(
        LampSettings(LampId("status"), tuple((picture, Pattern.ON) for picture in Picture)),
        LampSettings(LampId("call"), ((Picture.IN_CALL, Pattern.ON), (Picture.DIALING, Pattern.SLOW))),
    ),
    keypads=(KeypadSettings(KeypadId("gate")),),
    readers=(ReaderSettings(ReaderId("gate")), ReaderSettings(ReaderId("office"), tell_numbers=True)),
    doors=(
        DoorSettings(FRONT, pulse_s=3.0, max_s=10.0, digits="12#", max_hold_s=600.0),
        DoorSettings(GATE, digits="7"),
    ),
    targets=(Target("kitchen", KITCHEN, doors=(FRONT,)), Target("office", "sip:office.example")),
    record=True,
)


@dataclass
class Station:
    """A core that is driven by sentences; every step is held against the rules."""

    state: State = field(default_factory=lambda: State(SETTINGS, now=100.0))
    told: list[events.Event] = field(default_factory=list)
    ordered: list[Order] = field(default_factory=list)
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def give(self, kind: type[inputs.Input], after: float = 0.0, **fields) -> "Station":
        """An input, some seconds after the one before."""
        given = kind(at=self.state.now + after, fresh=f"{next(self.numbers):026}", **fields)
        taken = checked(self.state, given)
        self.state = taken.state
        self.told += taken.events
        self.ordered += taken.orders
        return self

    def wait(self, seconds: float) -> "Station":
        """Let time pass, as the reactor does: a Tick at each deadline."""
        end = self.state.now + seconds
        while (wake := self.desired.wake_at) is not None and wake <= end:
            self.give(inputs.Tick, max(0.0, wake - self.state.now))
        return self.give(inputs.Tick, max(0.0, end - self.state.now))

    def ask(self, action: inputs.Action, who: str = "test") -> Reply:
        """A client's request and its reply."""
        request = RequestId(f"q{next(self.numbers)}")
        self.give(inputs.Requested, request=request, who=who, action=action)
        (reply,) = (order for order in self.ordered if isinstance(order, Reply) and order.request == request)
        return reply

    def press(self, button: str, seconds: float = 0.1) -> "Station":
        """A finger on a button, then off."""
        self.give(inputs.ButtonEdge, 0.1, button=button, active=True)
        self.wait(seconds)
        self.give(inputs.ButtonEdge, button=button, active=False)
        return self.wait(0.1)

    def arrive(
        self, call: str = "c-in", uri: str = KITCHEN, source: str = "127.0.0.2:5060", **more: object
    ) -> Call | None:
        """An INVITE."""
        self.give(
            inputs.CallArrived,
            call=CallId(call),
            uri=uri,
            display_name="",
            source=source,
            local_uri="sip:front@x",
            **more,
        )
        return self.state.calls.get(CallId(call))

    def dialled(self) -> Call:
        """Ring the kitchen."""
        self.press("ring")
        return self.call

    def talking(self) -> Call:
        """Ring the kitchen; it answers."""
        call = self.dialled()
        self.give(inputs.CallProgressed, call=call.id, code=180, early_media=False)
        self.give(inputs.CallAnswered, call=call.id)
        self.give(inputs.CallConfirmed, call=call.id)
        self.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=False)
        return self.heard(call.id)

    def heard(self, call: CallId) -> Call:
        """The first packets of a call go both ways."""
        for direction in MediaDirection:
            self.give(inputs.RtpStarted, call=call, direction=direction)
        return self.state.calls.get(call)

    @property
    def call(self) -> Call:
        """The only call."""
        (call,) = self.state.calls.living
        return call

    @property
    def desired(self) -> Desired:
        """What should hold now."""
        return desired_state.desired(self.state)

    def types(self) -> list[str]:
        """The types of all events so far."""
        return [event.TYPE for event in self.told]

    def last(self, kind):
        """The newest event of a type."""
        return next(event for event in reversed(self.told) if type(event) is kind)

    def orders(self, kind) -> list:
        """The orders of a kind."""
        return [order for order in self.ordered if isinstance(order, kind)]


def ready(**changes) -> Station:
    """A station whose SIP process and relay guard are there; `changes` to its settings."""
    station = Station(State(replace(SETTINGS, **changes), now=100.0))
    station.give(inputs.Started, version="1")
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    return station.give(inputs.GuardReady)
