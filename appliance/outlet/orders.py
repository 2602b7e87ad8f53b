"""Orders that a broker brings: judged and read here, and given to the daemon with the scopes of one token.

A message says nothing of who sent it, and a broker may keep it, send it again, or bring it late. An order must
therefore say how long it is valid, and comes once. Orders about the same kind of object are carried out one after the
other, those about others beside them: no long one delays a door.
"""

import hashlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from appliance.base.errors import IntercomError
from appliance.base.meant_call import meant
from appliance.base.rate import Rate
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.outlet.link import Heard, Link
from appliance.outlet.settings import Settings
from appliance.outlet.station import REFUSED, Station, filled, shown

COMMAND = "command"
HOME_ASSISTANT = "homeassistant"  # its usual prefix
TRIAL = "doctor"  # command/doctor is the examination's own
WAITING = 8  # orders about one kind of object
AT_ONCE, EVERY_S = 20, 0.1  # orders; then one each 0.1 s
REPORTED_AT_ONCE, REPORTED_EVERY_S = 20, 1.0  # refusals that are reported
REMEMBERED_S = 60.0  # of correlation data
ANSWER_S = 30.0  # expiry of answers
LONGEST_TOPIC = 256
_WORDS = {
    "retained": "The order was retained: the broker gives it to each client that subscribes, at any later time.",
    "repeated": "An order with these correlation data came within the last minute.",
    "late": "The expiry of the order has passed.",
    "no_expiry": "The order has no expiry, so it may be old: set a message expiry interval.",
    "unknown": "There is no such order.",
    "invalid": "The order cannot be read, or names no object.",
    "too_long": "The order is too long.",
    "too_many": "Too many orders came at once.",
    "not_allowed": "The token of orders by MQTT does not allow this.",
}


class RefusalError(Exception):
    """An order is not carried out."""

    def __init__(self, why: str, says: str = "") -> None:
        super().__init__(why)
        self.why, self.says = why, says or _WORDS[why]


class Answered(Record):
    """What became of an order. refused: why nothing was done, "" if the daemon took it; says: for its sender."""

    order: str
    heard: Heard
    status: int = 0
    body: Json = msgspec.field(default_factory=dict)
    refused: str = ""
    says: str = ""

    @property
    def topic(self) -> str:
        """The topic of the answer, or ""."""
        return "" if self.heard.retained else self.heard.answer_to

    @property
    def text(self) -> str:
        """The answer."""
        said = {"refused": self.refused, "says": self.says} if self.refused else {"body": self.body}
        return msgspec.json.encode({"order": self.order, "status": self.status, **said}).decode()


class _Order(Record):
    link: Link
    heard: Heard
    name: str
    given: Json
    until: float


class Orders:
    """The orders of one token. done: gets what became of each that was begun, by another thread.

    report: gets a refusal: the order, why, and how many others there were since the last one.
    """

    def __init__(
        self,
        of: Settings,
        station: Station,
        done: Callable[[Link, Answered], None],
        report: Callable[[str, str, int], None],
    ) -> None:
        self._of, self._station, self._done, self._report = of, station, done, report
        self._rate, self._reports = Rate(AT_ONCE, EVERY_S), Rate(REPORTED_AT_ONCE, REPORTED_EVERY_S)
        self._came: dict[bytes, float] = {}  # correlation data, oldest first
        self._lanes: dict[str, queue.Queue[_Order]] = {}
        self._unreported: tuple[str, str, int] | None = None  # the last refusal that was not reported, and how many
        self.again: float | None = None  # when to `report`
        self._root = f"{of.root}/{COMMAND}"

    @property
    def topic(self) -> str:
        """What brings orders."""
        return f"{self._root}/#"

    def takes(self, topic: str) -> bool:
        """Whether a topic is one of orders."""
        return topic == self._root or topic.startswith(f"{self._root}/")

    def take(self, link: Link, heard: Heard) -> Answered | None:
        """Have an order carried out. Returns the answer if the order is refused at once."""
        name = heard.topic[len(self._root) + 1 :]
        if name == TRIAL:
            return None
        try:
            self._begin(link, heard, name)
        except RefusalError as refusal:
            if not self._may_answer(heard.answer_to):
                heard = msgspec.structs.replace(heard, answer_to="")
            return Answered(name, heard, refused=refusal.why, says=refusal.says)
        return None

    def refused(self, answered: Answered, now: float) -> None:
        """Report a refusal, within a rate."""
        more = 0 if self._unreported is None else self._unreported[2] + 1
        self._unreported = shown(answered.order), answered.refused, more
        self.report(now)

    def report(self, now: float) -> None:
        """Report what was left out, if it is time."""
        if self._unreported is None:
            return
        if self._reports.allows(now):
            self._report(*self._unreported)
            self._unreported, self.again = None, None
        else:
            self.again = now + REPORTED_EVERY_S

    def _begin(self, link: Link, heard: Heard, name: str) -> None:
        if not self._rate.allows(heard.at):
            raise RefusalError("too_many")
        until = self._valid(heard, old=link.old)
        if heard.answer_to and not self._may_answer(heard.answer_to):
            raise RefusalError("invalid", "The topic of the answer is not possible.")
        given = _read(heard)
        name = name or str(given.pop("order", ""))
        if name not in self._of.orders:
            raise RefusalError("unknown")
        path = self._of.orders[name][1]
        key = self._key(heard)
        try:
            self._lane(path.split("/")[2]).put_nowait(_Order(link, heard, name, given, until))
        except queue.Full:
            raise RefusalError("too_many") from None
        if heard.correlation:
            self._came[key] = heard.at

    def _valid(self, heard: Heard, *, old: bool) -> float:
        """Until when an order is valid."""
        if heard.retained:
            raise RefusalError("retained")
        if heard.long:
            raise RefusalError("too_long")
        if heard.again:
            raise RefusalError("repeated")
        if heard.expires_s is not None:
            if heard.expires_s <= 0:
                raise RefusalError("late")
            return heard.at + heard.expires_s
        if not self._of.orders_without_expiry:
            raise RefusalError("no_expiry", "MQTT 3.1.1 has no expiry: see mqtt.orders_without_expiry." if old else "")
        return heard.at + self._of.times.order_waits_s

    def _may_answer(self, topic: str) -> bool:
        """Whether an answer may go there: never where it is an order to a station, or news to Home Assistant."""
        forbidden = "intercomd/", "$", f"{self._of.home_assistant or HOME_ASSISTANT}/"
        own = topic.startswith(f"{self._of.root}/answer/")
        possible = len(topic) <= LONGEST_TOPIC and not {*topic} & {*"+#\0"}
        return possible and (own or not topic.startswith(forbidden))

    def _key(self, heard: Heard) -> bytes:
        """By what an order is known again: also by the topic of its answer, as two clients may count alike."""
        for known, at in [*self._came.items()]:
            if heard.at - at < REMEMBERED_S:
                break
            del self._came[known]
        key = hashlib.sha256(heard.answer_to.encode() + b"\0" + heard.correlation).digest()
        if key in self._came:
            raise RefusalError("repeated")
        return key

    # -- one thread for each kind of object ----------------------------------------------------------------------------

    def _lane(self, kind: str) -> "queue.Queue[_Order]":
        lane = self._lanes.get(kind)
        if lane is None:
            lane = self._lanes[kind] = queue.Queue(WAITING)
            threading.Thread(target=self._work, args=[lane], name=f"orders of {kind}", daemon=True).start()
        return lane

    def _work(self, lane: "queue.Queue[_Order]") -> None:
        while True:
            order = lane.get()
            try:
                answered = self._carried_out(order)
            except RefusalError as refusal:
                answered = Answered(order.name, order.heard, refused=refusal.why, says=refusal.says)
            except IntercomError as error:  # it is not known what became of it
                answered = Answered(order.name, order.heard, error.code.http_status, {"detail": error.message})
            self._done(order.link, answered)

    def _carried_out(self, order: _Order) -> Answered:
        method, path = self._of.orders[order.name]
        given = dict(order.given)
        try:
            where = filled(path, lambda name: self._place(name, given, path))
        except LookupError as missing:
            raise RefusalError("invalid", f"It names no {missing.args[0]}.") from None
        if time.monotonic() > order.until:
            raise RefusalError("late")
        status, body = self._station.order(method, where, given or None, self._of.token)
        if status in REFUSED:
            raise RefusalError("not_allowed", str(body.get("detail", "")))
        return Answered(order.name, order.heard, status, body)

    def _place(self, name: str, given: Json, path: str) -> Any:
        """The value at a place of a path. Without a call's id, an order means the only call that it fits."""
        value = given.pop(name, None)
        if value is None and name == "call":
            return meant(self._station.calls(), path.rpartition("/")[2])
        return value


def _read(heard: Heard) -> Json:
    try:
        given = msgspec.json.decode(heard.payload or b"{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise RefusalError("invalid", "It is no JSON object.")
    return given
