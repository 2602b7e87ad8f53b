"""Why a call failed, in one sentence that names the setting to look at; and silence where people chose."""

import pytest
from msgspec.structs import replace

from appliance.core import diagnosis
from appliance.core.model import (
    AccountId,
    AccountSettings,
    By,
    Call,
    CallId,
    CallState,
    Cause,
    Deadlines,
    Direction,
    End,
    Quality,
    Remote,
    Settings,
    SilenceCause,
    SoundRefusal,
    SoundWatch,
)

KITCHEN = "sip:kitchen@192.0.2.7"
SETTINGS = Settings(
    "Front door",
    accounts=(AccountSettings(AccountId("office"), "201", "pbx.example", "pbx.example:5060"),),
    deadlines=Deadlines(rtp_s=5.0),
)
NAMED = Call(
    CallId("c-1"), Direction.OUTGOING, CallState.DIALING, Remote(KITCHEN, target="kitchen"), created=1.0, deadline=33.0
)
STRANGER = replace(NAMED, remote=Remote(KITCHEN))
THROUGH = replace(NAMED, account=AccountId("office"))
TALKING = replace(NAMED, state=CallState.CONNECTED, times=replace(NAMED.times, connected_since=2.0))
FOUND = replace(TALKING, media=replace(TALKING.media, ice=True))
INCOMING = replace(NAMED, direction=Direction.INCOMING, state=CallState.INCOMING)
BROWSER = replace(INCOMING, remote=Remote("", display_name="Ada's phone"), browser=True)
UNSPOKEN = "Unsupported transport (PJSIP_EUNSUPTRANSPORT)"
TRIED = replace(NAMED, placing=replace(NAMED.placing, tried=True))


def calling(uri: str) -> Call:
    return replace(NAMED, remote=replace(NAMED.remote, uri=uri))


def doubting(call: Call, why: str) -> Call:
    return replace(call, placing=replace(call.placing, doubt=(why, "192.0.2.9:5060")))


def refusing(how: SoundRefusal, call: Call = NAMED) -> Call:
    return replace(call, media=replace(call.media, refusal=how))


def counting(call: Call = TALKING, **counted: int) -> Call:
    return replace(call, media=replace(call.media, quality=Quality(lost=0, jitter_ms=1.0, **counted)))


def end(cause: Cause, code: int = 0, reason: str = "", by: By = By.REMOTE) -> End:
    return End(cause, code, reason, by)


FAULTS = [
    (NAMED, end(Cause.UNAUTHORIZED, 401), "set target.kitchen.account"),
    (STRANGER, end(Cause.UNAUTHORIZED, 407), "call it through an account"),
    (THROUGH, end(Cause.UNAUTHORIZED, 407), "account.office.password_file"),
    (NAMED, end(Cause.UNAUTHORIZED, 403, "No"), "refuses the call (403 No): check target.kitchen.uri"),
    (NAMED, end(Cause.NOT_FOUND, 404, "Not Found"), "not known there (404 Not Found): check target.kitchen.uri"),
    (STRANGER, end(Cause.NOT_FOUND, 404), "check the address that was called"),
    (NAMED, end(Cause.MEDIA_FAILED, 488), "check sip.codecs, and target.kitchen.srtp."),
    (STRANGER, end(Cause.MEDIA_FAILED, 488), "check sip.codecs, and the srtp of a target for that address."),
    (THROUGH, end(Cause.MEDIA_FAILED, 488), "check sip.codecs, and account.office.srtp"),
    (INCOMING, end(Cause.MEDIA_FAILED, 415, "No", By.LOCAL), "which this station can read no part (415 No)"),
    (
        refusing(SoundRefusal.ADDRESS, INCOMING),
        end(Cause.MEDIA_FAILED, 488, by=By.LOCAL),
        f"{KITCHEN} called with sound at an address of an IP version that this station has not: check sip.address",
    ),
    (
        refusing(SoundRefusal.USED_KEY, INCOMING),
        end(Cause.MEDIA_FAILED, 488, by=By.LOCAL),
        f"{KITCHEN} called with a key that an earlier call has used: check the far end",
    ),
    (refusing(SoundRefusal.ADDRESS), end(Cause.MEDIA_FAILED, 200, by=By.LOCAL), "accepted the call with sound at an"),
    (INCOMING, end(Cause.MEDIA_FAILED, 488, by=By.LOCAL), f"{KITCHEN} offered no sound that this station takes"),
    (TALKING, end(Cause.MEDIA_FAILED, 488, by=By.LOCAL), f"The answer of {KITCHEN} left no codec"),
    (refusing(SoundRefusal.NO_ANSWER), end(Cause.MEDIA_FAILED, 200, by=By.LOCAL), "without an answer to its offer"),
    (refusing(SoundRefusal.NO_AUDIO), end(Cause.MEDIA_FAILED, 200, by=By.LOCAL), "without a line for sound"),
    (refusing(SoundRefusal.PORT_ZERO), end(Cause.MEDIA_FAILED, 200, by=By.LOCAL), "refuses its sound (port 0)"),
    (refusing(SoundRefusal.OTHER_CODEC), end(Cause.MEDIA_FAILED, 488, by=By.LOCAL), "a codec that was not offered"),
    (refusing(SoundRefusal.ENCRYPTION), end(Cause.MEDIA_FAILED, 200, by=By.LOCAL), "target.kitchen.srtp, and whether"),
    (NAMED, end(Cause.UNAVAILABLE, 0, "Gone", By.NETWORK), f"did not get through to {KITCHEN} (Gone): check target.k"),
    (
        calling(f"{KITCHEN};transport=TCP"),
        end(Cause.UNAVAILABLE, 0, UNSPOKEN, By.NETWORK),
        "SIP has no TCP here, as no account uses it: let target.kitchen.uri name UDP, or call through an account.",
    ),
    (calling("sips:kitchen@192.0.2.9"), end(Cause.UNAVAILABLE, 0, UNSPOKEN, By.NETWORK), "SIP has no TLS here, as no"),
    (
        calling("sip:kitchen@[2001:db8::9];transport=udp"),
        end(Cause.UNAVAILABLE, 0, UNSPOKEN, By.NETWORK),
        "SIP has no IPv6 here: check target.kitchen.uri, and sip.address.",
    ),
    (NAMED, end(Cause.UNAVAILABLE, 0, UNSPOKEN, By.NETWORK), "SIP has no IPv4 here: check target.kitchen.uri, and"),
    (NAMED, end(Cause.UNAVAILABLE, 0, "Request Timeout", By.NETWORK), f"Nobody answers at {KITCHEN}: check target.kit"),
    (NAMED, end(Cause.UNAVAILABLE, 0, "Connection timed out", By.NETWORK), f"Nobody answers at {KITCHEN}: check"),
    (NAMED, end(Cause.UNAVAILABLE, 408, "", By.NETWORK), "and the firewall"),
    (NAMED, end(Cause.UNAVAILABLE, 503, "Refused", By.NETWORK), f"Nobody answers at {KITCHEN}: check"),
    (NAMED, end(Cause.UNAVAILABLE, 408, "No answer", By.LOCAL), f"Nobody answers at {KITCHEN}: check"),
    (TRIED, end(Cause.UNAVAILABLE, 408, "No answer", By.LOCAL), f"{KITCHEN} took the call, but nothing rang there"),
    (TRIED, end(Cause.UNAVAILABLE, 0, "", By.LOCAL), f"{KITCHEN} took the call, but nothing rang there in time"),
    (TRIED, end(Cause.UNAVAILABLE, 503, "", By.NETWORK), f"Nobody answers at {KITCHEN}: check"),
    (THROUGH, end(Cause.UNAVAILABLE, 408, "Timeout"), "pbx.example:5060 took the call, but nothing rang there"),
    (
        THROUGH,
        end(Cause.UNAVAILABLE, 0, "", By.LOCAL),
        "Nobody answers at pbx.example:5060: check account.office.registrar",
    ),
    (
        doubting(NAMED, "Unreadable To"),
        end(Cause.UNAVAILABLE, 408, "No answer", By.LOCAL),
        f"{KITCHEN} answers, but what it says in To cannot be read: check the far end",
    ),
    (doubting(TRIED, "Unreadable To"), end(Cause.UNAVAILABLE, 0, "", By.NETWORK), "what it says in To cannot be read"),
    (doubting(NAMED, "Unreadable To"), end(Cause.NO_ANSWER, 408, "No answer", By.LOCAL), "in To cannot be read"),
    (
        doubting(THROUGH, "Unreadable To"),
        end(Cause.UNAVAILABLE, 408, "No answer", By.LOCAL),
        "pbx.example:5060 answers, but what it says in To cannot be read: check the PBX",
    ),
    (
        doubting(NAMED, "Missing Header"),
        end(Cause.UNAVAILABLE, 0, "", By.NETWORK),
        "but without a header that each answer must",
    ),
    (
        doubting(NAMED, "Not From Where The Request Went"),
        end(Cause.UNAVAILABLE, 408, "No answer", By.LOCAL),
        f"{KITCHEN} does not answer, but 192.0.2.9:5060 does, which is not believed: if that is the far end, call it",
    ),
    (
        doubting(THROUGH, "Not From Where The Request Went"),
        end(Cause.UNAVAILABLE, 408, "No answer", By.LOCAL),
        "add it to account.office.other_addresses",
    ),
    (
        doubting(TRIED, "Not From Where The Request Went"),
        end(Cause.UNAVAILABLE, 408, "No answer", By.LOCAL),
        f"{KITCHEN} took the call, but nothing rang there",
    ),
    (
        doubting(NAMED, "Unreadable To"),
        end(Cause.UNAVAILABLE, 480, "Away"),
        "cannot be reached now (480 Away): nothing to change here",
    ),
    (NAMED, end(Cause.UNAVAILABLE, 302, "Moved"), "has another address (302 Moved): set target.kitchen.uri"),
    (NAMED, end(Cause.UNAVAILABLE, 480, "Away"), "cannot be reached now (480 Away): nothing to change here"),
    (NAMED, end(Cause.SERVER_ERROR, 513, "Too Large"), "too long (513 Too Large), which codecs, ICE and headers"),
    (THROUGH, end(Cause.SERVER_ERROR, 513), "offer fewer in sip.codecs, and see whether account.office.ice is needed"),
    (NAMED, end(Cause.SERVER_ERROR, 500), "reports a fault there (500): nothing to change here"),
    (NAMED, end(Cause.PAYMENT_REQUIRED, 402), "did not accept the call (402): check target.kitchen.uri"),
    (
        TALKING,
        end(Cause.AUDIO_FAILED, reason="it hung", by=By.DEVICE),
        "as it hung: check audio.capture",
    ),
    (TALKING, end(Cause.ICE_FAILED, by=By.LOCAL), "check whether firewalls let UDP through between here and there"),
    (THROUGH, end(Cause.ICE_FAILED, by=By.LOCAL), "without account.office.ice sound goes"),
    (
        FOUND,
        end(Cause.ICE_FAILED, by=By.LOCAL),
        "for 5 s on the path that ICE found: check the network, and the TURN",
    ),
    (TALKING, end(Cause.RTP_TIMEOUT, by=By.LOCAL), "for 5 s: check the network and whether a firewall"),
    (counting(received=0), end(Cause.RTP_TIMEOUT, by=By.LOCAL), "for 5 s: check the network and whether a firewall"),
    (counting(received=900), end(Cause.RTP_TIMEOUT, by=By.LOCAL), f"The sound of {KITCHEN} stopped after 900 packets"),
    (
        counting(received=0, sent_lost=0),
        end(Cause.RTP_TIMEOUT, by=By.LOCAL),
        f"{KITCHEN} reports that it receives this station's sound, but none of its own has come for 5 s",
    ),
    (
        replace(TALKING, media=replace(TALKING.media, watch=SoundWatch(unplayed=SilenceCause.UNDECRYPTED))),
        end(Cause.RTP_TIMEOUT, by=By.LOCAL),
        "the agreed keys do not decrypt it: check target.kitchen.srtp",
    ),
    (TALKING, end(Cause.NETWORK_LOST, 408, by=By.NETWORK), "no longer answered this station's messages"),
    (TALKING, end(Cause.NETWORK_LOST, by=By.LOCAL), "was without a network during the call"),
    (BROWSER, end(Cause.AUDIO_FAILED, by=By.DEVICE), "The call of Ada's phone ended with the sound card"),
    (BROWSER, end(Cause.ICE_FAILED, by=By.LOCAL), "No sound has come from the browser of Ada's phone"),
    (BROWSER, end(Cause.RTP_TIMEOUT, by=By.LOCAL), "No sound has come from the browser of Ada's phone"),
    (counting(BROWSER, received=0), end(Cause.RTP_TIMEOUT, by=By.LOCAL), "No sound has come from the browser of Ada"),
    (counting(BROWSER, received=9), end(Cause.RTP_TIMEOUT, by=By.LOCAL), "The sound of the browser of Ada"),
    (counting(BROWSER, received=9), end(Cause.ICE_FAILED, by=By.LOCAL), "The sound of the browser of Ada"),
    (BROWSER, end(Cause.MEDIA_FAILED, by=By.LOCAL), "has another key than its offer named: check whether a proxy"),
]


@pytest.mark.parametrize(("call", "how", "part"), FAULTS)
def test_a_fault_is_explained_by_the_setting_to_look_at(call, how, part):
    told = diagnosis.call(SETTINGS, call, how)
    assert part in told
    assert told.endswith(".")
    assert told.count(". ") == 0, "one sentence"


CHOICES = [
    (NAMED, end(Cause.BUSY, 486)),
    (NAMED, end(Cause.REJECTED, 603)),
    (NAMED, end(Cause.CANCELED, 487, by=By.LOCAL)),
    (NAMED, end(Cause.NO_ANSWER, 408)),
    (doubting(NAMED, "Not From Where The Request Went"), end(Cause.NO_ANSWER, 408)),
    (NAMED, end(Cause.SHUTDOWN, by=By.LOCAL)),
    (NAMED, end(Cause.ERROR, by=By.DEVICE)),
    (TALKING, end(Cause.HANGUP, 200)),
    (TALKING, end(Cause.ERROR, 500, by=By.LOCAL)),
    (INCOMING, end(Cause.UNAUTHORIZED, 403, by=By.LOCAL)),
    (BROWSER, end(Cause.HANGUP, by=By.LOCAL)),
]


@pytest.mark.parametrize(("call", "how"), CHOICES)
def test_what_people_chose_needs_no_explanation(call, how):
    assert diagnosis.call(SETTINGS, call, how) == ""
