"""Names for people: which are accepted, and what an error says of the character that is not."""

import pytest

from appliance.base.errors import ErrorCode, IntercomError
from appliance.config.core_settings import core_settings
from appliance.config.load import check
from appliance.config.reload import merge

NAMES = (
    *("Front door", "Haustür", "Вход", "前门", "باب", "घर", "Ελλάδα", "Tür „links“", '<b>Bell</b> & "co"', "'; --"),
    *("🏠", "👨\u200d👩\u200d👧 Müller", "⛔\ufe0f", "\u0645\u06cc\u200c\u0634\u0648\u062f", "e\u0301tage"),
    *("x", "x" * 64),
)
# A name, the character of it that the error names, and why.
REFUSED = {
    "a\nb": "U+000A (unnamed)",
    "a\tb": "U+0009 (unnamed)",
    "\x1b[31mred": "U+001B (unnamed)",
    "a\x7f": "U+007F (unnamed)",
    "a\x9b": "U+009B (unnamed)",
    "front\u202edoor": "U+202E (RIGHT-TO-LEFT OVERRIDE)",
    "front\u202adoor": "U+202A (LEFT-TO-RIGHT EMBEDDING)",
    "\u2066front\u2069": "U+2066 (LEFT-TO-RIGHT ISOLATE)",
    "front\u200f": "U+200F (RIGHT-TO-LEFT MARK)",
    "front\u2028door": "U+2028 (LINE SEPARATOR)",
    "\ufefffront": "U+FEFF (ZERO WIDTH NO-BREAK SPACE)",
    "soft\u00adhyphen": "U+00AD (SOFT HYPHEN)",
    "front\u00a0door": "U+00A0 (NO-BREAK SPACE)",
    "\ue000": "U+E000 (unnamed)",
}
TABLES = ("door.front", "panel.button.bell", "panel.lamp.status", "target.kitchen", "account.house")


def config(place, name):
    """A configuration whose part at `place` has that name."""
    raw = {
        "panel": {"lines": "simulated", "button": {"bell": {"action": "answer"}}, "lamp": {"status": {}}},
        "door": {"front": {}},
        "target": {"kitchen": {"uri": "sip:kitchen@192.0.2.8"}},
        "account": {"house": {"user": "201", "registrar": "pbx.example", "password_file": "/p"}},
    }
    table = raw
    for key in place.split("."):
        table = table[key]
    table["name"] = name
    return raw


def display_names(checked):
    """What the core calls the part of each of `TABLES`."""
    core = core_settings(checked)
    parts = (core.doors, core.buttons, core.lamps, core.targets, core.accounts)
    return [each.display_name for (each,) in parts]


def refusal(place, name):
    with pytest.raises(IntercomError) as caught:
        check(config(place, name), "intercomd.toml")
    assert caught.value.code is ErrorCode.CONFIG_INVALID
    return caught.value.message


@pytest.mark.parametrize("place", TABLES)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_may_have_any_printable_character(place, name):
    found = display_names(check(config(place, name), "intercomd.toml"))
    assert found == [name if place == table else "" for table in TABLES]


@pytest.mark.parametrize("place", TABLES)
@pytest.mark.parametrize(("name", "which"), REFUSED.items())
def test_the_error_says_which_character_a_name_may_not_have(place, name, which):
    message = refusal(place, name)
    assert message.startswith(f"intercomd.toml: {place}.name = ")
    assert f": the character {which} is not allowed; it must be at most 64 printable characters" in message
    assert message.isprintable()  # the error itself steers no terminal, and no direction of the text around it


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x" * 65, "it has 65 characters, and may have 64"),
        ("ü" * 300, "it has 300 characters, and may have 64"),
        (" front", "a space at its begin or end is not allowed"),
        ("front ", "a space at its begin or end is not allowed"),
        ("   ", "nothing of it can be seen"),
        ("\u200d", "nothing of it can be seen"),
    ],
)
def test_a_name_has_bounds_and_can_be_seen(name, why):
    assert f": {why}; it must be at most 64 printable characters" in refusal("door.front", name)


def test_a_name_that_is_no_text_is_refused_like_any_wrong_type():
    assert "door.front.name = 5: must be at most 64 printable characters" in refusal("door.front", 5)


def test_without_a_name_there_is_none():
    raw = config("door.front", "")
    assert core_settings(check(raw, "intercomd.toml")).doors[0].display_name == ""
    del raw["door"]["front"]["name"]
    assert core_settings(check(raw, "intercomd.toml")).doors[0].display_name == ""


@pytest.mark.parametrize("place", TABLES)
def test_a_new_name_counts_without_a_restart(place):
    running = check(config(place, "Front door"), "intercomd.toml")
    merged = merge(running, check(config(place, "Haustür"), "intercomd.toml"))
    assert (merged.applied, merged.needs_restart) == ((f"{place}.name",), ())
    assert [name for name in display_names(merged.config) if name] == ["Haustür"]
