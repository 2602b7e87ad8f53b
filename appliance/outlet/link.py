"""One connection to the broker: a new client of paho for each, so that nothing waits in it for the next one.

A client that connects again by itself sends what it had queued before: the ring of an hour ago. The expiry of MQTT 5
does not help, as it begins at the broker. Callbacks only put into the queue: paho holds a lock while it calls them.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.outlet import faults
from appliance.outlet.settings import Settings

ONLINE, OFFLINE = "online", "offline"
LARGEST = 16_384  # bytes of a message: the broker is asked to send no larger one
QUEUED = 400  # messages that wait for the broker
_OVER = 0x80  # reason codes from here on are refusals


class Up(Record):
    """The broker has accepted the connection."""


class Down(Record):
    """The connection is over, or did not come about. old: the broker may understand MQTT 3.1.1 only."""

    why: IntercomError
    old: bool = False


class Taken(Record):
    """The broker has a message, or refuses it."""

    number: int
    refused: bool


class Unsubscribed(Record):
    """The broker refuses a subscription."""

    topic: str


class Heard(Record):
    """A message of the broker. expires_s: None, it has no expiry. long: its contents were too long to be kept."""

    topic: str
    payload: bytes
    at: float
    retained: bool
    again: bool
    expires_s: int | None = None
    answer_to: str = ""
    correlation: bytes = b""
    long: bool = False


News = Up | Down | Taken | Unsubscribed | Heard


class Link:
    """The connection. put: gets what happens, from paho's thread. topics: the subscriptions."""

    def __init__(
        self, of: Settings, put: Callable[["Link", News], None], topics: tuple[str, ...], *, old: bool, name: str = ""
    ) -> None:
        self.of, self.old, self._put, self._topics = of, old, put, topics
        self.up = self._ended = False
        self._asked: dict[int, str] = {}  # subscriptions without an answer
        self._waiting: dict[int, tuple[str, float]] = {}  # messages without an answer: topic and time, oldest first
        self._why: IntercomError | None = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)
        client = self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"intercomd-{of.device}{name}",
            protocol=mqtt.MQTTv311 if old else mqtt.MQTTv5,
            reconnect_on_failure=False,
            clean_session=True if old else None,
        )
        client.connect_timeout = of.times.broker_connects_s
        client.max_inflight_messages_set(100)
        client.max_queued_messages_set(QUEUED)
        self._announces = not name  # an examination does not speak for the station
        if self._announces:
            client.will_set(f"{of.root}/availability", OFFLINE, qos=1, retain=True)
        if of.user:
            client.username_pw_set(of.user, of.password or None)
        client.on_socket_open = _at_once
        client.on_socket_register_write = _left_to_the_loop
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_subscribe, client.on_publish, client.on_message = self._subscribed, self._published, self._message

    def start(self) -> None:
        """Connect, in a thread of its own, which ends with the connection."""
        self._thread.start()

    def publish(
        self,
        topic: str,
        payload: str,
        *,
        retain: bool = False,
        expires_s: float | None = None,
        correlation: bytes = b"",
    ) -> bool:
        """Hand a message to paho; False: it takes no more, or the connection is over.

        expires_s: of no use to anybody later than that. MQTT 3.1.1 has no expiry, and keeps messages for clients that
        are away: there such a message goes out once, to those who are there (QoS 0). correlation: that of the order
        which it answers.
        """
        if not self.up or self._ended:
            return False
        fleeting = expires_s is not None and self.old
        properties = None
        if expires_s is not None and not self.old:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = max(1, int(expires_s))
            if correlation:
                properties.CorrelationData = correlation
        info = self._client.publish(topic, payload, 0 if fleeting else 1, retain, properties)
        if info.rc == mqtt.MQTT_ERR_SUCCESS and not fleeting:
            self._waiting[info.mid] = topic, time.monotonic()
        return bool(info.rc == mqtt.MQTT_ERR_SUCCESS)

    def taken(self, number: int) -> str:
        """Note the broker's answer to a message; its topic."""
        return self._waiting.pop(number, ("", 0.0))[0]

    def silent_since(self) -> float | None:
        """Since when the broker owes the answer to a message."""
        return next((at for _, at in self._waiting.values()), None)

    def close(self) -> None:
        """Say that the station is gone, and end the connection.

        A broker that has not taken these words in time says them itself, as the connection breaks: DISCONNECT, which
        paho sends ahead of messages that wait, would make it forget them (MQTT 5, 3.14.4).
        """
        until = time.monotonic() + self.of.times.broker_closes_s
        if self.up and self._announces and not self._said_offline(until):
            self.drop()
            return
        self._ended = True
        self._client.disconnect()
        if self.up:
            self._thread.join(max(0.0, until - time.monotonic()))  # until paho has sent it

    def _said_offline(self, until: float) -> bool:
        """Publish that the station is gone. Returns whether the broker has taken it by then."""
        said = self._client.publish(f"{self.of.root}/availability", OFFLINE, 1, retain=True)
        try:
            said.wait_for_publish(max(0.0, until - time.monotonic()))
            return said.is_published()
        except (RuntimeError, ValueError):  # the connection is over, or paho takes no more
            return False

    def drop(self) -> None:
        """End a connection whose broker hangs, with all that waits in it."""
        self._ended = True
        sock: Any = self._client.socket()
        with contextlib.suppress(OSError):
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)

    # -- paho's thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            if self.of.tls:
                self._client.tls_set_context(self._trust())
        except (OSError, ValueError) as error:
            self._put(self, Down(faults.of_files(error, self.of)))
            return
        try:
            self._connect()
        except (OSError, ValueError) as error:
            self._put(self, Down(faults.of_connecting(error, self.of)))
            return
        # Not `loop_forever`: outside `loop_start` no message of another thread wakes it, for up to a second.
        while self._client.loop() == mqtt.MQTT_ERR_SUCCESS:
            pass
        # A broker that does not know MQTT 5 may end the connection instead of refusing it.
        unsaid = not self.up and self._why is None
        why = self._why or (faults.of_silence(self.of) if unsaid else faults.of_end("It ended", self.of))
        self._put(self, Down(why, old=unsaid and not self.old))

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.of.ca_file or None)
        if self.of.certificate_file:
            context.load_cert_chain(self.of.certificate_file, self.of.key_file, password="")
        return context

    def _connect(self) -> None:
        alive_s = int(self.of.times.broker_silent_s)
        if self.old:
            self._client.connect(self.of.host, self.of.port, alive_s)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = LARGEST
        self._client.connect(self.of.host, self.of.port, alive_s, clean_start=True, properties=properties)

    def _connected(self, _: Any, __: Any, ___: Any, code: Any, ____: Any) -> None:
        if code.is_failure:
            old = code.value in {faults.OLD, faults.MALFORMED, faults.PROTOCOL_ERROR} and not self.old
            self._why = faults.of_refusal(code.value, str(code), self.of)
            self._put(self, Down(self._why, old=old))
            return
        # Retained orders and those of a former session do not come; those retained now can be recognized.
        how = {"qos": 1} if self.old else {"options": SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=2)}
        for topic in self._topics:
            _, number = self._client.subscribe(topic, **how)
            self._asked[number or 0] = topic
        self.up = True
        self._put(self, Up())

    def _disconnected(self, _: Any, __: Any, ___: Any, code: Any, ____: Any) -> None:
        if self._why is None and self.up:
            self._why = faults.of_end(str(code), self.of)

    def _subscribed(self, _: Any, __: Any, number: int, codes: Any, ____: Any) -> None:
        topic = self._asked.pop(number, "")
        if any(each.value >= _OVER for each in codes):
            self._put(self, Unsubscribed(topic))

    def _published(self, _: Any, __: Any, number: int, code: Any, ___: Any) -> None:
        self._put(self, Taken(number, bool(code.is_failure)))

    def _message(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # a broker has to refuse it
            return
        given, long = message.properties, len(message.payload) > LARGEST  # the broker ignores what it was asked for
        self._put(
            self,
            Heard(
                topic,
                b"" if long else bytes(message.payload),
                time.monotonic(),
                bool(message.retain),
                bool(message.dup),
                getattr(given, "MessageExpiryInterval", None),
                getattr(given, "ResponseTopic", ""),
                getattr(given, "CorrelationData", b""),
                long,
            ),
        )


def _left_to_the_loop(_: Any, __: Any, ___: Any) -> None:
    """Have paho's thread write alone: else `publish` writes itself, and two threads use one TLS connection."""


def _at_once(_: Any, __: Any, sock: Any) -> None:
    """Let no message wait for the acknowledgment of another one: that takes 40 ms."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
