"""A station without hardware, phone or core: answers requests and sends events as the daemon would."""

import asyncio
import wave
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import convert, to_builtins

from appliance.api.answers.operations import Operations
from appliance.api.http.sessions import Sessions
from appliance.api.http.tokens import Token, Tokens
from appliance.api.ports import Measured
from appliance.base.errors import IntercomError
from appliance.core import inputs, orders
from appliance.core.model import (
    CallId,
    CallSearch,
    PlaybackId,
    RecordedSound,
    RecordingSearch,
    RequestId,
    Settings,
    Speech,
    State,
    UrlSound,
)
from appliance.core.snapshot import snapshot
from appliance.core.views.calls import Call
from appliance.core.views.codes import Code
from appliance.core.views.conferences import Conference
from appliance.core.views.rules import Rule, Verdict
from appliance.core.views.snapshot import Snapshot
from appliance.runtime.counts import Counts
from appliance.store.lists.subscriptions import Subscriptions

TIME = "2026-11-20T06:07:08.123456Z"


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    call: str = "c-1"
    remote: str = "Kitchen"
    started: str = TIME
    duration_s: float = 1.0
    bytes: int = 16_044
    sha256: str = "0" * 64
    complete: bool = True
    recovered: bool = False
    clock: str = "right"
    party: str = "Kitchen"
    doors: tuple[str, ...] = ("front",)
    outcome: str = "hangup"
    note: str = ""
    conference: str | None = None
    copied: str | None = None
    copy_tries: int = 0
    copy_error: str = ""
    protected: bool = False
    format: str = "wav"

    @property
    def number(self) -> int:
        return int(self.id.removeprefix("r-"))


class Recordings:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.rows: list[Row] = []
        self.deleted: list[tuple[str, str]] = []
        self.searches: list[RecordingSearch] = []
        self.protections: list[tuple[str, str, bool]] = []
        self.waveform = [-128, 127]

    def add(self, **fields: Any) -> Row:
        row = Row(f"r-{len(self.rows) + 1:03}", **fields)
        self.rows.append(row)
        with wave.open(str(self.path(row.id)), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(range(250)) * 64)
        return row

    def list(self, limit: int, cursor: int | None, search: RecordingSearch) -> tuple[Row, ...]:
        self.searches.append(search)
        return tuple(row for row in reversed(self.rows) if cursor is None or row.number < cursor)[:limit]

    def get(self, recording: str) -> Row:
        for row in self.rows:
            if row.id == recording:
                return row
        raise IntercomError("recording-not-found", f"There is no recording {recording!r}.")

    def path(self, recording: str) -> Path:
        return self.directory / f"{recording}.{self.get(recording).format}"

    def sound(self, recording: str) -> Path:
        if not self.get(recording).complete:
            raise IntercomError("conflict", "It is being written.")
        if not self.path(recording).exists():
            raise IntercomError("recording-not-found", "Its file is gone.")
        return self.path(recording)

    async def peaks(self, recording: str) -> dict[str, Any]:
        self.sound(recording)
        return {
            "version": 2,
            "channels": 1,
            "sample_rate": 8000,
            "samples_per_pixel": 8,
            "bits": 8,
            "length": len(self.waveform) // 2,
            "data": self.waveform,
        }

    def delete(self, recording: str, by: str) -> None:
        if not self.get(recording).complete:
            raise IntercomError("conflict", "It is being written.")
        self.rows = [row for row in self.rows if row.id != recording]
        self.deleted.append((recording, by))

    def protect(self, recording: str, by: str, *, wanted: bool) -> None:
        self.protections.append((recording, by, wanted))
        found = self.get(recording)
        self.rows[self.rows.index(found)] = replace(found, protected=wanted)


class CallLog:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.searches: list[CallSearch] = []

    def list(self, limit: int, before: int | None, search: CallSearch) -> list[tuple[int, dict[str, Any]]]:
        self.searches.append(search)
        numbered = list(enumerate(self.rows, 1))[: None if before is None else before - 1]
        wanted = {"id": search.call or None, "direction": search.direction or None, "missed": search.missed}
        asked = {name: value for name, value in wanted.items() if value is not None}
        return [each for each in numbered[::-1] if asked.items() <= each[1].items()][:limit]


class Audit:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.searches: list[RecordingSearch] = []

    def list(self, limit: int, cursor: int | None, after: str, before: str) -> list[dict[str, Any]]:
        self.searches.append(RecordingSearch(after=after, before=before))
        rows = [row for row in self.rows[::-1] if cursor is None or row["id"] < cursor]
        return [row for row in rows if after <= row["time"] < (before or "~")][:limit]


class Answers:
    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, float]] = {}

    def keep(self, name: str, answer: str, seconds: float) -> None:
        self.kept[name] = answer, seconds

    def stored(self) -> list[tuple[str, str, float]]:
        return [(name, *kept) for name, kept in self.kept.items()]


class Station:
    """Implements appliance.api.ports.Ports. `requests` and `denials` hold what came."""

    def __init__(self, directory: Path, queue: int = 100) -> None:
        self.recordings = Recordings(directory)
        self.call_log = CallLog()
        self.audit = Audit()
        self.answers = Answers()
        self.book: list[dict[str, Any]] = []
        self.requests: list[tuple[inputs.Action, str]] = []
        self.names: list[dict[str, Any]] = []
        self.known_rules: tuple[Rule, ...] = ()
        self.verdicts: tuple[Verdict, ...] = ()
        self.tried: tuple[datetime | None, dict[str, str]] | None = None
        self.said: list[tuple[Speech, str]] = []
        self.fetched: list[tuple[UrlSound | RecordedSound, str]] = []
        self.denials: list[tuple[str, str, str]] = []
        self.lockouts: list[tuple[str, float]] = []
        self.unread: list[str] = []
        self.own_authority = ""
        self.offers: list[tuple[str, str, str]] = []
        self.refuses_offers: IntercomError | None = None
        self.tokens = Tokens(directory / "http.tokens")
        self.subscriptions = Subscriptions(directory, lambda _: True)
        self.sessions = Sessions(directory / "http.sessions")
        self.operations = Operations()
        self.token_changes: list[tuple[str, str, str]] = []
        self.journal: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.replies: Callable[[inputs.Action], orders.Reply] = lambda _: orders.Reply(RequestId("q-1"))
        self.is_alive = True
        self.why_not_ready = ""
        idle = to_builtins(snapshot(State(Settings("Front door")), 0.0))  # what a station shows without calls
        self.state: dict[str, Any] = {
            "appliance": {
                "station": "Front door",
                "device": "door",
                "ready": True,
                "configured": True,
                "stopping": False,
                "address": "127.0.0.1:5060",
                "zone": "UTC",
                "dropped_requests": 0,
                "doubted_answers": 0,
                "status": "ready",
                "offered_version": "",
                "failed": [],
            },
            "network": {"up": True, "addresses": ["192.0.2.7"], "nameservers": ["192.0.2.1"]},
            "accounts": [account("office")],
            "calls": [],
            "conferences": [],
            "doors": [door("front")],
            "panel": {
                "picture": "idle",
                "pictures": ["idle"],
                "tone": None,
                "buttons": [button("kitchen", "ring", target="Kitchen"), button("end", "hangup", long_action="hold")],
                "chords": [],
                "night": False,
                "lamps": [lamp("status", "on", brightness=100), lamp("door", "off", brightness=0)],
                "keypads": [{"id": "gate"}],
                "readers": [{"id": "gate", "discarded": 0}],
                "sensors": [{"id": "leaf", "kind": "contact", "door": "front", "active": False, "blocks_until": None}],
            },
            "audio": idle["audio"]
            | {
                "speaker": side("PCM", 70.0, -9.3, muted=False),
                "microphone": side(None, None, None, muted=True) | {"heard": False},
                "devices": [device("usbphone")],
            },
            "runtime": idle["runtime"],
            "targets": [
                {"name": "Kitchen", "display_name": None, "uri": "sip:kitchen@127.0.0.1:5070", "account": None}
            ],
            "directory": [{"flat": "12", "name": "Miller", "targets": ["Kitchen"]}],
            "contacts": [contact("Kitchen")],
            "message": None,
            "storage": {"state": "ok", "free_bytes": 5, "needed_bytes": 3, "recordings_bytes": 2},
        }
        self._queue = queue
        self._subscribers: set[asyncio.Queue[dict[str, Any] | None]] = set()

    # -- ports ---------------------------------------------------------------------------------------------------------

    def authority(self) -> str:
        return self.own_authority

    def ice_servers(self) -> list[str]:
        return ["stun:stun.example"]

    async def request(self, action: inputs.Action, who: str) -> orders.Reply:
        self.requests.append((action, who))
        await asyncio.sleep(0)
        return self.replies(action)

    async def play_url(self, wanted: UrlSound, who: str) -> orders.Reply:
        self.fetched.append((wanted, who))
        return self.replies(inputs.PlayUrl(playback=PlaybackId("p-1"), call=wanted.call))

    async def play_recording(self, wanted: RecordedSound, who: str) -> orders.Reply:
        self.fetched.append((wanted, who))
        return self.replies(inputs.PlayRecording(playback=PlaybackId("p-1"), call=wanted.call))

    async def call_from_browser(self, call: CallId, offer: str, peer: str, who: str) -> str:
        self.offers.append((offer, peer, who))
        if self.refuses_offers is not None:
            raise self.refuses_offers
        self.state["calls"].append({**globals()["call"](call), "led_by": who})
        return "v=0\r\n"

    async def say(self, wanted: Speech, who: str) -> orders.Reply:
        self.said.append((wanted, who))
        return self.replies(inputs.PlaySpeech(playback=PlaybackId("p-1"), call=wanted.call))

    def sounds(self) -> list[dict[str, Any]]:
        return self.names

    def snapshot(self) -> Snapshot:
        return convert({**self.state, "last_event": len(self.journal), "time": TIME}, Snapshot)

    def configuration(self) -> dict[str, Any]:
        return {"sip": {"port": 5060}, "door": {"front": {"pulse_s": 3.0, "digits": "***"}}}

    def rules(self) -> tuple[Rule, ...]:
        return self.known_rules

    def try_rules(self, at: datetime | None, supposed: Mapping[str, str]) -> tuple[Verdict, ...]:
        self.tried = at, dict(supposed)
        return self.verdicts

    def rule_tokens(self) -> dict[str, str]:
        return {}

    def codes(self) -> tuple[Code, ...]:
        return convert(self.book, tuple[Code, ...])

    async def doctor(self) -> list[dict[str, Any]]:
        return self.findings

    def call(self, wanted: str) -> Call | None:
        return next((call for call in self.calls() if call.id == wanted), None)

    def calls(self) -> tuple[Call, ...]:
        return convert(self.state["calls"], tuple[Call, ...])

    def conference(self, wanted: str) -> Conference | None:
        return next((each for each in self.snapshot().conferences if each.id == wanted), None)

    def last_event(self) -> int:
        return len(self.journal)

    async def subscribe(self, since: int) -> AsyncGenerator[dict[str, Any], None]:
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(self._queue)
        self._subscribers.add(queue)
        try:
            last = since
            for envelope in self.journal[last:]:
                yield envelope
                last = envelope["id"]
            while (envelope := await queue.get()) is not None:
                if envelope["id"] > last + 1:
                    yield event("events.lost", envelope["id"] - 1, {"from": last + 1, "to": envelope["id"] - 1})
                last = max(last, envelope["id"])
                yield envelope
        finally:
            self._subscribers.discard(queue)

    async def support_bundle(self) -> dict[str, Any]:
        return {"findings": self.findings}

    async def measure(self) -> Measured:
        counts = Counts([door["id"] for door in self.state["doors"]])
        return Measured(counts, self.snapshot(), 0, 0, 0, {"state": (1000, 2000)})

    def ready(self) -> tuple[bool, str]:
        return not self.why_not_ready, self.why_not_ready

    def alive(self) -> bool:
        return self.is_alive

    def denied(self, who: str, source: str, scope: str) -> None:
        self.denials.append((who, source, scope))

    def digits_unread(self, call: str) -> None:
        self.unread.append(call)

    def locked_out(self, source: str, seconds: float) -> None:
        self.lockouts.append((source, seconds))

    def token_added(self, token: Token, by: str) -> None:
        self.token_changes.append(("added", token.name, by))

    def token_removed(self, token: Token, by: str) -> None:
        self.token_changes.append(("removed", token.name, by))

    # -- what tests do -------------------------------------------------------------------------------------------------

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    def tell(self, type_: str, call: str | None = None, **data: Any) -> None:
        self.journal.append(event(type_, len(self.journal) + 1, data, call))
        for queue in self._subscribers:
            if not queue.full():
                queue.put_nowait(self.journal[-1])

    def close(self) -> None:
        for queue in self._subscribers:
            queue.put_nowait(None)


def event(type_: str, id_: int, data: dict[str, Any], call: str | None = None) -> dict[str, Any]:
    return {"id": id_, "type": type_, "time": TIME, "uptime": 1.5, "boot": "b-1", "call": call, "data": data}


def button(id_: str, action: str, target: str | None = None, long_action: str | None = None) -> dict[str, Any]:
    does = {"action": action, "long_action": long_action, "double_action": None, "target": target}
    return {"id": id_, "name": None, **does, "down": False, "stuck": False, "glitches": 0}


def side(element: str | None, percent: float | None, db: float | None, *, muted: bool) -> dict[str, Any]:
    return {
        "pcm": "plughw:CARD=usbphone,DEV=0",
        "card": "usbphone",
        "profile": "USB headset",
        "element": element,
        "percent": percent,
        "limit": 100.0,
        "db": db,
        "min_db": None if db is None else -45.0,
        "max_db": None if db is None else 0.0,
        "muted": muted,
    }


def device(id_: str) -> dict[str, Any]:
    pcm = f"plughw:CARD={id_},DEV=0"
    return {"id": id_, "name": "USB Phone", "usb": True, "capture": [pcm], "playback": [pcm]}


def lamp(id_: str, pattern: str, brightness: int) -> dict[str, Any]:
    hardware = {"dims": False, "colors": False}
    return {"id": id_, "name": None, "pattern": pattern, "color": None, "brightness": brightness, **hardware}


def door(id_: str, **changed: Any) -> dict[str, Any]:
    at_rest = {
        "id": id_,
        "name": None,
        "state": "locked",
        "unlocked": False,
        "until": None,
        "by": None,
        "means": None,
        "last_opening": None,
        "contact": "closed",
        "alarm": None,
        "strike": "fail_secure",
        "pulse_s": 3.0,
        "max_s": 10.0,
        "max_hold_s": 600.0,
        "available": True,
    }
    return at_rest | changed


def code(id_: str, **changed: Any) -> dict[str, Any]:
    fresh = {
        "id": id_,
        "kind": "code",
        "owner": "Cleaner",
        "doors": ["front"],
        "schedule": [{"days": ["mon", "fri"], "begin": "08:00", "end": "12:00"}],
        "uses": 3,
        "expires": TIME,
        "profile": None,
    }
    return fresh | changed


def contact(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "display_name": None,
        "uri": "sip:kitchen@127.0.0.1:5070",
        "account": None,
        "watched": True,
        "state": "available",
        "since": TIME,
        "code": 200,
        "reason": "OK",
    }


def account(name: str, **changed: Any) -> dict[str, Any]:
    fresh = {
        "name": name,
        "display_name": None,
        "state": "registered",
        "user": "201",
        "uri": "sip:201@pbx.example",
        "registrar": "pbx.example",
        "transport": "udp",
        "srtp": "off",
        "server": "192.0.2.5:5060",
        "registered_since": TIME,
        "expires": TIME,
        "failures": 0,
        "retry_at": None,
        "code": 0,
        "reason": "",
        "explanation": "",
        "summary": "registered as 201",
    }
    return fresh | changed


def conference(id_: str = "k-1", **changed: Any) -> dict[str, Any]:
    fresh = {
        "id": id_,
        "state": "connected",
        "held": False,
        "muted": False,
        "recorded": False,
        "created": TIME,
        "connected_since": TIME,
        "ended": None,
        "duration_s": 12.3,
        "participants": [
            {"call": "c-1", "joining": "invited", "state": "in", "muted": False, "hold": "none", "name": "Kitchen"}
        ],
        "summary": "in a conference with Kitchen",
    }
    assert set(changed) <= set(fresh)
    return fresh | changed


def call(id_: str = "c-1", **changed: Any) -> dict[str, Any]:
    fresh = {
        "id": id_,
        "account": "direct",
        "direction": "outgoing",
        "state": "connected",
        "legacy_state": "CONNECTED",
        "hold": "none",
        "active": True,
        "muted": False,
        "transfer_policy": "refuse",
        "transfer": {"role": "transferee", "state": "asked", "to": "sip:office@192.0.2.9", "until": TIME},
        "remote": {
            "uri": "sip:kitchen@127.0.0.1:5070",
            "user": "kitchen",
            "host": "127.0.0.1",
            "display_name": "Kitchen",
            "target": "Kitchen",
            "target_name": None,
        },
        "local_uri": "sip:door@127.0.0.1:5060",
        "number": "Kitchen",
        "headers": {},
        "custom_data": "",
        "codec": {"name": "opus", "clock_rate_hz": 48000},
        "srtp": False,
        "transport": "udp",
        "created": TIME,
        "ringing_since": TIME,
        "connected_since": TIME,
        "ended": None,
        "duration_s": 12.3,
        "ring": None,
        "recording": None,
        "recording_paused": False,
        "recording_muted": [],
        "quality": None,
        "tone": None,
        "links": [],
        "playback": None,
        "conference": None,
        "statistics_interval": 0,
        "report": [],
        "vad": None,
        "media": "speaker",
        "led_by": None,
        "digits_to": "codes",
        "dtmf": ["rfc4733", "info"],
        "detect": [],
        "summary": "in a call with Kitchen",
        "end": None,
    }
    return fresh | changed


def logged(id_: str = "c-1", **changed: Any) -> dict[str, Any]:
    live = {"state", "legacy_state", "hold", "active", "muted", "tone", "conference", "transfer_policy"}
    live |= {"transfer", "summary", "playback", "links", "statistics_interval", "recording_paused", "recording_muted"}
    live |= {"report", "vad"}
    live |= {"dtmf", "detect", "led_by", "digits_to", "media"}
    facts = {name: value for name, value in call(id_).items() if name not in live}
    end = {"cause": "hangup", "code": 200, "reason": "OK", "by": "remote", "explanation": ""}
    return facts | {"ended": TIME, "end": end, "missed": False} | changed


def placed(call_id: str) -> Callable[[inputs.Action], orders.Reply]:
    return lambda _: orders.Reply(RequestId("q-1"), CallId(call_id))


def refused(code: str) -> Callable[[inputs.Action], orders.Reply]:
    return lambda _: orders.Reply(RequestId("q-1"), error=IntercomError(code, "No.", "Because.", "Do not."))


def redundant(text: str) -> Callable[[inputs.Action], orders.Reply]:
    return lambda _: orders.Reply(RequestId("q-1"), warning=text)
