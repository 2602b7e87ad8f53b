"""Messages of many thousands of bytes: what fits into 16 kB is read whole; a longer request gets 513."""

import socket
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from tests.daemon.accounts.test_connections import listeners
from tests.support.daemon import Daemon, loopback
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import Kamailio, account
from tests.support.shown import shows

READ = 16384  # bytes


def long(far, length, method="INVITE", **request):
    """A request of so many bytes, its body at the end."""
    short = far.request(method, headers="X-Long: \r\n", **request)
    return far.request(method, headers=f"X-Long: {'x' * (length - len(short))}\r\n", **request)


@pytest.mark.parametrize("length", [4_100, 8_000, READ - 1])
def test_an_invite_of_many_bytes_is_a_call_with_sound(door, length):
    with Packets(door.far_address, to=door.address) as far:
        invite = long(far, length, body=far.sdp)
        assert len(invite) == length
        far.send(invite)
        call = door.rung()
        accepted = far.called(lambda: door.press("answer"))
        door.talk(call)
        far.press(accepted, "5", 1)
        door.wait("dtmf.received", call, digit="5")
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")


def test_a_text_of_many_bytes_arrives_whole(door):
    text = "parcel " * 1_500
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("MESSAGE", body=text, kind="text/plain"))
        far.receive("SIP/2.0 200", "MESSAGE")
        assert door.wait("message.received")["data"]["body"] == text.strip()


@shows("request.refused")
@pytest.mark.parametrize(
    ("method", "request_of", "part"),
    [
        ("INVITE", lambda far: long(far, 20_000, body=far.sdp), "X-Long"),
        ("INVITE", lambda far: far.request("INVITE", body=far.sdp + "a=x-more:1\r\n" * 2_000), "the body"),
        ("INVITE", lambda far: far.request("INVITE", body=far.sdp, headers="X-Many: 1\r\n" * 2_000), "X-Many"),
        ("MESSAGE", lambda far: far.request("MESSAGE", body="parcel " * 3_000, kind="text/plain"), "the body"),
        (
            "MESSAGE",
            lambda far: far.request("MESSAGE", headers=f"{'X' * 20_000}: 1\r\n", body="a", kind="text/plain"),
            "a header with a long name",
        ),
    ],
    ids=["one long header", "a long body", "many headers", "a long text", "a long name"],
)
def test_what_is_too_long_is_refused_and_reported(door, method, request_of, part):
    with Packets(loopback(), to=door.address) as far:
        far.send(request_of(far))
        reason = f"Message Too Large (more than 16384 bytes, most of them {part})"
        far.receive(f"SIP/2.0 513 {reason}\r\n", method)
        told = door.wait("request.refused", **{"from": far.address})["data"]
    assert told == {"method": method, "from": far.address, "code": 513, "reason": reason}
    assert door.of("call.incoming") == door.of("message.received") == []


def test_what_is_too_long_is_reported_once_a_minute(door):
    with ExitStack() as stack:
        far, other, last = (stack.enter_context(Packets(loopback(), to=door.address)) for _ in range(3))
        for seq in range(1, 4):
            far.send(far.request("MESSAGE", seq, body="parcel " * 3_000, kind="text/plain"))
            far.receive("SIP/2.0 513", "MESSAGE")
        for each in (other, last):  # what is refused within a moment is reported in any order
            each.send(each.request("MESSAGE", body="parcel " * 3_000, kind="text/plain"))
            door.wait("request.refused", **{"from": each.address})
    assert len([e for e in door.of("request.refused") if e["data"]["from"] == far.address]) == 1


def test_an_ack_that_is_too_long_is_not_answered_and_a_bye_ends_its_call(door):
    with Packets(door.far_address, to=door.address) as far:
        call = far.rings(door)
        far.accepted(lambda: door.press("answer"))
        far.send(long(far, 20_000, "ACK", body="x"))
        door.talk(call)
        far.send(long(far, 20_000, "BYE", seq=2, body="x"))
        far.receive("SIP/2.0 200", "BYE")
        door.final(call, kind="call.ended", cause="hangup", by="remote")
    assert not [message for message in far.seen if message.startswith("SIP/2.0 513")]


def test_an_answer_that_is_too_long_is_as_if_it_were_lost(door):
    with Packets(door.far_address, door.far_port) as far:
        call = door.ring()
        invite = far.receive("INVITE", "INVITE")
        far.send(far.reply(invite, "200 OK", far.sdp + "a=x-more:1\r\n" * 2_000))
        far.send(far.reply(invite, "180 Ringing"))
        door.wait("call.ringing", call)  # no call was made of the part that fits
        far.send(far.reply(invite, "200 OK", far.sdp))
        far.receive("ACK", "ACK")
        door.talk(call)
    assert door.of("request.refused") == []


def by_tcp(message):
    return message.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")


def read(connection):
    """All that comes until the station closes the connection."""
    connection.settimeout(120)
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts).decode()


def test_what_is_too_long_by_tcp_is_refused_and_its_end_is_not_read_as_another_message(tmp_path):
    """Somebody could write a message of the PBX's into the end of a text that the PBX passes on."""
    with Kamailio(tmp_path / "k") as pbx:
        home = account(tmp_path, pbx, "202", transport="tcp")
        target = {"far": {"uri": "far", "account": "home"}}
        with Daemon(tmp_path / "door", account={"home": home}, target=target) as door:
            door.wait("account.registered", account="home")
            (where,) = set(listeners(door))
            with Packets(pbx.address, to="{}:{}".format(*where)) as far:
                hidden = by_tcp(far.request("MESSAGE", 2, "from the end of another", "text/plain"))
                text = "parcel " * 2_400 + hidden.decode()
                with socket.create_connection(where, 120, (pbx.address, 0)) as connection:
                    connection.sendall(by_tcp(far.request("MESSAGE", body=text, kind="text/plain")))
                    answers = read(connection)
                assert answers.startswith("SIP/2.0 513 ") and answers.count("SIP/2.0 ") == answers.count("SIP/2.0 513")
                refused = door.wait("request.refused", **{"from": pbx.address})["data"]
                assert (refused["method"], refused["code"]) == ("MESSAGE", 513)
                with socket.create_connection(where, 120, (pbx.address, 0)) as connection:
                    connection.sendall(by_tcp(far.request("OPTIONS", 3)))
                    assert connection.recv(65536).startswith(b"SIP/2.0 200 ")
            assert door.of("message.received") == []


def test_a_long_invite_goes_by_udp_to_a_phone_though_an_account_uses_tcp(tmp_path):
    """RFC 3261 §18.1.1 lets it go by TCP beyond 1,300 bytes; many phones listen by UDP only."""
    pbx = SimpleNamespace(address=loopback(), port=5060)
    accounts = {"office": account(tmp_path, pbx, "201", transport="tcp")}
    with (
        socket.create_server((pbx.address, pbx.port)),
        Daemon(tmp_path / "d", account=accounts) as door,
        Packets(door.far_address, door.far_port) as far,
        socket.create_server((far.address, far.port)) as by_tcp,
    ):
        call = door.post("/v1/calls", {"to": "far", "headers": {f"X-{number}": "x" * 200 for number in range(10)}})[
            "id"
        ]
        invite = far.invited()
        assert len(invite) > 2_000
        far.answer(invite, "486 Busy Here")
        door.final(call, kind="call.rejected", cause="busy")
        by_tcp.setblocking(False)
        with pytest.raises(BlockingIOError):
            by_tcp.accept()
