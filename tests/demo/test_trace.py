from appliance.demo.sip_trace import Trace

INVITE = """2026-11-20 22:14:02.711  pjsua_core.c  .RX 986 bytes Request msg INVITE (rdata0x3) from UDP 127.0.0.1:5060:
INVITE sip:kitchen@127.0.0.1:5070 SIP/2.0
From: <sip:front@127.0.0.1>;tag=8a1d
To: sip:kitchen@127.0.0.1{tag}
Call-ID: c828
CSeq: 7 INVITE
Content-Type: application/sdp

v=0
m=audio 4000 RTP/AVP 8 121
a={direction}
a=rtpmap:8 PCMA/8000
a=rtpmap:121 telephone-event/8000

--end msg--
"""
RINGING = """2026-11-20 22:14:02.713  pjsua_core.c  TX 505 bytes Response msg 180 (tdta0x3) to UDP 127.0.0.1:5060:
SIP/2.0 180 Ringing
To: <sip:kitchen@127.0.0.1>;tag=231b
Call-ID: c828
CSeq: 7 INVITE


--end msg--
"""
OTHER = "2026-11-20 22:14:02.712          pjsua_media.c  Call 0: initializing media..\n"


def written(path, text):
    with path.open("ab") as file:
        file.write(text.replace("\n", "\r\n").encode())


def test_messages_are_read_as_they_come_whatever_stands_between(tmp_path):
    path = tmp_path / "sip.trace"
    trace = Trace(path)
    assert trace.read() == []
    invite = OTHER + INVITE.format(tag="", direction="sendrecv")
    for part in (invite[:300], invite[300:-20], invite[-20:] + OTHER + RINGING):
        written(path, part)
        trace.read()
    first, second = trace.read()
    assert (first.received, first.method, first.status, first.peer) == (True, "INVITE", 0, "127.0.0.1:5060")
    assert (first.direction, first.takes_digits, first.to_tag, first.call_id) == ("sendrecv", True, False, "c828")
    assert (second.received, second.method, second.status, second.to_tag) == (False, "INVITE", 180, True)
    assert round((second.at - first.at) * 1000) == 2


def test_a_message_in_a_dialog_that_holds_is_reported_as_such(tmp_path):
    written(tmp_path / "sip.trace", INVITE.format(tag=";tag=1", direction="sendonly"))
    (message,) = Trace(tmp_path / "sip.trace").read()
    assert (message.to_tag, message.direction, str(message)) == (True, "sendonly", "received INVITE (sendonly)")
