"""Inputs of the core that stand for visitors: what `step` is measured with."""

from appliance.core import inputs
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    CallId,
    Codec,
    DigitMethod,
    LampId,
    LampSettings,
    Pattern,
    Picture,
    Quality,
    Settings,
    Target,
)

INPUTS_OF_A_VISIT = 12

SETTINGS = Settings(
    station="Bench",
    buttons=(ButtonSettings(ButtonId("ring"), Action.RING, target="kitchen"),),
    lamps=(LampSettings(LampId("status"), tuple((picture, Pattern.ON) for picture in Picture)),),
    targets=(Target("kitchen", "sip:kitchen@192.0.2.1"),),
)


def visits(number: int) -> list[inputs.Input]:
    """The core's inputs while `number` visitors ring and are answered, one after another."""
    given: list[inputs.Input] = [inputs.SipReady(at=0.0, fresh="ready", address="192.0.2.2:5060")]
    ring = ButtonId("ring")
    for visit in range(number):
        at, fresh = 100.0 * (visit + 1), [f"{visit * INPUTS_OF_A_VISIT + n:026}" for n in range(INPUTS_OF_A_VISIT)]
        call = CallId(f"c-{fresh[0]}")
        given += [
            inputs.ButtonEdge(at=at, fresh=fresh[0], button=ring, active=True),
            inputs.CallProgressed(at=at + 0.1, fresh=fresh[1], call=call, code=180, early_media=False),
            inputs.ButtonEdge(at=at + 0.2, fresh=fresh[2], button=ring, active=False),
            inputs.Tick(at=at + 0.3, fresh=fresh[3]),
            inputs.CallAnswered(at=at + 5, fresh=fresh[4], call=call),
            inputs.CallConfirmed(at=at + 5, fresh=fresh[5], call=call),
            inputs.MediaStarted(at=at + 5, fresh=fresh[6], call=call, codec=Codec("opus", 48000), held=False),
            inputs.MediaCounted(at=at + 6, fresh=fresh[7], call=call, quality=Quality(50, 0, 1.0)),
            inputs.DigitReceived(
                at=at + 7, fresh=fresh[8], call=call, digit="1", method=DigitMethod.RFC4733, duration_ms=100
            ),
            inputs.MediaCounted(at=at + 7, fresh=fresh[9], call=call, quality=Quality(100, 0, 1.0)),
            inputs.CallEnded(at=at + 9, fresh=fresh[10], call=call, code=200, reason="OK", remote=True),
            inputs.Tick(at=at + 50, fresh=fresh[11]),
        ]
    return given


def rings(number: int) -> list[inputs.Input]:
    """The core's inputs while `number` callers ring the station and give up, one after another."""
    given: list[inputs.Input] = [inputs.SipReady(at=0.0, fresh="ready", address="192.0.2.2:5060")]
    for ring in range(number):
        at, call = 10.0 * (ring + 1), CallId(f"c-{ring:026}")
        given += [
            inputs.CallArrived(
                at=at,
                call=call,
                uri="sip:kitchen@192.0.2.1",
                display_name="Kitchen",
                source="192.0.2.1:5060",
                local_uri="",
            ),
            inputs.CallEnded(at=at + 1, call=call, code=487, reason="Request Terminated", remote=True),
        ]
    return given
