"""What a receiver gets: signatures of Standard Webhooks, bodies of CloudEvents, and the events that it wants."""

import json
import time

import pytest

from appliance.outlet import settings
from appliance.outlet.webhooks import message
from tests.support.peers.receiver import SECRET, signed_right

RING = {
    "id": 1842,
    "type": "ring.started",
    "time": "2026-11-26T07:00:00.000000Z",
    "uptime": 1.5,
    "boot": "6f1c0d2e",
    "call": None,
    "data": {"ring": "v-1", "button": "ring", "to": "house"},
}


def of(secret=SECRET):
    table = {
        "url": "https://house.example/",
        "ca_file": "",
        "local": False,
        "events": ["*"],
        "report": [],
        "ask": [],
        "token": "",
    }
    return settings.webhook("house", table, secret, source="front", version="1.0")


def test_the_example_of_the_specification_has_its_signature():
    found = message.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_request_is_a_cloud_event_that_a_receiver_can_check():
    body, headers = message.request(of(), message.cloud_event(RING, "front"))
    assert signed_right(SECRET, headers, body)
    assert not signed_right(SECRET, headers, body.replace(b"house", b"other"))
    assert not signed_right(SECRET, {**headers, "webhook-id": "6f1c0d2e-1843"}, body)
    assert not signed_right(SECRET, {**headers, "webhook-timestamp": str(int(time.time()) - 3600)}, body)
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": "6f1c0d2e-1842",
        "source": "urn:intercomd:station:front",
        "type": "org.intercomd.ring.started",
        "time": "2026-11-26T07:00:00.000000Z",
        "datacontenttype": "application/json",
        "data": RING,
    }


def test_two_secrets_sign_both_so_that_one_can_be_exchanged_for_the_other():
    other = "whsec_" + SECRET.removeprefix("whsec_")[::-1].replace("=", "")[:40]
    body, headers = message.request(of(f"{other} {SECRET}"), message.cloud_event(RING, "front"))
    assert signed_right(SECRET, headers, body)
    assert signed_right(other, headers, body)


def test_secrets_are_in_no_text_of_the_settings():
    assert SECRET not in repr(of())


def test_an_event_of_a_call_names_it_and_lost_ones_have_an_id_of_their_own():
    assert message.cloud_event(RING | {"call": "c-1"}, "front")["subject"] == "c-1"
    lost = message.cloud_event(RING | {"type": "events.lost", "state": {"large": 1}}, "front")
    assert lost["id"] == "6f1c0d2e-1842-lost"
    assert "state" not in lost["data"]


@pytest.mark.parametrize(
    ("patterns", "fits"),
    [(["*"], True), (["ring.*"], True), (["ring.started"], True), (["ring.ended", "door.*"], False), ([], False)],
)
def test_a_receiver_gets_what_it_wants(patterns, fits):
    assert message.fits("ring.started", patterns) == fits
