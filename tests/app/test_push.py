"""Notifications of rings in the daemon: what it says where none can be sent, and how many rings are sent at most."""

import asyncio
from types import SimpleNamespace

import pytest

from appliance.app import push
from appliance.app.push import AT_ONCE, Pushes
from appliance.core.inputs import PartFailed, PartRecovered
from appliance.store.lists.subscriptions import Subscriptions

KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
NOWHERE = {"endpoint": "https://push.invalid.example/1", "keys": KEYS, "language": "en"}
CONFIG = SimpleNamespace(http=SimpleNamespace(push_contact=""), station=SimpleNamespace(name="Front door"))


@pytest.fixture
def known(tmp_path):
    made = Subscriptions(tmp_path, lambda _: True)
    made.key()
    made.add(NOWHERE, "", "", "http:unix")
    return made


def started(ring="v-1"):
    return {"type": "ring.started", "data": {"ring": ring, "button": "ring", "to": "house"}}


def ended(ring="v-1"):
    data = {"ring": ring, "button": "ring", "result": "unanswered", "by": "", "target": ""}
    return {"type": "ring.ended", "data": data}


async def whole(pushes):
    """A ring, until its process has ended."""
    pushes.take(started())
    (task,) = pushes._tasks
    pushes.take(ended())
    await asyncio.wait_for(task, 120)


def posted(known, act):
    """What the reactor gets."""
    inputs = []

    async def run():
        pushes = Pushes(lambda: CONFIG, known, inputs.append)
        await act(pushes)
        await pushes.stop()

    asyncio.run(run())
    return inputs


@pytest.mark.far_end
def test_a_missing_library_is_a_fault_that_names_the_packages(known, tmp_path, monkeypatch):
    (tmp_path / "http_ece.py").write_text("raise ImportError('No module named http_ece')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (fault,) = posted(known, whole)
    assert isinstance(fault, PartFailed) and fault.part == "push"
    assert "The libraries for notifications are not installed." in fault.why
    assert "http-ece" in fault.resolution and "py-vapid" in fault.resolution


@pytest.mark.far_end
def test_a_damaged_key_is_a_fault_that_says_what_to_do(known, tmp_path):
    (tmp_path / "push.key").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (fault,) = posted(known, whole)
    assert "The station's key for notifications is damaged" in fault.why
    assert "push.key" in fault.resolution


def test_a_missing_key_is_a_fault(known, tmp_path):
    (tmp_path / "push.key").unlink()
    (fault,) = posted(known, whole)
    assert "No notification can be sent" in fault.why


@pytest.mark.far_end
def test_a_process_that_dies_is_a_fault(known, monkeypatch):
    monkeypatch.setattr(push, "COMMAND", ("/bin/false",))
    (fault,) = posted(known, whole)
    assert fault.why == "The process for notifications ended with status 1."


@pytest.mark.far_end
@pytest.mark.parametrize("end", ["removed", "logged out", "unknown to its service"])
def test_a_fault_is_over_once_no_device_is_left(known, monkeypatch, end):
    monkeypatch.setattr(push, "COMMAND", ("/bin/false",))
    known.add(NOWHERE, "", "session", "http:unix")
    (device,) = known.known()

    async def act(pushes):
        await whole(pushes)
        match end:
            case "removed":
                await asyncio.to_thread(known.remove, device.id, None)
            case "logged out":
                await asyncio.to_thread(known.leave, "session")
            case _:
                await asyncio.to_thread(known.drop, device.id)

    assert [type(each) for each in posted(known, act)] == [PartFailed, PartRecovered]


@pytest.mark.far_end
def test_a_fault_is_over_once_no_token_of_a_device_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(push, "COMMAND", ("/bin/false",))
    valid = {"token"}
    known = Subscriptions(tmp_path, valid.__contains__)
    known.key()
    known.add(NOWHERE, "token", "", "http:anna")

    async def act(pushes):
        await whole(pushes)
        valid.clear()
        pushes.take(started("v-2"))
        assert not pushes._tasks

    assert [type(each) for each in posted(known, act)] == [PartFailed, PartRecovered]


def test_nothing_is_started_for_nobody(tmp_path):
    async def act(pushes):
        pushes.take(started())
        assert not pushes._tasks

    assert posted(Subscriptions(tmp_path, lambda _: True), act) == []


def test_who_presses_again_and_again_sends_no_more(known, monkeypatch):
    begun = []

    async def run(_, first, ends):
        begun.append(first)
        await ends

    monkeypatch.setattr(Pushes, "_run", run)

    async def act(pushes):
        for n in range(AT_ONCE + 5):
            pushes.take(started(f"v-{n}"))
            pushes.take(ended(f"v-{n}"))
        await asyncio.gather(*pushes._tasks)

    assert posted(known, act) == []
    assert len(begun) == AT_ONCE


@pytest.mark.far_end
def test_a_device_that_cannot_be_reached_has_that_as_its_problem_and_is_no_fault_of_the_station(known):
    assert posted(known, whole) == []
    (device,) = known.list(None)
    assert "push.invalid.example cannot be reached" in device["problem"]
