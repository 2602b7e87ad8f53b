"""The client library at a real server: requests, tokens, certificates, keys, errors, recorded sound."""

import asyncio
import ssl
import threading
import time
from contextlib import aclosing, contextmanager

import pytest

from appliance.api import app
from appliance.api.http import headers, server
from appliance.base.errors import ErrorCode
from appliance.core import inputs
from intercomd_client import IntercomdError, Station, StationUnreachableError, StationUntrustedError
from intercomd_client.refusals import DoorLockedDownError, ForbiddenError, RecordingNotFoundError, UnauthorizedError
from tests.api import fake
from tests.api.conftest import PATIENCE_S, TOKEN, run
from tests.api.test_https import Given
from tests.core.sent import as_sent
from tests.support.certificates import Authority
from tests.support.waiting import until


@pytest.fixture(params=["socket", "tcp"])
def client(shared, request):
    """Makes a client, by both ways in."""
    if request.param == "socket":
        return lambda: Station(shared.bound.socket, timeout=PATIENCE_S)
    return lambda: Station(shared.bound.url, token=TOKEN, timeout=PATIENCE_S)


def asked(client, act):
    """What a coroutine function returns, given a client."""

    async def ask():
        async with client() as station:
            return await act(station)

    return asyncio.run(ask())


def test_a_request_gets_its_answer(client, station):
    assert asked(client, Station.read_state) == as_sent(station.snapshot())
    assert asked(client, lambda door: door.open_door("front", seconds=2.5)) == {"warning": None}
    ((action, who),) = station.requests
    assert isinstance(action, inputs.OpenDoor)
    assert (action.door, action.seconds) == ("front", 2.5)
    assert who in {"http:unix", "http:token"}


def test_an_order_with_a_key_is_carried_out_once(client, station):
    async def twice(door):
        key = f"key-{id(door)}"
        return [await door.open_door("front", idempotency_key=key) for _ in range(2)]

    first, second = asked(client, twice)
    assert first == second
    assert len(station.requests) == 1


def test_a_refusal_is_an_error_of_its_class_with_cause_and_remedy(client, station):
    station.replies = fake.refused(ErrorCode.DOOR_LOCKED_DOWN)
    with pytest.raises(DoorLockedDownError) as caught:
        asked(client, lambda door: door.open_door("front"))
    error = caught.value
    assert (error.code, error.message, error.cause, error.resolution, error.status) == (
        "door-locked-down",
        "No.",
        "Because.",
        "Do not.",
        409,
    )


@contextmanager
def hanging(loop):
    """The station answers nothing meanwhile; what comes waits."""
    go = threading.Event()
    loop.call_soon_threadsafe(go.wait)
    try:
        yield
    finally:
        go.set()


def test_an_order_that_comes_after_its_client_has_given_it_up_does_nothing(shared, station, loop):
    async def late():
        async with Station(shared.bound.socket, timeout=1.0) as door:
            await door.read_state()
            with hanging(loop):
                end = time.time() + 3.0
                with pytest.raises(StationUnreachableError):
                    await door.open_door("front")
                until(lambda: time.time() > end, "the end of the order", PATIENCE_S)

    asyncio.run(late())
    asked(lambda: Station(shared.bound.socket, timeout=PATIENCE_S), lambda door: door.open_door("back"))
    assert [action.door for action, _ in station.requests] == ["back"]


@pytest.mark.parametrize("wrong_s", [-3600.0, 3600.0, None])
@pytest.mark.parametrize("is_set", [False, True])
def test_a_wrong_clock_refuses_no_order(client, station, monkeypatch, wrong_s, is_set):
    """As behind a proxy with a clock of its own; or the clock of the station is set meanwhile."""
    real = headers.formatdate
    shown = lambda **_: real(time.time() + wrong_s, usegmt=True) if wrong_s else "soon"  # noqa: E731

    async def orders(door):
        with monkeypatch.context() as patch:
            patch.setattr(headers, "formatdate", shown)
            await door.read_state()
            if not is_set:
                await door.open_door("front")
                await door.open_door("front")
        await door.open_door("front")

    asked(client, orders)
    assert len(station.requests) == (1 if is_set else 3)


def test_a_wrong_token_is_refused(shared):
    with pytest.raises(UnauthorizedError):
        asked(lambda: Station(shared.bound.url, token="wrong"), Station.read_state)


async def sound(station, recording):
    return b"".join([piece async for piece in station.read_recorded_sound(recording)])


def test_recorded_sound_comes_whole(client, station):
    row = station.recordings.add()
    assert asked(client, lambda door: sound(door, row.id)) == station.recordings.path(row.id).read_bytes()
    with pytest.raises(RecordingNotFoundError):
        asked(client, lambda door: sound(door, "r-999"))


def test_no_station_and_no_permission_are_errors_that_name_the_address(tmp_path):
    client = Station(tmp_path / "http.sock")
    with pytest.raises(StationUnreachableError, match=str(tmp_path)):
        asked(lambda: client, Station.read_state)
    refusal = OSError("wrapped")
    refusal.__cause__ = PermissionError(13, "Permission denied")
    error = client._unreachable(refusal)
    assert isinstance(error, ForbiddenError)
    assert str(error).startswith(f"You are not allowed to use {tmp_path}/http.sock. ")


def test_a_token_counts_with_the_end_of_the_line_of_its_file(shared, station):
    from_a_file = lambda: Station(shared.bound.url, token=f" {TOKEN}\n", timeout=PATIENCE_S)  # noqa: E731
    assert asked(from_a_file, Station.read_state) == as_sent(station.snapshot())


@pytest.mark.parametrize("token", ["first\nsecond", "secr\N{LATIN SMALL LETTER E WITH ACUTE}t", "a\0b"])
def test_a_text_that_cannot_be_a_token_is_refused_and_not_shown(token):
    with pytest.raises(ValueError, match=r"^The token has ") as refused:
        Station("http://127.0.0.1:8080", token=token)
    assert repr(token)[1:-1] not in str(refused.value)


def test_a_key_that_cannot_be_sent_is_no_station_that_is_away(client, station):
    with pytest.raises(ValueError, match=r"^The idempotency_key has "):
        asked(client, lambda door: door.open_door("front", idempotency_key="a\nb"))
    assert not station.requests


@pytest.mark.parametrize("address", ["http://192.0.2.1:8080", "http://door.example", "http://127.0.0.1.example"])
def test_a_token_never_leaves_this_machine_unencrypted(address):
    with pytest.raises(ValueError, match="by HTTPS only"):
        Station(address, token=TOKEN)
    Station(address)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def https(station, loop, authority):
    certificate, key = authority.sign("door", "door", "IP:127.0.0.1")
    listening = server.HttpServer(app.build(station, TOKEN), None, "127.0.0.1", 0, Given(certificate, key))
    yield run(loop, listening.start()).url
    run(loop, listening.stop())


async def first_event(station):
    async with aclosing(station.events(0)) as events:
        return (await anext(events))["type"]


def test_a_given_certificate_is_trusted_and_no_other(https, station, authority, tmp_path):
    station.tell("call.ended")
    trusting = lambda: Station(https, token=TOKEN, certificate=authority.file, timeout=PATIENCE_S)  # noqa: E731
    assert asked(trusting, Station.read_state)["last_event"] == 1
    assert asked(trusting, first_event) == "call.ended"
    context = ssl.create_default_context(cafile=authority.file)
    assert asked(lambda: Station(https, token=TOKEN, certificate=context), first_event) == "call.ended"
    other = Authority(tmp_path / "other", "another authority").file
    for act in (Station.read_state, first_event):
        for certificate in (other, None):
            with pytest.raises(StationUntrustedError, match="is not trusted") as caught:
                asked(lambda chosen=certificate: Station(https, token=TOKEN, certificate=chosen), act)
            assert caught.value.cause
            assert caught.value.resolution


def test_a_certificate_for_another_name_is_not_trusted(https, authority):
    elsewhere = https.replace("127.0.0.1", "localhost")
    with pytest.raises(StationUntrustedError):
        asked(lambda: Station(elsewhere, token=TOKEN, certificate=authority.file), Station.read_state)


def test_a_file_that_is_no_certificate_is_an_error_with_its_name(tmp_path):
    (tmp_path / "http.crt").write_text("hello")
    for file in ("http.crt", "missing.crt"):
        with pytest.raises(StationUntrustedError, match=f"{file} cannot be used") as caught:
            Station("https://door.example", certificate=tmp_path / file)
        assert isinstance(caught.value.__cause__, OSError | ssl.SSLError)
        assert isinstance(caught.value, IntercomdError)
