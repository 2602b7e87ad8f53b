"""A real broker, mosquitto, and clients of it: one that notes what it gets, and a reader of the journal."""

import json
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.support.daemon import loopback
from tests.support.peers.sipp import free_port
from tests.support.waiting import until

DEVICE = "front"
ROOT = f"intercomd/{DEVICE}"


class Mosquitto:
    """`with Mosquitto(directory) as broker`. lines: of its configuration, instead of access for everybody."""

    def __init__(self, directory: Path, *lines: str, address: str = "") -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.address = address or loopback()
        self.port = free_port(self.address)
        self.lines = lines or ("allow_anonymous true",)
        self._log = directory / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without anything that it knew before, and wait until it listens."""
        listener = f"listener {self.port} {self.address}"
        common = ["user root", "max_queued_messages 100000", "set_tcp_nodelay true"]
        file = self.directory / "mosquitto.conf"
        file.write_text("\n".join([listener, *common, *self.lines, ""]))
        with self._log.open("ab") as log:
            log.truncate(0)
            process = self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "mosquitto", "-c", str(file)], stdout=log, stderr=log
            )
        until(lambda: " running" in self.log or process.poll() is not None, "mosquitto", log=lambda: self.log)
        assert process.poll() is None, self.log

    @property
    def log(self) -> str:
        """What it has said since its start."""
        return self._log.read_text()

    def stop(self, how: int = signal.SIGKILL) -> None:
        """End it, as a power cut would or in order."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()

    def reload(self) -> None:
        """Have it read its files again."""
        assert self._process is not None
        before = self.log.count("Reloading config")
        self._process.send_signal(signal.SIGHUP)
        until(lambda: self.log.count("Reloading config") > before, "its files", log=lambda: self.log)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Listener:
    """`with Listener(broker, topics…) as heard`: a client that notes every message. It connects again by itself."""

    def __init__(self, broker: Mosquitto, *topics: str, name: str = "") -> None:
        self.broker, self.topics = broker, topics
        self.messages: list[tuple[float, str, Any, bool, int | None]] = []
        self.ready = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in self.topics])
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.on_message = self._message

    def _message(self, _: Any, __: Any, message: mqtt.MQTTMessage) -> None:
        text = message.payload.decode()
        value = json.loads(text) if text[:1] in {"{", "["} else text
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        self.messages.append((time.monotonic(), message.topic, value, bool(message.retain), expiry))
        self.take(message.topic, value)

    def take(self, topic: str, value: Any) -> None:
        """For those that act on messages."""

    def of(self, topic: str) -> list[Any]:
        """The contents of the messages on a topic, without its common beginning."""
        return [value for _, where, value, _, _ in list(self.messages) if where == f"{ROOT}/{topic}"]

    def publish(self, topic: str, payload: str, *, retain: bool = False, **properties: Any) -> None:
        """Publish, and wait until the broker has it; properties: of MQTT 5, as in MessageExpiryInterval=3."""
        given = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        for name, value in properties.items():
            setattr(given, name, value)
        self.client.publish(f"{ROOT}/{topic}", payload, 1, retain, given).wait_for_publish(10)

    def __enter__(self) -> Self:
        self.client.connect_async(self.broker.address, self.broker.port, keepalive=5)
        self.client.loop_start()
        until(self.ready.is_set, "a subscription", log=lambda: self.broker.log)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Reader(Listener):
    """Keeps every event of the journal once, and says up to which one it has all."""

    def __init__(self, broker: Mosquitto) -> None:
        super().__init__(broker, f"{ROOT}/journal", f"{ROOT}/event/#")
        self.got: Counter[int] = Counter()
        self.order: list[int] = []
        self.gaps: list[tuple[int, int]] = []

    def take(self, topic: str, value: Any) -> None:
        """Keep an event of the journal; one before which another is missing comes again."""
        if topic != f"{ROOT}/journal":
            return
        self.got[value["id"]] += 1
        last = self.order[-1] if self.order else value["acknowledged"]
        if value["after"] <= last < value["id"]:
            last = value["id"]
            self.order.append(last)
            if value["type"] == "events.lost":
                self.gaps.append((value["data"]["from"], value["data"]["to"]))
        self.client.publish(f"{ROOT}/journal/ack", str(last), 1)
