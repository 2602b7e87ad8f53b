"""The station in Home Assistant: one message by which it appears there as a device, by MQTT discovery.

An entity reads what the station publishes anyway, by a template, and gives orders of the list. What Home Assistant does
not know at the device makes it refuse the whole device; at an entity it is left out. So each entity has its expiry.
"""

import json
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from appliance.base import durable
from appliance.base.types import Json
from appliance.outlet.link import OFFLINE, ONLINE
from appliance.outlet.orders import COMMAND
from appliance.outlet.settings import Settings

ORDER_EXPIRES_S = 10
BUTTON_EVENTS = {
    "button.pressed": "press_start",
    "button.released": "press_end",
    "button.held": "long_press_start",
    "button.double_clicked": "multi_press_2",
}
_TOPIC = re.compile(r"[A-Za-z0-9/_-]{1,256}")
_DIAGNOSTIC = {"entity_category": "diagnostic"}
_NAMES = {
    "en": {
        "ring": "Doorbell",
        "button": "Button {}",
        "door": "Door {}",
        "open": "Open {}",
        "leaf": "Leaf of {}",
        "call": "Call",
        "answer": "Answer",
        "hang_up": "Hang up",
        "do_not_disturb": "Do not disturb",
        "account": "Registration {}",
        "sound": "Sound",
        "storage": "Storage",
        "problem": "Problem",
        "recording": "Last recording",
        "update": "Update",
    },
    "de": {
        "ring": "Klingel",
        "button": "Taste {}",
        "door": "Tür {}",
        "open": "{} öffnen",
        "leaf": "Türblatt {}",
        "call": "Anruf",
        "answer": "Annehmen",
        "hang_up": "Auflegen",
        "do_not_disturb": "Nicht stören",
        "account": "Registrierung {}",
        "sound": "Ton",
        "storage": "Speicher",
        "problem": "Störung",
        "recording": "Letzte Aufnahme",
        "update": "Update",
    },
}


def topic(of: Settings) -> str:
    """Where the station announces itself to Home Assistant."""
    return f"{of.home_assistant}/device/{_ident(of)}/config"


def birth(of: Settings) -> str:
    """Where Home Assistant says that it has started."""
    return f"{of.home_assistant}/status"


def _ident(of: Settings) -> str:
    return f"intercomd_{of.device}"


def discovery(of: Settings, state: Json) -> Json:
    """The station with its entities. Those that give orders are there if orders are taken."""
    found = _Entities(of)
    found.of_panel(state)
    found.of_doors(state["doors"])
    found.of_calls()
    found.of_the_rest(state)
    return {
        "dev": {
            "ids": [_ident(of)],
            "name": state["appliance"]["station"],
            "mf": "intercomd",
            "mdl": "Door station",
            "sw": of.version,
        },
        "o": {"name": "intercomd", "sw": of.version},
        "availability": [_available(of)],
        "qos": 1,
        "cmps": found.all,
    }


def _available(of: Settings) -> Json:
    return {"topic": f"{of.root}/availability", "payload_available": ONLINE, "payload_not_available": OFFLINE}


def _row(key: str, value: str) -> str:
    """The object of a list, in a template: the one whose `key` is `value`."""
    return f"(value_json | selectattr('{key}', 'eq', '{value}') | first)"


def _either(condition: str, yes: str = "ON", no: str = "OFF") -> str:
    return f"{{{{ '{yes}' if {condition} else '{no}' }}}}"


class _Entities:
    """The entities, by their keys."""

    def __init__(self, of: Settings) -> None:
        self._of, self._names, self.all = of, _NAMES.get(of.language[:2], _NAMES["en"]), dict[str, Json]()

    def _add(self, platform: str, kind: str, ident: str = "", title: str = "", **more: Any) -> None:
        key = f"{kind}_{ident}" if ident else kind
        if "command_topic" in more:
            if not self._of.token:
                return
            more["message_expiry_interval"] = ORDER_EXPIRES_S
        name = self._names[kind].format(title or ident)
        self.all[key] = {"p": platform, "unique_id": f"{_ident(self._of)}_{key}", "name": name, **more}

    def _state(self, part: str) -> str:
        return f"{self._of.root}/state/{part}"

    def _order(self, name: str) -> str:
        return f"{self._of.root}/{COMMAND}/{name}"

    def of_panel(self, state: Json) -> None:
        """The ring, and the buttons that do not ring."""
        data = "'ring': value_json.data.ring, 'button': value_json.data.button, 'to': value_json.data.to"
        self._add(
            *("event", "ring"),
            device_class="doorbell",
            event_types=["ring"],
            state_topic=f"{self._of.root}/event/ring.started",
            value_template=f"{{{{ {{'event_type': 'ring', {data}}} | tojson }}}}",
        )
        for button in state["panel"]["buttons"]:
            if button["target"] is None:
                told = f"value_json.type in names and value_json.data.button == '{button['id']}'"
                event = "{'event_type': names[value_json.type]} | tojson"
                self._add(
                    *("event", "button", button["id"], button["name"]),
                    device_class="button",
                    event_types=[*BUTTON_EVENTS.values()],
                    state_topic=f"{self._of.root}/event/+",
                    value_template=f"{{% set names = {BUTTON_EVENTS} %}}{{{{ {event} if {told} else '' }}}}",
                )

    def of_doors(self, doors: list[Json]) -> None:
        """A lock for each door, a button that opens it, and its leaf if it has a contact."""
        for door in doors:
            ident, row = door["id"], _row("id", door["id"])
            names, opens = (ident, door["name"]), json.dumps({"order": "open_door", "door": ident})
            works = {"topic": self._state("doors"), "value_template": _either(f"{row}.available", ONLINE, OFFLINE)}
            self._add(
                *("lock", "door", *names),
                command_topic=f"{self._of.root}/{COMMAND}",
                payload_unlock=opens,
                payload_open=opens,
                payload_lock=json.dumps({"order": "release_door", "door": ident}),
                state_topic=self._state("doors"),
                value_template=_either(f"{row}.unlocked", "UNLOCKED", "LOCKED"),
                optimistic=False,
                availability=[_available(self._of), works],
                availability_mode="all",
            )
            self._add(
                *("button", "open", *names),
                command_topic=self._order("open_door"),
                payload_press=json.dumps({"door": ident}),
            )
            if door["contact"] is not None:
                self._add(
                    *("binary_sensor", "leaf", *names),
                    device_class="door",
                    state_topic=self._state("doors"),
                    value_template=_either(f"{row}.contact == 'open'"),
                )

    def of_calls(self) -> None:
        """The call in the foreground, what can be done with it, and whether calls ring."""
        front = (
            "{% set calls = (value_json | selectattr('active') | list) + value_json %}{% set call = calls | first %}"
        )
        facts = ("id", "direction", "number", "account", "ring", "recording", "summary", "connected_since")
        shown = ", ".join(f"'{each}': call.{each}" for each in facts)
        far = "'remote': call.remote.uri, 'name': call.remote.target_name or call.remote.display_name"
        self._add(
            *("sensor", "call"),
            device_class="enum",
            options=["idle", *self._of.call_states],
            state_topic=self._state("calls"),
            value_template=f"{front}{{{{ call.state if calls else 'idle' }}}}",
            json_attributes_topic=self._state("calls"),
            json_attributes_template=f"{front}{{{{ ({{{shown}, {far}}} if calls else {{}}) | tojson }}}}",
        )
        self._add("button", "answer", command_topic=self._order("answer_call"), payload_press="{}")
        self._add("button", "hang_up", command_topic=self._order("hang_up_call"), payload_press="{}")
        self._add(
            *("switch", "do_not_disturb"),
            command_topic=self._order("change_runtime"),
            payload_on=json.dumps({"do_not_disturb": True}),
            payload_off=json.dumps({"do_not_disturb": False}),
            state_on="ON",
            state_off="OFF",
            state_topic=self._state("runtime"),
            value_template=_either("value_json.do_not_disturb"),
            optimistic=False,
            entity_category="config",
        )

    def of_the_rest(self, state: Json) -> None:
        """Registrations, faults, the last recording, and a newer version of the station: root alone installs that."""
        for account in state["accounts"]:
            self._add(
                *("binary_sensor", "account", account["name"], account["display_name"]),
                device_class="connectivity",
                state_topic=self._state("accounts"),
                value_template=_either(f"{_row('name', account['name'])}.state == 'registered'"),
                **_DIAGNOSTIC,
            )
        for kind, part, condition in (
            ("sound", "appliance", "value_json.failed | selectattr('part', 'eq', 'audio') | list"),
            ("storage", "storage", "(value_json or {}).state | default('ok') != 'ok'"),  # null: not measured yet
            ("problem", "appliance", "value_json.failed"),
        ):
            self._add(
                *("binary_sensor", kind),
                device_class="problem",
                state_topic=self._state(part),
                value_template=_either(condition),
                **_DIAGNOSTIC,
            )
        self.all["problem"] |= {
            "json_attributes_topic": self._state("appliance"),
            "json_attributes_template": "{{ {'failed': value_json.failed} | tojson }}",
        }
        self._add(
            *("sensor", "recording"),
            device_class="timestamp",
            state_topic=self._state("recording"),
            value_template="{{ value_json.started | default('None') }}",
            json_attributes_topic=self._state("recording"),
        )
        version = self._of.version
        versions = f"{{'installed_version': '{version}', 'latest_version': value_json.offered_version or '{version}'}}"
        self._add(
            *("update", "update"),
            device_class="firmware",
            title="intercomd",
            state_topic=self._state("appliance"),
            value_template=f"{{{{ {versions} | tojson }}}}",
            **_DIAGNOSTIC,
        )


class Announcements:
    """When the station announces itself, and what it has announced where: that is in a file.

    So are the topics on which the broker keeps messages of the station, which are removed where it publishes none now.
    What is gone has to be removed: the station from a topic that is no longer its own, by an empty message; and an
    entity by its platform alone, as Home Assistant keeps one that is only left out.
    """

    def __init__(self, of: Settings) -> None:
        self._of, self._file = of, Path(of.announced)
        self._topic = topic(of) if of.home_assistant and of.live else ""
        self._kept = dict[str, dict[str, str]]()  # as in the file: by topics, entities with their platforms
        self._had, self._has = dict[str, str](), dict[str, str]()  # at the station's topic, ever and now
        self._known = ""
        self.again: float | None = None  # when to announce it again

    def begin(self) -> list[str]:
        """A new connection: the topics from which the station is to be removed."""
        self._known, self._kept = "", _kept(self._file)
        self._had |= self._kept.get(self._topic, {})
        gone = [where for where in self._kept if where != self._topic and not self._is_own(where)]
        # Announcements go first, as Home Assistant warns of a state without text while it has the entity.
        return sorted(gone, key=lambda where: not self._kept[where])

    def _is_own(self, where: str) -> bool:
        """Whether the station publishes messages on a topic that the broker keeps, or did while it announced itself."""
        always = where in {f"{self._of.root}/availability", f"{self._of.root}/state/mqtt"}
        return always or (self._of.live and where.startswith(f"{self._of.root}/state/"))

    def keeps(self, topics: Collection[str]) -> None:
        """The broker is to keep messages on these topics."""
        with suppress(OSError):  # they stay there under a former name
            self._keep(self._kept | {each: {} for each in topics if each not in self._kept})

    def taken(self, where: str) -> None:
        """The broker has a message on a topic: what that removes is removed."""
        if where in self._kept and not self._is_own(where):
            others = {each: entities for each, entities in self._kept.items() if each != where}
            with suppress(OSError):  # it is removed again later
                self._keep(others | ({where: self._has} if where == self._topic else {}))

    def _keep(self, kept: dict[str, dict[str, str]]) -> None:
        """Write the file, if it changes. Raises OSError."""
        if kept == self._kept:
            return
        if kept:
            durable.replace(self._file, f"{json.dumps(kept)}\n")
        else:
            self._file.unlink(missing_ok=True)
        self._kept = kept

    def born(self, at: float) -> None:
        """Home Assistant has started: announce the station again, at the time `at`."""
        self.again = at

    def is_due(self, now: float) -> bool:
        """Whether to announce it again now."""
        return self.again is not None and now >= self.again

    def news(self, state: Json, now: float) -> str:
        """What to announce, as JSON; "": Home Assistant knows it already. Raises OSError."""
        told = discovery(self._of, state)
        has = {key: entity["p"] for key, entity in told["cmps"].items()}
        had = self._had | has
        told["cmps"] |= {key: {"p": platform} for key, platform in had.items() if key not in has}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        if text == self._known and not self.is_due(now):
            return ""
        self._keep(self._kept | {self._topic: had})  # else it could not be removed later
        self._had, self._has = had, has
        self._known, self.again = text, None
        return text


def _kept(file: Path) -> dict[str, dict[str, str]]:
    """What was announced, by topics; nothing of what is damaged."""
    try:
        text = file.read_text().strip()
        found = msgspec.json.decode(text, type=dict[str, dict[str, str]])
    except (OSError, UnicodeDecodeError):
        return {}
    except msgspec.DecodeError:  # of an earlier version, which knew the topic alone
        found = {text: {}}
    return {where: entities for where, entities in found.items() if _TOPIC.fullmatch(where)}
