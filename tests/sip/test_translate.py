import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.stack import translate
from appliance.sip.stack.calls.operations import described

MESSAGE = (
    "INVITE sip:kitchen@192.0.2.7 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.9:5060\r\n"
    "X-Button: bell\r\n"
    "x-note: two\r\n  lines\r\n"
    "Reason: Q.850;cause=16\r\n"
    "Content-Type: application/sdp\r\n"
    "\r\n"
    "v=0\r\nX-Body: no header\r\n"
)


@pytest.mark.parametrize(
    ("header", "uri", "name"),
    [
        ("sip:a@192.0.2.1:5070", "sip:a@192.0.2.1:5070", ""),
        ("<sip:a@192.0.2.1>", "sip:a@192.0.2.1", ""),
        ("<sip:a@192.0.2.1;transport=udp>;tag=7", "sip:a@192.0.2.1;transport=udp", ""),
        ("sip:a@192.0.2.1;tag=7", "sip:a@192.0.2.1", ""),
        ("Kitchen <sip:a@b>", "sip:a@b", "Kitchen"),
        ("Up stairs  <sip:a@b>", "sip:a@b", "Up stairs"),
        ('"Front \\"1\\" <door>" <sip:a@b>', "sip:a@b", 'Front "1" <door>'),
        ('"Küche" <sip:a@b>', "sip:a@b", "Küche"),
        ('"bad \udcff byte" <sip:a@b>', "sip:a@b", "bad \ufffd byte"),
        ('"two\r\n lines" <sip:a@b>', "sip:a@b", "two   lines"),
        ('"" <sip:a@b>', "sip:a@b", ""),
        ("", "", ""),
    ],
)
def test_an_address_gives_its_uri_without_brackets_and_its_name(header, uri, name):
    assert translate.address(header) == (uri, name)


@given(st.text(st.characters()))
def test_a_clean_text_is_utf_8_in_one_line(text):
    cleaned = translate.clean(text)
    assert cleaned.encode().decode() == cleaned
    assert len(cleaned.splitlines()) <= 1


@given(st.text(st.characters()))
def test_no_text_breaks_the_reading_of_addresses_and_headers(text):
    translate.address(text)
    translate.headers(text)


def test_the_transport_is_the_top_vias():
    message = "INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=1\r\nVia: SIP/2.0/UDP b\r\n\r\n"
    assert translate.transport(message) == "tcp"
    assert translate.transport("INVITE sip:x SIP/2.0\r\n\r\n") == ""


@pytest.mark.parametrize(
    ("message", "uri"),
    [
        ("INVITE sip:102@192.0.2.1;ob SIP/2.0\r\nTo: <sip:x@y>\r\n\r\n", "sip:102@192.0.2.1;ob"),
        ("INVITE\r\n", ""),
        ("", ""),
    ],
)
def test_the_request_uri_is_the_first_lines(message, uri):
    assert translate.request_uri(message) == uri


def test_headers_are_read_whole_without_the_body():
    told = (("X-Button", "bell"), ("x-note", "two lines"), ("Reason", "Q.850;cause=16"))
    assert sorted(translate.own_headers(MESSAGE)) == sorted(told)
    assert translate.header(MESSAGE, "reason") == "Q.850;cause=16"
    assert translate.header(MESSAGE, "Subject") == ""
    assert translate.own_headers("") == ()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Call-Info: <sip:192.0.2.9>;answer-after=0", 0.0),
        ("call-info: <http://www.example>; Answer-After = 12", 12.0),
        ("Call-Info: <http://192.0.2.9/icon.png>;purpose=icon", None),
        ("Alert-Info: <http://www.notused.com>;info=alert-autoanswer;delay=2", 2.0),
        ('Alert-Info: <sip:192.0.2.9>;info="alert-autoanswer"', 0.0),
        ("Alert-Info: info=Auto Answer", 0.0),
        ("Alert-Info: Ring Answer", 0.0),
        ("Alert-Info: <http://192.0.2.9/ring.wav>", None),
        ("Alert-Info: <http://192.0.2.9/no-autoanswering.wav>", None),
        ("Answer-Mode: Auto;require", 0.0),
        ("Answer-Mode: Manual", None),
        ("Priv-Answer-Mode: Auto", 0.0),
        ("Priv-Answer-Mode: Manual", None),
        ("P-Auto-Answer: normal", 0.0),
        ("Alert-Info: <http://192.0.2.9>;info=intercom", 0.0),
        ("Alert-Info: <http://192.0.2.9>;auto-answer", 0.0),
        ("Alert-Info: <sip:192.0.2.9>;answer-after=3", 3.0),
        ("Alert-Info: <http://192.0.2.9/intercom.wav>", None),
        ("X-Answer-After: 0", None),
    ],
)
def test_a_caller_may_ask_that_we_answer_by_ourselves(header, seconds):
    assert translate.answer_after(MESSAGE.replace("X-Button: bell", header)) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Expires: 20", 20.0),
        ("expires :\r\n 20 ", 20.0),
        ("Expires: 0", 0.0),
        ("Expires: 4294967295", 4294967295.0),
        ("Expires: 99999999999", None),
        ("Expires: -1", None),
        ("Expires: Thu, 01 Dec 1994 16:00:00 GMT", None),
        ("Expires: \u00b2", None),
        ("Session-Expires: 90", None),
        ("X-Button: bell", None),
    ],
)
def test_for_how_long_an_invite_is_valid_is_read(header, seconds):
    assert translate.expires(MESSAGE.replace("X-Button: bell", header)) == seconds


@pytest.mark.parametrize(
    ("header", "before"),
    [
        ("Diversion: <sip:201@pbx.example>;reason=no-answer", ("sip:201@pbx.example",)),
        ('diversion: "A" <sip:a@b>;reason=busy, <sip:c@d>', ("sip:a@b", "sip:c@d")),
        ("History-Info: <sip:a@b?Reason=SIP>;index=1, <sip:door@x>;index=1.1", ("sip:a@b?Reason=SIP",)),
        ("History-Info: <sip:a@b>;index=1\r\nDiversion: <sip:c@d>", ("sip:c@d",)),
        ("X-Diversion: <sip:a@b>", ()),
        ("Diversion: nobody", ()),
    ],
)
def test_who_sent_a_call_on_is_read(header, before):
    assert translate.diverted(MESSAGE.replace("X-Button: bell", header)) == before


def test_the_body_of_a_change_is_described_without_its_keys():
    sdp = "v=0\r\nk=clear:key\r\nm=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\n"
    sdp += "a=ice-pwd:secret\r\na=ice-ufrag:u\r\na=sendonly\r\n"
    head = "INVITE sip:a@b SIP/2.0\r\nX-Flat: 3\r\nContent-Type: application/sdp\r\n"
    headers, kind, body = described(f"{head}Content-Length: {len(sdp)}\r\n\r\n{sdp}")
    assert (headers, kind) == ((("X-Flat", "3"),), "application/sdp")
    assert body == "v=0\nm=audio 4000 RTP/SAVP 8\na=ice-ufrag:u\na=sendonly\n"
    assert len(described(f"{head}\r\n{'x' * 10_000}")[2]) == 4096
