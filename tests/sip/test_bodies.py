"""Which session description a message carries, as its body or as a part of it."""

import pytest

from appliance.sip.stack import bodies

SDP = "v=0\r\ns=-\r\n"
PART = f"Content-Type: application/sdp\r\n\r\n{SDP}"
ISUP = "Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\nxx"
LOCATION = "Content-Type: application/pidf+xml\r\n\r\n<presence/>"


def message(kind, body):
    return f"INVITE sip:a@b SIP/2.0\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}"


def mixed(*parts, boundary="b1", subtype="mixed"):
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return message(f"multipart/{subtype};boundary={boundary}", body)


def nested(*boundaries):
    """A description within multiparts within each other, the innermost boundary last."""
    if not boundaries:
        return PART
    return mixed(nested(*boundaries[1:]), ISUP, boundary=boundaries[0]).partition("\r\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        message("application/sdp", SDP),
        message("Application/SDP ;charset=utf-8", SDP),
        mixed(PART),
        mixed(PART, ISUP),
        mixed(ISUP, PART),
        mixed(LOCATION, PART, ISUP),
        mixed(PART, ISUP, subtype="related"),
        mixed(PART, ISUP, subtype="alternative"),
        mixed(PART, ISUP, subtype="x-unknown"),
        mixed(PART, ISUP).replace("boundary=b1", 'BOUNDARY = "b1"'),
        mixed(PART, ISUP).replace("boundary=b1", "type=a;boundary=b1;start=c"),
        mixed(PART, ISUP).replace(";boundary=b1", ""),
        mixed(PART, ISUP).replace("Content-Type: application/sdp", "c:application/SDP"),
        mixed(PART, ISUP).replace("\r\n", "\n").replace("Content-Length:", "X-Length:"),
        mixed(ISUP, PART).replace("--b1--\r\n", "").replace("Content-Length:", "X-Length:"),
        mixed(PART, ISUP).replace(
            "--b1\r\nContent-Type: application/sdp", "A preamble.\r\n--b1 \t\r\nc: application/sdp"
        ),
        mixed("\r\nText without headers", PART),
        f"INVITE sip:a@b SIP/2.0\r\n{nested('b1', 'b2')}",
        f"INVITE sip:a@b SIP/2.0\r\n{nested('b1', 'b2', 'b3')}",
    ],
)
def test_the_description_is_found_in_the_body_or_in_one_of_its_parts(text):
    found = bodies.session_description(text.replace("Content-Length:", "X-Length:"))
    assert found.split() == SDP.split()
    assert bodies.has_sdp(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        message("application/sdp", ""),
        message("application/sdp", "\r\n"),
        message("text/plain", SDP),
        message("text/plain", f"Content-Type: application/sdp\r\n\r\n{SDP}"),
        message("multipart/mixed;boundary=b1", SDP),
        message("multipart/mixed", "nothing"),
        mixed(ISUP, LOCATION),
        mixed("Content-Type: application/sdp\r\n\r\n"),
        mixed(PART).replace("--b1\r\n", "--b2\r\n"),
        mixed(PART.replace("application/sdp", "application/sdp-not")),
        mixed(ISUP) + PART,
        message("text/plain;x=application/sdp", SDP),
        f"INVITE sip:a@b SIP/2.0\r\n{nested('b1', 'b2', 'b3', 'b4')}",
    ],
)
def test_a_message_without_one_has_none(text):
    assert not bodies.has_sdp(text)
