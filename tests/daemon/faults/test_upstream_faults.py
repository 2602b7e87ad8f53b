"""What one message of a far end or a registrar did to pjproject 2.17: the station answers sensibly and serves on.

What cannot be seen from outside (one byte written past a buffer) is shown by `make fuzz`.
packaging/pjsua2/advisories.tsv lists all of them.
"""

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets, good_call
from tests.support.peers.registrars import Notifier, Scripted, account
from tests.support.waiting import until

MOST_ATTRIBUTES = 68  # of one medium, as pjmedia's parser takes them
MOST_MEDIA = 16


def serves(door, child):
    """A call by somebody else goes through, and the SIP process is the one that was there before."""
    good_call(door)
    assert door.sip() == child
    assert not door.of("appliance.degraded")


@pytest.mark.parametrize("supported", [True, False])
def test_as_many_crypto_lines_as_an_sdp_can_hold_are_read(supported, tmp_path):
    with Scripted((200, {})) as registrar:
        office = account(tmp_path, registrar, "201", srtp="optional")
        with Daemon(tmp_path / "door", account={"office": office}) as door:
            door.wait("account.registered")
            child = door.sip()
            with Packets(registrar.address, to=door.address) as far:
                crypto = [f"a=crypto:{tag} A inline:AAAA" for tag in range(1, MOST_ATTRIBUTES + 1)]
                if supported:
                    crypto[-1] = f"a=crypto:{MOST_ATTRIBUTES} AES_CM_128_HMAC_SHA1_80 inline:{'A' * 40}"
                plain = far.sdp.partition("a=")[0].replace("RTP/AVP 8 101", "RTP/SAVP 8")
                far.send(far.request("INVITE", body=plain + "\r\n".join([*crypto, ""])))
                if supported:
                    call = door.rung()
                    accepted = far.called(lambda: door.press("answer"))
                    assert f"a=crypto:{MOST_ATTRIBUTES} AES_CM_128_HMAC_SHA1_80 " in accepted
                    door.talk(call)
                    far.hang_up()
                    door.final(call, kind="call.ended")
                else:
                    far.receive("SIP/2.0 4", "INVITE")
                    far.send(far.request("ACK"))
            serves(door, child)


def test_an_encrypted_call_stays_encrypted_when_it_is_renegotiated(tmp_path):
    with Scripted((200, {})) as registrar:
        office = account(tmp_path, registrar, "201", srtp="mandatory")
        with Daemon(tmp_path / "door", account={"office": office}) as door:
            door.wait("account.registered")
            with Packets(registrar.address, to=door.address) as far:

                def offer(seq):
                    key = f"a=crypto:{seq} AES_CM_128_HMAC_SHA1_80 inline:{'ABCDEFGH'[seq] * 40}\r\n"
                    return far.request("INVITE", seq, body=far.sdp.replace("RTP/AVP", "RTP/SAVP") + key)

                far.send(offer(1))
                call = door.rung()
                accepted = [far.called(lambda: door.press("answer"))]
                door.talk(call)
                for seq in range(2, 8):
                    far.send(offer(seq))
                    accepted.append(far.receive("SIP/2.0 200", f" {seq} INVITE"))
                    far.send(far.request("ACK", seq))
                for seq, answer in enumerate(accepted, 1):
                    assert f"a=crypto:{seq} AES_CM_128_HMAC_SHA1_80 inline:" in answer
                assert door.get(f"/v1/calls/{call}")["srtp"] is True
                far.hang_up()
                door.final(call, kind="call.ended", cause="hangup", by="remote")


WITHOUT_RTPMAP = {
    "telephone-event": "m=audio 4000 RTP/AVP 8 101 102\r\na=rtpmap:102 telephone-event/8000\r\n",
    "red": "m=audio 4000 RTP/AVP 99 0 8\r\na=rtpmap:99 red/8000\r\na=fmtp:99 0/0/0\r\n",
    "red of text": "m=audio 4000 RTP/AVP 8\r\nm=text 4002 RTP/AVP 98 100\r\na=rtpmap:98 t140/1000\r\n"
    "a=rtpmap:100 red/1000\r\na=fmtp:100 98/98/98\r\n",
    "static red": "m=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 0 99\r\na=rtpmap:99 red/8000\r\n",
}


@pytest.mark.parametrize("media", WITHOUT_RTPMAP)
def test_formats_without_rtpmap_are_answered(media, door):
    child = door.sip()
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=far.sdp.partition("m=")[0] + WITHOUT_RTPMAP[media]))
        answer = far.receive("SIP/2.0 ", "INVITE")
        if answer.startswith("SIP/2.0 1"):
            far.send(far.request("CANCEL"))
            far.receive("SIP/2.0 487", "INVITE")
        far.send(far.request("ACK"))
    serves(door, child)


def media(sdp):
    return [line for line in sdp.splitlines() if line.startswith("m=")]


def test_our_own_offer_has_no_more_media_than_an_sdp_can_hold(door):
    """The far end fills the SDP, then changes the kind of what we have refused: those and ours do not fit together."""
    child = door.sip()
    with Packets(door.far_address, to=door.address) as far:
        more = [f"m=audio {4000 + number} RTP/AVP 8\r\n" for number in range(1, MOST_MEDIA)]
        far.send(far.request("INVITE", body=far.sdp + "".join(more)))
        call = door.rung()
        accepted = far.called(lambda: door.press("answer"))
        assert len(media(accepted)) == MOST_MEDIA
        door.talk(call)
        far.send(far.request("INVITE", 2, body=far.sdp + "".join(more).replace("audio", "video")))
        accepted = far.receive("SIP/2.0 200", "INVITE")
        far.send(far.request("ACK", 2))
        assert len(media(accepted)) == MOST_MEDIA
        door.post(f"/v1/calls/{call}/hold")
        far.hang_up()
        door.final(call, kind="call.ended", cause="hangup", by="remote")
        offers = [message for message in far.seen if message.startswith("INVITE")]
        assert all(len(media(offer)) <= MOST_MEDIA for offer in offers)
    serves(door, child)


def test_a_registrar_may_name_more_service_routes_than_are_kept(tmp_path):
    routes = "\r\nService-Route: ".join(f"<sip:192.0.2.{number};lr>" for number in range(1, 40))
    with Scripted((200, {"Service-Route": routes})) as registrar:
        with Daemon(tmp_path / "door", account={"office": account(tmp_path, registrar, "201")}) as door:
            child = door.sip()
            door.wait("account.registered")
            serves(door, child)


LONG = {
    "Allow": "INVITE, " * 25 + "X" * 300,
    "Supported": "timer, " * 25 + "y" * 300,
    "Record-Route": ", ".join(f"<sip:192.0.2.{number};lr;x={'z' * 70}>" for number in range(25)),
}


@pytest.mark.parametrize("name", LONG)
def test_long_headers_are_answered_or_refused(name, door):
    child = door.sip()
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("INVITE", body=far.sdp, headers=f"{name}: {LONG[name]}\r\n"))
        far.receive("SIP/2.0 ", "INVITE")
        far.send(far.request("CANCEL"))
    serves(door, child)


BODIES = {
    "empty multipart": ("multipart/mixed;boundary=b", "--b--\r\n"),
    "multipart without a boundary": ("multipart/mixed", "\r\n"),
    "deep XML": ("application/pidf+xml", "<a>" * 1000),
    "XML of comments": ("application/pidf+xml", "<!>" * 1000),
}


@pytest.mark.parametrize("body", BODIES)
def test_bodies_that_are_empty_or_deep_are_answered(body, door):
    child = door.sip()
    kind, text = BODIES[body]
    with Packets(door.far_address, to=door.address) as far:
        far.send(far.request("MESSAGE", body=text, kind=kind))
        far.receive("SIP/2.0 ", "MESSAGE")
        far.send(far.request("INVITE", 2, body=text, kind=kind))
        far.receive("SIP/2.0 ", "INVITE")
        far.send(far.request("CANCEL", 2))
    serves(door, child)


def test_a_contact_reported_by_deep_xml_costs_nothing_but_its_state(tmp_path):
    deep = 202, ("active", "application/pidf+xml", "<a>" * 1000)
    with Notifier(deep) as registrar:
        watched = {"kitchen": {"uri": "102", "account": "office", "watch": "subscribe", "watch_s": 5}}
        office = account(tmp_path, registrar, "201")
        with Daemon(tmp_path / "door", account={"office": office}, target=watched) as door:
            child = door.sip()
            until(lambda: registrar.subscribed, "a subscription")
            serves(door, child)
