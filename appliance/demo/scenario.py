"""The scripted call as a table: actions at the panels, and their expected effects, in events and on the wire."""

from collections.abc import Awaitable, Callable

from appliance.base.record import Record
from appliance.demo import expectations
from appliance.demo.expectations import (
    FRONT,
    KITCHEN,
    Scene,
    Sight,
    by,
    door_ready,
    event,
    lamp,
    packets,
    page,
    relay,
    wire,
)


class ScenarioStep(Record):
    """A step of the call. act: returns the moment (CLOCK_MONOTONIC) from which its times count."""

    name: str
    text: str
    act: Callable[[Scene], Awaitable[float]]
    sights: tuple[Sight, ...]


def press(side: str, button: str) -> Callable[[Scene], Awaitable[float]]:
    """Press a button of that side's panel for 0.1 s."""
    return lambda scene: scene[side].station.press(button)


STEPS = (
    ScenarioStep(
        "ready",
        "Both stations start",
        expectations.now,
        (
            event(FRONT, "appliance.ready"),
            event(KITCHEN, "appliance.ready"),
            page(FRONT),
            page(KITCHEN),
            door_ready(FRONT, "front"),
        ),
    ),
    ScenarioStep(
        "ring",
        "A visitor presses the button at the Front door: the Kitchen rings",
        press(FRONT, "ring"),
        (
            event(FRONT, "button.pressed", button="ring"),
            event(FRONT, "call.dialing", target="kitchen"),
            event(FRONT, "lamp.changed", lamp="ring", pattern="slow"),
            lamp(FRONT, "ring"),
            wire(KITCHEN, "INVITE", direction="sendrecv", digits=True),
            event(KITCHEN, "call.incoming", target="front"),
            event(KITCHEN, "call.ringing"),
            lamp(KITCHEN, "ringing", lit=True),
            by(KITCHEN, "the ringing tone plays", ("panel", "tone"), "ringing"),
            wire(FRONT, "INVITE", 180),
            event(FRONT, "call.ringing"),
        ),
    ),
    ScenarioStep(
        "answer",
        "Somebody in the Kitchen answers",
        press(KITCHEN, "answer"),
        (
            event(KITCHEN, "call.answering", who="button answer"),
            wire(FRONT, "INVITE", 200, direction="sendrecv", digits=True),
            wire(KITCHEN, "ACK"),
            event(FRONT, "call.connected"),
            event(KITCHEN, "call.connected"),
            event(FRONT, "media.started"),
            event(KITCHEN, "media.started"),
            event(FRONT, "recording.started"),
            lamp(FRONT, "speak", lit=True),
            lamp(KITCHEN, "call", lit=True),
        ),
    ),
    ScenarioStep("talk", "They talk", expectations.now, (packets(FRONT, 100), packets(KITCHEN, 100))),
    ScenarioStep(
        "hold",
        "The Kitchen holds the call",
        press(KITCHEN, "hold"),
        (
            event(KITCHEN, "call.held", by="local"),
            wire(FRONT, "INVITE", direction="sendonly", again=True),
            event(FRONT, "call.held", by="remote"),
            wire(KITCHEN, "INVITE", 200, direction="recvonly", again=True),
            lamp(KITCHEN, "call", lit=False),
            by(FRONT, "the panel shows that it is held", ("panel", "picture"), "held"),
        ),
    ),
    ScenarioStep(
        "resume",
        "The Kitchen takes it back",
        press(KITCHEN, "hold"),
        (
            event(KITCHEN, "call.resumed", by="local"),
            wire(FRONT, "INVITE", direction="sendrecv", again=True),
            event(FRONT, "call.resumed", by="remote"),
            wire(KITCHEN, "INVITE", 200, direction="sendrecv", again=True),
            packets(FRONT, 25),
            packets(KITCHEN, 25),
        ),
    ),
    ScenarioStep(
        "door",
        "The Kitchen opens the Front door",
        press(KITCHEN, "door"),
        (
            event(KITCHEN, "dtmf.sending", count=1),
            event(FRONT, "dtmf.received", method="rfc4733", masked=True),
            event(FRONT, "door.unlocked", door="front", by="digits of kitchen"),
            relay(FRONT, "front", energised=True),
            lamp(FRONT, "open", lit=True),
            event(KITCHEN, "dtmf.sent"),
            event(FRONT, "door.locked", door="front"),
            relay(FRONT, "front", energised=False),
            lamp(FRONT, "open", lit=False),
        ),
    ),
    ScenarioStep(
        "hangup",
        "The Kitchen hangs up",
        press(KITCHEN, "hangup"),
        (
            event(KITCHEN, "call.disconnecting", cause="hangup"),
            wire(FRONT, "BYE"),
            wire(KITCHEN, "BYE", 200),
            event(FRONT, "call.ended", cause="hangup", by="remote"),
            event(KITCHEN, "call.ended", cause="hangup", by="local"),
            lamp(KITCHEN, "call", lit=False),
            lamp(FRONT, "speak", lit=False),
        ),
    ),
    ScenarioStep(
        "recording",
        "The recording of the call is available",
        expectations.now,
        (
            event(FRONT, "recording.stopped", earlier=True),
            event(FRONT, "recording.available", earlier=True),
            expectations.speech(FRONT),
        ),
    ),
)
