"""Names for people stand beside the ids of parts: in the state, in calls, in the data of events."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.events import EVENTS
from appliance.core.events.names import Names, named
from appliance.core.model import (
    AccountId,
    AccountSettings,
    ButtonId,
    CallId,
    CredentialId,
    CredentialKind,
    DoorId,
    LampId,
    OpenedBy,
    Pattern,
    RingId,
)
from appliance.core.summaries import summary
from tests.core import sent
from tests.core.sent import call_view, logged_call
from tests.core.station import FRONT, GATE, SETTINGS, Station, ready

OFFICE = AccountSettings(AccountId("office"), "201", "pbx.example", "pbx.example:5060", display_name="House PBX")
NAMED = replace(
    SETTINGS,
    doors=tuple(replace(door, display_name="Haustür") if door.id == FRONT else door for door in SETTINGS.doors),
    buttons=tuple(replace(each, display_name="Bell") if each.id == "ring" else each for each in SETTINGS.buttons),
    lamps=tuple(replace(each, display_name="Status") if each.id == "status" else each for each in SETTINGS.lamps),
    targets=tuple(replace(each, display_name="Küche") if each.name == "kitchen" else each for each in SETTINGS.targets),
    accounts=(OFFICE, replace(OFFICE, name=AccountId("home"), display_name="")),
)
UNLOCKED = events.DoorUnlocked(FRONT, by="button exit", means=OpenedBy.BUTTON, seconds=3.0, held=False)
CODE = events.CodeAdded(CredentialId("k"), CredentialKind.CODE, "Anna", (GATE, FRONT), by="http:token")
RING, LAMP = ButtonId("ring"), LampId("status")
DIALING = events.CallDialing(CallId("c-1"), to="sip:k@h", target="kitchen", button=RING)


@pytest.mark.parametrize(
    ("event", "beside"),
    [
        (UNLOCKED, {"door_name": "Haustür"}),
        (replace(UNLOCKED, door=GATE), {}),
        (replace(UNLOCKED, door=DoorId("gone")), {}),
        (CODE, {"door_names": ["gate", "Haustür"]}),
        (replace(CODE, doors=(GATE,)), {}),
        (replace(CODE, doors=()), {}),
        (events.ButtonPressed(RING, 1.0), {"button_name": "Bell"}),
        (events.ButtonChord("both", (RING, ButtonId("answer")), 1.0), {"button_names": ["Bell", "answer"]}),
        (events.LampChanged(LAMP, Pattern.ON, None, 100), {"lamp_name": "Status"}),
        (events.AccountUnregistered(AccountId("office")), {"account_name": "House PBX"}),
        (events.AccountUnregistered(AccountId("home")), {}),
        (DIALING, {"target_name": "Küche", "button_name": "Bell"}),
        (replace(DIALING, target="", button=None), {}),
        (events.RingStarted(RingId("r"), RING, to="kitchen"), {"to_name": "Küche", "button_name": "Bell"}),
        (events.RingStarted(RingId("r"), ButtonId("keypad"), to="flat 12"), {}),
        (events.ApplianceStopping(), {}),
    ],
)
def test_an_event_has_the_names_of_its_parts_beside_their_ids(event, beside):
    assert Names(NAMED).beside(event) == beside
    assert Names(SETTINGS).beside(event) == {}


def test_a_name_never_takes_the_place_of_a_field():
    for kind in EVENTS.values():
        keys = [each.key for each in named(kind)]
        assert not {*keys} & {field.rstrip("_") for field in kind.__struct_fields__}
        assert len(set(keys)) == len(keys)


def test_the_state_has_the_name_of_each_part_and_null_without_one():
    shown = sent.snapshot(replace(ready().state, settings=NAMED), 0.0)

    def names_of(parts, key="id", name="name"):
        return {part[key]: part[name] for part in parts}

    assert names_of(shown["doors"]) == {"front": "Haustür", "gate": None}
    buttons, lamps = names_of(shown["panel"]["buttons"]), names_of(shown["panel"]["lamps"])
    assert (buttons["ring"], buttons["answer"]) == ("Bell", None)
    assert (lamps["status"], lamps["call"]) == ("Status", None)
    assert names_of(shown["accounts"], "name", "display_name") == {"office": "House PBX", "home": None}
    for parts in (shown["targets"], shown["contacts"]):
        assert names_of(parts, "name", "display_name")["kitchen"] == "Küche"


def test_a_call_names_its_target_also_in_the_log():
    station: Station = ready()
    station.state = replace(station.state, settings=NAMED)
    station.press("ring")
    (call,) = station.state.calls.living
    assert call_view(station.state, call, 100.0, 0.0)["remote"]["target_name"] == "Küche"
    assert logged_call(call, 101.0, 0.0, missed=False)["remote"]["target_name"] == "Küche"
    assert summary(call) == "calling Küche"
    station.arrive()
    incoming = next(each for each in station.state.calls.living if each.direction == "incoming")
    assert (incoming.remote.target, incoming.remote.target_name) == ("kitchen", "Küche")


def test_a_call_without_a_target_has_no_name():
    station = ready()
    station.ask(inputs.Dial("sip:stranger@192.0.2.77"))
    (call,) = station.state.calls.living
    assert call_view(station.state, call, 100.0, 0.0)["remote"]["target_name"] is None
