"""The end of a connection: a broker never keeps the station as online that is gone."""

import pytest
from msgspec.structs import replace

from appliance.config.schema import Config
from appliance.outlet import settings
from appliance.outlet.link import Link, Up
from tests.support.peers.mosquitto import DEVICE, ROOT, Listener, Mosquitto
from tests.support.peers.odd_broker import OddBroker
from tests.support.times import patient
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
MANY = 300  # messages at once: three times as many as paho sends before the first is acknowledged


def linked(broker, **single):
    """A connection to the broker, with patient times except for these."""
    table = {"host": broker.address, "port": broker.port, "device": DEVICE, "tls": False}
    of = settings.read(settings.line(Config(mqtt=table).mqtt.model_dump(), ""))
    of = replace(of, times=patient(**single))
    news = []
    link = Link(of, lambda _, each: news.append(each), (), old=False)
    link.start()
    until(lambda: any(isinstance(each, Up) for each in news), "a connection", log=lambda: news)
    return link


def test_the_last_word_waits_behind_all_messages_and_is_said_once(tmp_path):
    with Mosquitto(tmp_path / "b") as broker, Listener(broker, f"{ROOT}/#") as heard:
        link = linked(broker)
        for number in range(MANY):
            assert link.publish(f"{ROOT}/journal", str(number))
        link.close()
        until(lambda: heard.of("availability"), log=lambda: broker.log)
        assert heard.of("journal") == [str(number) for number in range(MANY)]
        until(lambda: f"intercomd-{DEVICE} disconnected" in broker.log)
        assert heard.of("availability") == ["offline"]


def test_a_broker_that_does_not_take_the_last_word_is_left_without_disconnect_so_that_it_says_the_will():
    with OddBroker(takes=False) as broker:
        link = linked(broker, broker_closes_s=0.3)
        link.close()
        until(lambda: broker.ends)
        assert broker.ends == [False]
