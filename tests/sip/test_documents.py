"""Servers' documents about contacts: presence in several dialects, and calls, complete or partial."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.model import ContactState
from appliance.sip.stack.accounts.presence_xml import LONGEST, Dialogs, UnreadableError, presence

C = ContactState
NAMESPACES = 'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"'


def pidf(*basics, activities="", note=""):
    tuples = "".join(
        f'<tuple id="t{n}"><status><basic>{basic}</basic></status></tuple>' for n, basic in enumerate(basics)
    )
    return f'<?xml version="1.0"?>\n<presence {NAMESPACES} entity="sip:1@x">{note}{tuples}{activities}</presence>\n'


ON_PHONE = "<r:activities><r:on-the-phone/></r:activities>"
BUSY = "<r:person><status><r:activities>\n<r:busy/></r:activities></status></r:person>"


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (pidf("open"), C.AVAILABLE),
        (pidf(" open\n"), C.AVAILABLE),
        (pidf("closed", "open"), C.AVAILABLE),
        (pidf("closed"), C.UNAVAILABLE),
        (pidf("open", activities=ON_PHONE), C.BUSY),
        (pidf("closed", activities=BUSY), C.BUSY),
        (pidf("open", note="<!-- who --><note>busy</note>"), C.AVAILABLE),
        (pidf("open", activities="<r:activities><r:away/></r:activities>"), C.AVAILABLE),
        (pidf(), C.UNKNOWN),
    ],
)
def test_presence_says_who_is_there_and_who_is_on_the_phone(body, state):
    assert presence(body) is state


def info(*dialogs, state="full"):
    calls = "".join(f'<dialog id="{name}"><state>{what}</state></dialog>' for name, what in dialogs)
    return f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="{state}">{calls}</dialog-info>'


@pytest.mark.parametrize("what", ["trying", "proceeding", "early", "confirmed"])
def test_a_station_with_a_call_is_busy(what):
    assert Dialogs().take(info(("a", "terminated"), ("b", what))) is C.BUSY


def test_a_station_without_a_call_is_there():
    assert Dialogs().take(info()) is C.AVAILABLE
    assert Dialogs().take(info(("a", "terminated"))) is C.AVAILABLE
    assert Dialogs().take(info().replace("></dialog-info>", '><dialog id="x"/><other/></dialog-info>')) is C.AVAILABLE


def test_parts_are_put_together():
    told = Dialogs()
    assert told.take(info(("a", "confirmed"), ("b", "early"))) is C.BUSY
    assert told.take(info(("a", "terminated"), state="partial")) is C.BUSY
    assert told.take(info(("b", "terminated"), state="partial")) is C.AVAILABLE
    assert told.take(info(("c", "early"), state="partial")) is C.BUSY
    assert told.take(info()) is C.AVAILABLE


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<presence",
        info(),
        '<!DOCTYPE presence [<!ENTITY a "b">]>' + pidf("open"),
        pidf("open") + " " * LONGEST,
        "<presence>\ud800</presence>",
    ],
)
def test_what_is_no_such_document_is_none(body):
    with pytest.raises(UnreadableError):
        presence(body)


@given(st.text() | st.text(alphabet='<>/presncbaio "=&;!-[]'))
def test_whatever_comes_is_read_or_refused(body):
    for read in (presence, Dialogs().take):
        try:
            assert read(body) in C
        except UnreadableError:
            continue
