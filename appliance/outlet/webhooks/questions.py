"""Questions: what to do with a ring or a call, asked of a receiver at once, while the station waits for the answer.

A question is live: it is asked while its event has just happened, or never. Its answer is a list of orders, which are
carried out with the scopes of one token. The answer is the receiver's own: it comes on the connection which was made
to an address that was judged and, with https, to a certificate that was verified. Whatever goes wrong, the ring or the
call goes on as configured: at once, or when the core's own limit is over.
"""

import http
import logging
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.outlet.settings import Settings, Webhook
from appliance.outlet.station import REFUSED, Station, filled, shown
from appliance.outlet.webhooks import faults, message
from appliance.outlet.webhooks.client import Answer, Client
from appliance.outlet.webhooks.digits import Digits, GoneError, NotAllowedError, Typed, Wish
from appliance.outlet.webhooks.notices import Say, notice

log = logging.getLogger(__name__)

AT_ONCE = 4  # questions that wait for one receiver
MOST = 8  # orders in an answer
ASK, ANSWER, HANG_UP = "ask_for_digits", "answer_call", "hang_up_call"
TALKS = 4  # callers who are asked for digits at the same time
ROUNDS = 20  # questions to one of them
RING, CALL = "ring.started", "call.incoming"
# What ends the wait of the ring or the call, by the event; and the order that has it go on as configured.
DECIDES = {
    RING: {"route_ring", "end_ring"},
    CALL: {"answer_call", "reject_call", "forward_call", "hang_up_call", "end_call", "ring_call", "send_early_media"},
}
GOES_ON = {RING: "route_ring", CALL: "ring_call"}


class RefusalError(Exception):
    """An order is not carried out. why: as in access.order_refused."""

    def __init__(self, order: str, why: str) -> None:
        super().__init__(why)
        self.order, self.why = order, why


class _Order(Record):
    name: str
    given: Json


class Questions:
    """The questions to one receiver. say: gets what became of each, and orders that are refused."""

    def __init__(self, of: Webhook, settings: Settings, say: Say) -> None:
        self._of, self._orders, self._times, self._say = of, settings.orders, settings.times, say
        self._station = Station(Path(settings.socket), settings.times)
        self._room, self._talks = threading.Semaphore(AT_ONCE), threading.Semaphore(TALKS)

    def happened(self, envelope: Json) -> None:
        """Ask about an event, if that is wanted and it is new. For the thread that follows the events."""
        answer_s = envelope["data"].get("answer_s")
        if envelope["type"] not in self._of.ask or not answer_s:  # nothing waits: the caller is refused in any case
            return
        until = float(envelope["uptime"]) + answer_s
        if time.monotonic() >= until:
            self._failed(envelope, faults.of_delay(self._of))
        elif self._room.acquire(blocking=False):
            threading.Thread(target=self._work, args=[envelope, until], name="question", daemon=True).start()
        else:
            self._failed(envelope, faults.of_room(self._of, AT_ONCE))

    def _work(self, envelope: Json, until: float) -> None:
        try:
            self._ask(envelope, until)
        finally:
            self._room.release()

    def _ask(self, envelope: Json, until: float) -> None:
        answer, done = Answer(0), list[str]()
        try:
            answer = self._answer(envelope, until, "question")
            done, wish = self._carried_out(envelope, self._read(answer), until)
            if wish is not None:
                self._begin_talk(envelope, wish, done)
        except IntercomError as error:
            self._failed(envelope, error, answer.status)
        except RefusalError as refusal:
            self._refuse(refusal.order, refusal.why)
        else:
            self._say({"notice": notice(self._of, envelope, answer.status, asked=True) | {"orders": done}})
        if not DECIDES[envelope["type"]].intersection(done) and time.monotonic() < until:
            self._go_on(envelope)

    # -- a caller who is asked for digits ------------------------------------------------------------------------------

    def _begin_talk(self, envelope: Json, wish: Wish, done: list[str]) -> None:
        """Ask a caller whose call an order of the answer has answered. Raises RefusalError."""
        if ANSWER not in done:
            raise RefusalError(ASK, "invalid")
        if not self._talks.acquire(blocking=False):
            self._end_call(envelope)
            raise RefusalError(ASK, "too_many")
        threading.Thread(target=self._talk, args=[envelope, wish], name="digits", daemon=True).start()

    def _talk(self, envelope: Json, wish: Wish) -> None:
        """Ask for digits, then the receiver what follows, as long as it says so; a call that is left so is ended."""
        try:
            with Digits(self._station, envelope["call"], self._of.token) as digits:
                for number in range(ROUNDS):
                    following = self._followed(envelope, number, digits.asked(wish))
                    if following is None:
                        return
                    wish = following
        except GoneError:
            return
        except TimeoutError:
            pass  # people cannot talk, and nobody has refused anything
        except IntercomError as error:
            self._failed(envelope, error)
        except NotAllowedError:
            self._refuse(ASK, "not_allowed")
        except RefusalError as refusal:
            self._refuse(refusal.order, refusal.why)
        finally:
            self._talks.release()
        self._end_call(envelope)

    def _failed(self, envelope: Json, why: IntercomError, status: int = 0) -> None:
        self._say({"notice": notice(self._of, envelope, status, why, asked=True)})

    def _refuse(self, order: str, why: str) -> None:
        self._say({"order": shown(order), "why": why, "more": 0})

    def _followed(self, envelope: Json, number: int, typed: Typed) -> Wish | None:
        """Ask the receiver what follows from digits, and do it. Returns the receiver's next question."""
        until = time.monotonic() + float(envelope["data"]["answer_s"])
        answer = self._answer(envelope, until, f"digits-{number}", digits=typed.digits, digitsend=typed.ended)
        done, wish = self._carried_out(envelope, self._read(answer), until)
        self._say({"notice": notice(self._of, envelope, answer.status, asked=True) | {"orders": done}})
        return wish

    def _end_call(self, envelope: Json) -> None:
        with suppress(IntercomError, RefusalError):
            self._give(HANG_UP, {}, envelope)

    # -- the question and its answer -----------------------------------------------------------------------------------

    def _answer(self, envelope: Json, until: float, about: str, **more: str) -> Answer:
        """The receiver's answer. Raises IntercomError: it has none in time, or does not take the question."""
        left_s = until - time.monotonic()
        event = message.cloud_event(envelope, self._of.source, answerms=int(left_s * 1000), **more)
        event["id"] += f"-{about}"  # the event itself comes, too
        client = Client(self._of, self._times)
        try:
            answer = client.post(*message.request(self._of, event), left_s)
        finally:
            client.close()
        if not answer.taken:
            raise faults.of_status(answer.status, self._of, clocks_apart=answer.clocks_apart)
        return answer

    def _read(self, answer: Answer) -> list[_Order]:
        """The orders of an answer; none if it has no body."""
        if answer.long:
            raise RefusalError("", "too_long")
        if not answer.body.strip():
            return []
        try:
            said = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            said = None
        orders = said.get("orders", []) if isinstance(said, dict) else None
        if not isinstance(orders, list) or not all(isinstance(each, dict) for each in orders):
            raise RefusalError("", "invalid")
        if len(orders) > MOST:
            raise RefusalError("", "too_many")
        return [_Order(str(each.get("order", "")), {k: v for k, v in each.items() if k != "order"}) for each in orders]

    def _carried_out(self, envelope: Json, orders: list[_Order], until: float) -> tuple[list[str], Wish | None]:
        """Carry out orders, up to the first failure. Returns the accepted orders, and the next question."""
        done: list[str] = []
        for order in orders:
            if order.name == ASK and envelope["type"] == CALL:
                return [*done, ASK], _wish(order)
            if order.name not in self._orders:
                raise RefusalError(order.name, "unknown")
            if not done and time.monotonic() >= until:
                raise RefusalError(order.name, "late")
            status = self._give(order.name, order.given, envelope)
            if status in REFUSED:
                raise RefusalError(order.name, "not_allowed")
            if status == http.HTTPStatus.CONFLICT and not done and order.name in DECIDES[envelope["type"]]:
                raise RefusalError(order.name, "late")
            if status >= http.HTTPStatus.BAD_REQUEST:
                break  # the station has reported the error
            done.append(order.name)
        return done, None

    def _go_on(self, envelope: Json) -> None:
        """Let it go on as configured; what has no right to say so waits for the limit."""
        with suppress(IntercomError, RefusalError):
            self._give(GOES_ON[envelope["type"]], {}, envelope)

    def _give(self, name: str, given: Json, envelope: Json) -> int:
        """Give an order, about the event's own ring and call where it names no other one; the answer's status."""
        method, path = self._orders[name]
        given = dict(given)
        own = {"ring": envelope["data"].get("ring"), "call": envelope["call"]}

        try:
            where = filled(path, lambda place: given.pop(place, own.get(place)))
        except LookupError:
            raise RefusalError(name, "invalid") from None
        status, said = self._station.order(method, where, given or None, self._of.token)
        if status >= http.HTTPStatus.BAD_REQUEST:
            why = "".join(filter(str.isprintable, str(said.get("detail", status))))  # it names what the receiver did
            log.warning("order %s of %s: %s", name, self._of.name, why)
        return status


def _wish(order: _Order) -> Wish:
    try:
        return msgspec.convert(order.given, Wish)
    except msgspec.ValidationError:
        raise RefusalError(order.name, "invalid") from None
