"""What a person writes who follows each recipe of CONTRIBUTING.md: its steps, as edits of files.

The features are small, and are in no version; `test_followed_recipes` writes them into copies of the tree.
"""

from typing import NamedTuple


class Edit(NamedTuple):
    """An edit by one step of a recipe.

    step: how the step begins, up to its colon; "": what the recipes share. added: is put behind `line`, which the file
    has once, or at its end if that is ""; instead: in its place.
    """

    step: str
    file: str
    line: str
    added: str
    instead: bool = False


class Recipe(NamedTuple):
    """A recipe's edits, the text that `make generated` then writes into a file, and the checks that pass."""

    edits: tuple[Edit, ...]
    written: tuple[str, str]
    checks: tuple[str, ...]


SUBJECT = "the core's folder of the subject"
CHANGES = "## [Unreleased]\n\n### Added\n"


def change(text: str, step: str = "") -> Edit:
    """The line for those who notice it."""
    return Edit(step, "CHANGELOG.md", CHANGES, f"\n- {text}\n")


SETTING = Recipe(
    (
        Edit(
            "`appliance/config/schema/`",
            "appliance/config/schema/panel.py",
            '        example="22:00-06:30",\n        live=True,\n    )\n',
            '    lamp_test_s: float = setting("Longest test of a lamp by a client.", '
            'unit="s", default=60.0, ge=1, le=60, live=True)\n',
        ),
        Edit(
            "`appliance/core/model/`",
            "appliance/core/model/station.py",
            "    times: Times = Times()\n",
            "    lamp_test_s: float = 60.0  # the longest test of a lamp\n",
        ),
        Edit(
            SUBJECT,
            "appliance/core/panel/self_tests.py",
            "turn.now + wanted.seconds,",
            "turn.now + min(wanted.seconds, turn.settings.lamp_test_s),",
            instead=True,
        ),
        Edit(
            "`appliance/config/core_settings.py`",
            "appliance/config/core_settings.py",
            "        times=times.current,\n",
            "        lamp_test_s=config.panel.lamp_test_s,\n",
        ),
        Edit(
            "`tests/config/test_load.py`",
            "tests/config/test_load.py",
            '    ("[sip]\\nport = -1", "sip.port = -1: must be a whole number from 0 to 65535"),\n',
            '    ("[panel]\\nlamp_test_s = 61", "panel.lamp_test_s = 61: must be a number from 1 to 60"),\n',
        ),
        Edit(
            "`tests/config/test_load.py`",
            "tests/config/test_load.py",
            "",
            "\n\ndef test_the_core_gets_the_longest_test_of_a_lamp():\n"
            '    config = check(tomli.loads("[panel]\\nlamp_test_s = 5.0"), "x")\n'
            "    assert core_settings(config).lamp_test_s == 5.0\n",
        ),
        Edit(
            "`tests/core/`",
            "tests/core/panel/test_trials.py",
            "",
            "\n\ndef test_a_lamp_is_tested_no_longer_than_its_setting_allows():\n"
            "    station = ready(lamp_test_s=2.0)\n"
            "    assert try_lamp(station, seconds=50.0).error is None\n"
            "    (trial,) = station.state.panel.lamp_trials\n"
            "    assert trial.until == station.state.now + 2.0\n",
        ),
        change("`panel.lamp_test_s`: the longest test of a lamp."),
    ),
    ("docs/reference/configuration.md", "`lamp_test_s`"),
    ("tests/config", "tests/core/panel"),
)

EVENT = Recipe(
    (
        Edit(
            "`appliance/core/events/`",
            "appliance/core/events/doors.py",
            '    TYPE = "door.hold_ending"\n    door: DoorId\n    seconds: float\n',
            '\n\nclass DoorReleased(Event):\n    """A client ended the hold of a door."""\n\n'
            '    TYPE = "door.released"\n    door: DoorId\n',
        ),
        Edit(
            SUBJECT,
            "appliance/core/doors/pulses.py",
            '        return f"Door {door.id} is not held open."\n',
            "    turn.emit(events.DoorReleased(door.id))\n",
        ),
        Edit(
            "`appliance/api/web/texts/`",
            "appliance/api/web/texts/en.json",
            '  "event.door.locked": "{door}: locked again",\n',
            '  "event.door.released": "{door}: no longer held open",\n',
        ),
        Edit(
            "`appliance/api/web/texts/`",
            "appliance/api/web/texts/de.json",
            '  "event.door.locked": "{door}: wieder zu",\n',
            '  "event.door.released": "{door}: wird nicht mehr offen gehalten",\n',
        ),
        Edit(
            "`appliance/api/web/texts/`",
            "appliance/api/web/texts/fr.json",
            '  "event.door.locked": "{door} : de nouveau verrouillée",\n',
            '  "event.door.released": "{door} : n\'est plus maintenue ouverte",\n',
        ),
        Edit(
            "`tests/core/`",
            "tests/core/doors/test_doors.py",
            '    assert door_events(station) == ["unlocked"]\n'
            "    guard(station, energised=False)\n"
            '    assert door_events(station) == ["unlocked", "locked"]\n'
            '    assert station.ask(inputs.ReleaseDoor(FRONT)).warning == "Door front is not held open."\n',
            '    assert door_events(station) == ["unlocked", "released"]\n'
            "    guard(station, energised=False)\n"
            '    assert door_events(station) == ["unlocked", "released", "locked"]\n'
            '    assert station.ask(inputs.ReleaseDoor(FRONT)).warning == "Door front is not held open."\n',
            instead=True,
        ),
        Edit(
            "`tests/core/`",
            "tests/core/doors/test_doors.py",
            "",
            "\n\ndef test_the_end_of_a_hold_is_reported_and_that_of_a_pulse_is_not():\n"
            "    station = ready()\n"
            "    station.ask(inputs.HoldDoor(FRONT, 60.0))\n"
            "    guard(station, energised=True)\n"
            "    station.ask(inputs.ReleaseDoor(FRONT))\n"
            "    assert station.last(events.DoorReleased).door == FRONT\n"
            "    station.ask(inputs.ReleaseDoor(GATE))\n"
            '    assert door_events(station).count("released") == 1\n',
        ),
        Edit(
            "`tests/daemon/`",
            "tests/daemon/doors/test_doors.py",
            "",
            '\n\n@shows("door.released")\ndef test_the_end_of_a_hold_is_reported(house):\n'
            '    house.post("/v1/doors/front/hold")\n'
            '    house.wait("door.unlocked", door="front", held=True)\n'
            '    house.post("/v1/doors/front/release")\n'
            '    house.wait("door.released", door="front")\n',
        ),
        change("`door.released`: a client ended the hold of a door."),
    ),
    ("docs/reference/events.md", "### `door.released`"),
    (
        *("tests/core/doors", "tests/api/test_page_texts.py", "tests/cli/test_story.py"),
        "tests/daemon/doors/test_doors.py::test_the_end_of_a_hold_is_reported",
    ),
)

ENDPOINT = Recipe(
    (
        Edit(
            "`appliance/core/inputs/`",
            "appliance/core/inputs/panel.py",
            "    dims: bool\n    colors: bool\n",
            '\n\nclass HideError(Action):\n    """Show no error on the panel any more."""\n\n'
            '    busy: Annotated[bool, Meta(description="Whether also that a press rings nobody.", '
            "examples=[False])] = True\n",
        ),
        Edit(
            SUBJECT,
            "appliance/core/panel/self_tests.py",
            "from appliance.base.errors import ErrorCode, IntercomError\n",
            "from msgspec.structs import replace\n\nfrom appliance.base.errors import ErrorCode, IntercomError\n",
            instead=True,
        ),
        Edit(
            SUBJECT,
            "appliance/core/panel/self_tests.py",
            "    return tuple(trial.until for trial in state.panel.lamp_trials)\n",
            "\n\ndef hide_error(turn: Turn, wanted: inputs.HideError, asked: inputs.Requested) -> Reply:\n"
            '    """Show no error on the panel any more."""\n'
            "    busy = None if wanted.busy else turn.panel.busy_until\n"
            "    turn.panel = replace(turn.panel, error_until=None, busy_until=busy)\n"
            "    return Reply(asked.request)\n",
        ),
        Edit(
            SUBJECT,
            "appliance/core/panel/room.py",
            "    asks(inputs.TestLamp, self_tests.lamp),\n",
            "    asks(inputs.HideError, self_tests.hide_error),\n",
        ),
        Edit(
            "`appliance/orders/`",
            "appliance/orders/table.py",
            '    Order("add_token", NEW_TOKEN, "POST", by_hand=True),\n',
            "    Order(\n"
            '        *("hide_error", PANEL, "POST error/hide", inputs.HideError),\n'
            '        body=("HideError", "Which errors to hide."),\n'
            '        title="Hide an error",\n'
            '        bus="no: for programs that show it elsewhere",\n'
            '        command="hide-error",\n'
            '        panel="no: it hides by itself",\n'
            '        page="no: it hides by itself",\n'
            "    ),\n",
        ),
        Edit("`appliance/orders/`", "appliance/orders/table.py", "    OPERATIONS,\n", "    PANEL,\n"),
        Edit(
            "`appliance/orders/`",
            "appliance/orders/subjects.py",
            'AUDIO = Subject("/v1/audio", "audio", (CALL,))\n',
            'PANEL = Subject("/v1/panel", "panel", (ADMIN,))\n',
        ),
        Edit(
            "`tests/core/`",
            "tests/core/panel/test_trials.py",
            "",
            "\n\ndef test_an_error_is_hidden_when_a_client_wants_it():\n"
            "    station = ready()\n"
            "    shown = replace(station.state.panel, error_until=200.0, busy_until=200.0)\n"
            "    station.state = replace(station.state, panel=shown)\n"
            "    assert station.ask(inputs.HideError(busy=False)).error is None\n"
            "    assert (station.state.panel.error_until, station.state.panel.busy_until) == (None, 200.0)\n"
            "    station.ask(inputs.HideError())\n"
            "    assert station.state.panel.busy_until is None\n",
        ),
        Edit(
            "`tests/daemon/`",
            "tests/daemon/doors/test_doors.py",
            "",
            '\n\n@shows("POST /v1/panel/error/hide")\ndef test_a_client_hides_an_error(house):\n'
            '    house.post("/v1/panel/error/hide")\n'
            '    assert house.get("/v1/panel")["picture"] != "error"\n',
        ),
        change("`POST /v1/panel/error/hide` takes an error off the panel."),
    ),
    ("docs/reference/openapi.json", '"/v1/panel/error/hide"'),
    (
        *(
            "tests/core/panel",
            "tests/core/test_requests.py",
            "tests/api/test_resources.py",
            "tests/api/test_openapi.py",
        ),
        *(
            "tests/cli/test_overview.py",
            "tests/cli/test_ordered.py",
            "tests/daemon/doors/test_doors.py::test_a_client_hides_an_error",
        ),
    ),
)

RULE = Recipe(
    (
        Edit(
            "`appliance/core/model/`",
            "appliance/core/model/access.py",
            "    discarded: tuple[tuple[ReaderId, int], ...] = ()  # readings of each reader that were not a card\n",
            "    discarded_until: Deadline | None = None  # then they are counted from zero again\n",
        ),
        Edit(
            SUBJECT,
            "appliance/core/access/card_readers.py",
            "    DISCARDED.put(turn, (given.reader, count))\n",
            "    until = turn.access.discarded_until or turn.now + turn.settings.times.discards_forgotten_s\n"
            "    turn.access = replace(turn.access, discarded_until=until)\n",
        ),
        Edit(
            SUBJECT,
            "appliance/core/access/card_readers.py",
            "",
            "\n\ndef forget_discards(turn: Turn) -> None:\n"
            '    """Count readings that were not a card from zero again."""\n'
            "    if turn.access.discarded_until is not None and turn.now >= turn.access.discarded_until:\n"
            "        turn.access = replace(turn.access, discarded=(), discarded_until=None)\n",
        ),
        Edit(
            "`appliance/base/times.py`",
            "appliance/base/times.py",
            "    ring_cycle_s: Again = 2.0  "
            "# between two cycles of a ring, so that phones that refuse at once have a pause\n",
            f"    # -- core: access {'-' * 98}\n"
            "    discards_forgotten_s: Again = 86_400.0  # from the first reading that was not a card\n",
        ),
        Edit(
            "`room.py` of the subject",
            "appliance/core/access/room.py",
            "        codes.due(turn)\n",
            "    card_readers.forget_discards(turn)\n",
        ),
        Edit(
            "`room.py` of the subject",
            "appliance/core/access/room.py",
            "        *(keeping.until for keeping in state.access.pending_writes),\n",
            "        state.access.discarded_until,\n",
        ),
        Edit(
            "`tests/core/`",
            "tests/core/access/test_readers.py",
            "",
            "\n\ndef test_what_was_no_card_is_forgotten_after_a_day():\n"
            "    def counted():\n"
            '        return sent.snapshot(station.state, 0.0)["panel"]["readers"][0]["discarded"]\n\n'
            "    station = ready()\n"
            '    station.give(inputs.ReadingDiscarded, reader="gate", count=2, why="25 bits came")\n'
            "    assert counted() == 2\n"
            "    station.wait(86_400.0)\n"
            "    assert (counted(), station.desired.wake_at) == (0, None)\n",
        ),
        change("Readings that were not a card are counted from zero again after a day."),
    ),
    ("CHANGELOG.md", "counted from zero again"),
    ("tests/core/access", "tests/base"),
)

LAMP_PICTURE = Recipe(
    (
        Edit(
            "`appliance/core/model/panel.py`",
            "appliance/core/model/panel.py",
            '    ERROR = "error"\n',
            '    STOPPING = "stopping"\n',
        ),
        Edit(
            "`appliance/core/panel/indications.py`",
            "appliance/core/panel/indications.py",
            "    now, true = situation(state), []\n",
            "    if state.appliance.stopping:\n        true.append(Picture.STOPPING)\n",
        ),
        Edit(
            "`appliance/config/schema/lamps.py`",
            "appliance/config/schema/lamps.py",
            '    error: Pattern = _pattern("A call failed, or a part does not work.")\n',
            '    stopping: Pattern | None = _pattern("The station is being stopped.", None)\n',
        ),
        Edit(
            "`appliance/api/web/texts/`",
            "appliance/api/web/texts/en.json",
            '  "picture.idle": "Ready",\n',
            '  "picture.stopping": "Stopping",\n',
        ),
        Edit(
            "`appliance/api/web/texts/`",
            "appliance/api/web/texts/de.json",
            '  "picture.idle": "Bereit",\n',
            '  "picture.stopping": "Wird beendet",\n',
        ),
        Edit(
            "`appliance/api/web/texts/`",
            "appliance/api/web/texts/fr.json",
            '  "picture.idle": "Prêt",\n',
            '  "picture.stopping": "S\'arrête",\n',
        ),
        Edit(
            "`tests/core/test_views.py`",
            "tests/core/test_views.py",
            "",
            "\n\ndef test_a_station_that_stops_shows_it():\n"
            "    state = replace(READY, appliance=replace(READY.appliance, stopping=True))\n"
            "    assert indications.pictures(state)[0] is Picture.STOPPING\n",
        ),
        change("A lamp shows that the station stops: `stopping`.", "`CHANGELOG.md`"),
    ),
    ("docs/reference/configuration.md", "stopping"),
    ("tests/api/test_page_texts.py", "tests/core/test_views.py", "tests/core/panel", "tests/config/test_load.py"),
)

RECIPES = {
    "A setting": SETTING,
    "An event": EVENT,
    "An endpoint": ENDPOINT,
    "A rule": RULE,
    "A lamp picture": LAMP_PICTURE,
}
