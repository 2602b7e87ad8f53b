"""Questions that cannot be asked are reported, as every other one is."""

import threading
import time
from urllib.parse import unquote

import pytest

from appliance.config.schema import Config
from appliance.outlet import settings
from appliance.outlet.webhooks.questions import AT_ONCE, Questions
from tests.support.peers.receiver import SECRET, Receiver
from tests.support.waiting import until

pytestmark = pytest.mark.far_end
LONG_S = 300.0


def ring(number, answer_s, ago_s=0.0):
    data = {"ring": f"r{number}", "to": "far", "answer_s": answer_s}
    when = {"time": "2026-01-01T00:00:00Z", "uptime": time.monotonic() - ago_s}
    return {"id": number, "boot": "b", "type": "ring.started", "severity": "info", "call": None, "data": data, **when}


@pytest.fixture
def receiver(tmp_path):
    with Receiver(tmp_path / "receiver") as receiver:
        yield receiver


@pytest.fixture
def said():
    return []


@pytest.fixture
def questions(receiver, said):
    table = Config(webhook={"house": receiver.settings(ask=["ring.started"], token="house")}).webhook["house"]
    of = settings.webhook("house", table.model_dump(), SECRET, source="front", version="1.0")
    first = settings.line(Config().mqtt.model_dump(), "", orders={"route_ring": ("POST", "/v1/rings/{ring}/route")})
    return Questions(of, settings.read(first), said.append)


def test_a_ring_that_waits_no_longer_is_reported_as_not_asked(questions, receiver, said):
    questions.happened(ring(1, 1.5, ago_s=1.6))
    (notice,) = [each["notice"] for each in said]
    assert (notice["ring"], notice["status"], notice["asked"]) == ("r1", 0, True)
    assert notice["why"].startswith("The receiver house was not asked. The station was so busy")
    assert receiver.got == []


def test_a_ring_that_nobody_decides_is_no_question(questions, receiver, said):
    questions.happened(ring(1, None))
    assert (said, receiver.got) == ([], [])


def test_a_ring_for_which_a_receiver_has_no_time_is_reported_as_not_asked(questions, receiver, said):
    thought, asked = threading.Event(), []

    def thinks(got):
        asked.append(got)
        thought.wait(LONG_S)
        return 204, None

    receiver.answers = thinks
    try:
        for number in range(AT_ONCE):
            questions.happened(ring(number, LONG_S))
        until(lambda: len(asked) == AT_ONCE, "the questions")
        questions.happened(ring(AT_ONCE, LONG_S))
        (notice,) = [each["notice"] for each in said]
        assert notice["ring"] == f"r{AT_ONCE}"
        assert f"It has not answered {AT_ONCE} other questions." in notice["why"]
    finally:
        thought.set()


def test_an_order_that_the_station_refuses_is_one_line_of_the_log_whatever_it_names(questions, receiver, caplog):
    orders = [{"order": "route_ring", "ring": "x\ndoor.unlocked door=front"}]
    receiver.answers = lambda _: (200, {"orders": orders})
    questions._station.order = lambda _, path, *given: (404, {"detail": f"There is nothing at {unquote(path)}."})
    questions.happened(ring(1, LONG_S))
    until(lambda: caplog.messages, "a line of the log")
    assert caplog.messages[0].isprintable()
