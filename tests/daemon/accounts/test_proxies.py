"""Several outbound proxies: what one that died had to do, the next one does (RFC 3263 §4.3)."""

from contextlib import contextmanager

import pytest

from tests.support.daemon import Daemon, talking
from tests.support.peers.registrars import Kamailio, Scripted, account
from tests.support.waiting import PATIENCE_S, until

USER, OTHER = "231", "232"


@pytest.fixture
def second(tmp_path):
    with Kamailio(tmp_path / "second") as proxy:
        yield proxy


@contextmanager
def stations(directory, first, second, **settings):
    """One whose proxies are both, the first in use, and one registered at the second."""
    proxies = [f"{each.address}:{each.port}" for each in (first, second)]
    ours = {"office": account(directory, first, USER, proxies=proxies, **settings)}
    theirs = {"office": account(directory, second, OTHER)}
    far = Daemon(directory / "far", account=theirs, target={"far": {"uri": USER, "account": "office"}})
    door = Daemon(directory / "door", account=ours, target={"far": {"uri": OTHER, "account": "office"}})
    with far, door:
        for each in (far, door):
            each.wait("account.registered")
        door.begin()
        yield door, far


def talk(door, far, first, second):
    """A visitor rings, and is heard; the account is then at the second as well."""
    call, came = talking(door, far)
    left = door.wait("server.unreachable", patience=PATIENCE_S)["data"]
    assert (left["account"], left["server"]) == ("office", f"{first.address}:{first.port}")
    assert [event["call"] for event in door.of("call.dialing")] == [call]
    far.press("hangup")
    door.final(call, kind="call.ended", cause="hangup", by="remote")
    far.final(came, kind="call.ended", cause="hangup", by="local")
    until(lambda: f"REGISTERED {USER} " in second.log, "the account at the second proxy", PATIENCE_S)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_visitor_is_heard_by_the_next_proxy_where_the_first_has_died_a_moment_ago(transport, second, tmp_path):
    with (
        Kamailio(tmp_path / "first") as first,
        stations(tmp_path, first, second, transport=transport) as (door, far),
    ):
        first.kill()
        talk(door, far, first, second)


def test_a_visitor_is_heard_by_the_next_proxy_where_the_first_registers_and_takes_no_calls(second, tmp_path):
    with Scripted((200, {}), calls=503) as first, stations(tmp_path, first, second) as (door, far):
        talk(door, far, first, second)


def test_where_no_proxy_takes_calls_it_fails_with_the_last_one_s_answer(tmp_path):
    with Scripted((200, {}), calls=503) as first, Scripted((200, {}), calls=503) as second:
        proxies = [f"{each.address}:{each.port}" for each in (first, second)]
        ours = {"office": account(tmp_path, first, USER, proxies=proxies)}
        with Daemon(tmp_path / "door", account=ours, target={"far": {"uri": OTHER, "account": "office"}}) as door:
            door.wait("account.registered")
            door.final(door.ring(), kind="call.failed", cause="unavailable", code=503, by="remote")
