"""What would end a call, made of the messages that went and came: no pjsua2, no socket."""

import pytest

from appliance.core.model import CallId
from appliance.sip.stack.calls.dialog import ABOVE_ALL, Dialog

FAR, PROXY, OURS = "192.0.2.9:5062", "192.0.2.1:5060", "192.0.2.5:5060"


def text(start, *headers, body="v=0\r\n"):
    return "\r\n".join([start, *headers, "", body])


def invite(*more, via="SIP/2.0/UDP 192.0.2.5:5060;rport;branch=z9hG4bK1", contact="<sip:door@192.0.2.5:5060;ob>"):
    return text(
        "INVITE sip:far@far.test SIP/2.0",
        f"Via: {via}",
        *more,
        'From: "Door" <sip:door@192.0.2.5>;tag=ours',
        "To: <sip:far@far.test>",
        "Call-ID: one",
        "CSeq: 7 INVITE",
        f"Contact: {contact}",
    )


def answer(status, *more, method="INVITE", to="<sip:far@far.test>;tag=theirs"):
    via, call_id, cseq = "Via: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bK1", "Call-ID: one", f"CSeq: 7 {method}"
    return text(
        f"SIP/2.0 {status}", via, 'From: "Door" <sip:door@192.0.2.5>;tag=ours', f"To: {to}", call_id, cseq, *more
    )


class Told(list):
    """A dialog, and what it has posted."""

    def __init__(self):
        self.dialog = Dialog(CallId("c-1"), self.append)

    @property
    def at(self):
        return f"{self[-1].host}:{self[-1].port}"

    @property
    def lines(self):
        """The last one, without its end and without the branch made up for it."""
        head, end = self[-1].datagram.split("\r\n\r\n")
        assert not end
        return [line.partition("z9hG4bK-")[0] for line in head.split("\r\n")]


@pytest.fixture
def told():
    return Told()


def test_before_it_is_answered_our_call_is_taken_back_along_the_way_it_went(told):
    told.dialog.sent(invite("Route: <sip:192.0.2.1;lr>", "Route: <sip:b.test;lr>"), PROXY)
    assert told.at == PROXY
    assert told.lines == [
        "CANCEL sip:far@far.test SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.5:5060;rport;branch=z9hG4bK1",
        "Route: <sip:192.0.2.1;lr>",
        "Route: <sip:b.test;lr>",
        'From: "Door" <sip:door@192.0.2.5>;tag=ours',
        "To: <sip:far@far.test>",
        "Call-ID: one",
        "CSeq: 7 CANCEL",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]


def test_an_invite_sent_again_with_a_password_is_the_one_that_is_taken_back(told):
    told.dialog.sent(invite(), PROXY)
    told.dialog.came(answer("407 Proxy Authentication Required"), PROXY)
    told.dialog.sent(invite().replace("z9hG4bK1", "z9hG4bK2").replace("7 INVITE", "8 INVITE"), PROXY)
    assert "Via: SIP/2.0/UDP 192.0.2.5:5060;rport;branch=z9hG4bK2" in told.lines
    assert "CSeq: 8 CANCEL" in told.lines


def test_provisional_answers_to_our_call_change_nothing(told):
    told.dialog.sent(invite(), FAR)
    told.dialog.came(answer("180 Ringing", f"Contact: <sip:far@{FAR}>"), FAR)
    assert len(told) == 1


def test_once_answered_our_call_is_ended_by_bye_to_the_contact(told):
    told.dialog.sent(invite(), PROXY)
    told.dialog.came(answer("200 OK", f"Contact: <sip:far@{FAR};transport=UDP>"), PROXY)
    assert told.at == FAR
    assert told.lines == [
        f"BYE sip:far@{FAR};transport=UDP SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.5:5060;rport;branch=",
        'From: "Door" <sip:door@192.0.2.5>;tag=ours',
        "To: <sip:far@far.test>;tag=theirs",
        "Call-ID: one",
        f"CSeq: {ABOVE_ALL} BYE",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]


def test_the_way_of_our_call_is_the_one_that_proxies_have_recorded_turned_round(told):
    told.dialog.sent(invite(), "192.0.2.77:5060")
    recorded = "Record-Route: <sip:b.test;lr>, <sip:192.0.2.3;lr>", "Record-Route: <sip:192.0.2.1:5080;lr>"
    told.dialog.came(answer("200 OK", *recorded, f"Contact: <sip:far@{FAR}>"), PROXY)
    assert told.at == "192.0.2.1:5080"
    routes = [line for line in told.lines if line.startswith("Route: ")]
    assert routes == ["Route: <sip:192.0.2.1:5080;lr>", "Route: <sip:192.0.2.3;lr>", "Route: <sip:b.test;lr>"]
    assert told.lines[0] == f"BYE sip:far@{FAR} SIP/2.0"


@pytest.mark.parametrize("contact", ["<sip:far@phone.test>", "<sip:far@192.0.2.9;transport=tcp>", "<tel:+123>", ""])
def test_where_a_name_would_have_to_be_looked_up_bye_goes_where_the_invite_went(told, contact):
    told.dialog.sent(invite(), PROXY)
    told.dialog.came(answer("200 OK", *([f"Contact: {contact}"] if contact else [])), FAR)
    assert (told.at, told.lines[0]) == (PROXY, f"BYE {contact.strip('<>') or 'sip:far@far.test'} SIP/2.0")


def incoming(told, *more, source=FAR):
    told.dialog.came(invite(*more, contact=f"<sip:far@{FAR}>"), source)


def test_a_caller_whom_no_one_has_answered_is_answered_480(told):
    incoming(told)
    told.dialog.sent(answer("100 Trying", to="<sip:far@far.test>"), FAR)
    (begun,) = told
    assert (begun.host, begun.port) == ("192.0.2.9", 5062)
    assert "To: <sip:far@far.test>;tag=" in told.lines  # and a tag made up for it
    told.dialog.sent(answer("180 Ringing", "Via: SIP/2.0/UDP 192.0.2.77"), "192.0.2.9:6000")
    assert told.at == "192.0.2.9:6000"
    assert told.lines == [
        "SIP/2.0 480 Temporarily Unavailable",
        "Via: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bK1",
        "Via: SIP/2.0/UDP 192.0.2.77",
        'From: "Door" <sip:door@192.0.2.5>;tag=ours',
        "To: <sip:far@far.test>;tag=theirs",
        "Call-ID: one",
        "CSeq: 7 INVITE",
        "Content-Length: 0",
    ]


def test_a_caller_who_was_answered_gets_bye_along_the_way_he_came(told):
    incoming(told, "Record-Route: <sip:192.0.2.1;lr>", "Record-Route: <sip:b.test;lr>")
    told.dialog.sent(answer("200 OK", f"Contact: <sip:door@{OURS}>"), PROXY)
    assert told.at == PROXY
    assert told.lines == [
        f"BYE sip:far@{FAR} SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.5:5060;rport;branch=",
        "Route: <sip:192.0.2.1;lr>",
        "Route: <sip:b.test;lr>",
        "From: <sip:far@far.test>;tag=theirs",
        'To: "Door" <sip:door@192.0.2.5>;tag=ours',
        "Call-ID: one",
        f"CSeq: {ABOVE_ALL} BYE",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]


def test_short_names_of_headers_are_understood(told):
    short = invite(contact=f"<sip:far@{FAR}>")
    for name, letter in (("Via", "v"), ("From", "f"), ("To", "t"), ("Call-ID", "i"), ("Contact", "m")):
        short = short.replace(f"\r\n{name}: ", f"\r\n{letter}: ")
    told.dialog.came(short, FAR)
    told.dialog.sent(answer("200 OK", f"Contact: <sip:door@{OURS}>"), FAR)
    assert told.lines[0] == f"BYE sip:far@{FAR} SIP/2.0"
    assert "Call-ID: one" in told.lines


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_far_end_that_has_moved_gets_bye_at_its_new_contact(told, method):
    told.dialog.sent(invite(), FAR)
    told.dialog.came(answer("200 OK", f"Contact: <sip:far@{FAR}>"), FAR)
    told.dialog.came(answer("200 OK", f"Contact: <sip:far@{FAR}>", method=method), FAR)
    assert len(told) == 2
    moved = invite(contact="<sip:far@[2001:db8::7]:5070>").replace("INVITE", method)
    told.dialog.came(moved, FAR)
    told.dialog.sent(answer("200 OK", f"Contact: <sip:door@{OURS}>", method=method), FAR)
    assert (told[-1].host, told[-1].port) == ("2001:db8::7", 5070)
    assert "To: <sip:far@far.test>;tag=theirs" in told.lines


def test_a_change_that_is_refused_moves_no_one(told):
    told.dialog.sent(invite(), FAR)
    told.dialog.came(answer("200 OK", f"Contact: <sip:far@{FAR}>"), FAR)
    told.dialog.came(answer("488 Not Acceptable Here", "Contact: <sip:far@192.0.2.200>"), FAR)
    told.dialog.sent(invite(), FAR)
    assert len(told) == 2


@pytest.mark.parametrize("transport", ["TCP", "TLS", "WS"])
def test_calls_by_a_connection_have_nothing_to_be_said(told, transport):
    via = f"SIP/2.0/{transport} 192.0.2.5:5060;branch=z9hG4bK1"
    told.dialog.sent(invite(via=via), FAR)
    told.dialog.came(answer("200 OK", f"Contact: <sip:far@{FAR}>"), FAR)
    other = Told()
    other.dialog.came(invite(via=via), FAR)
    other.dialog.sent(answer("180 Ringing"), FAR)
    other.dialog.sent(answer("200 OK"), FAR)
    assert not told and not other


def test_an_update_before_the_answer_begins_nothing(told):
    told.dialog.came(invite().replace("INVITE", "UPDATE"), FAR)
    told.dialog.sent(answer("200 OK", method="UPDATE"), FAR)
    assert not told


@pytest.mark.parametrize("odd", ["", "SIP/2.0", "SIP/2.0 abc", "INVITE", "INVITE sip:a@b SIP/2.0\r\nCSeq:", "\udcff"])
def test_what_is_no_message_is_nothing(told, odd):
    told.dialog.sent(odd, "")
    told.dialog.came(odd, "")
    assert not told
