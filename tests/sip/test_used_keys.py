"""Keys of SRTP that come again in another call."""

import pytest

from appliance.core.model import CallId
from appliance.sip.stack.calls import used_keys
from appliance.sip.stack.calls.used_keys import UsedKeys

ONE, OTHER = CallId("c-1"), CallId("c-2")
KEY, LATER = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
LINE = "v=0\r\nm=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{}{}\r\n"


@pytest.mark.parametrize(
    "sdp",
    [
        LINE.format(KEY, ""),
        LINE.format(KEY, "|2^20|1:4"),
        LINE.format(KEY, "|2^20").replace("a=crypto:1", "a=crypto:7"),
        LINE.format(LATER, "") + f"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{KEY}\r\n",
        LINE.format(KEY, "").replace("a=crypto", "a=CRYPTO").replace("inline", "INLINE"),
        LINE.format(KEY, " KDR=1 UNENCRYPTED_SRTCP"),
    ],
    ids=["the same line", "with its MKI", "another tag", "the second line", "in capitals", "other parameters"],
)
def test_a_key_of_another_call_is_known_however_it_is_written(sdp):
    used = UsedKeys()
    used.use(ONE, LINE.format(KEY, ""))
    assert used.are_of_another(OTHER, sdp)
    assert not used.are_of_another(ONE, sdp)


def test_a_key_stays_that_of_its_first_call_when_another_uses_it_too():
    used = UsedKeys()
    for call in (ONE, OTHER):
        used.use(call, LINE.format(KEY, ""))
    assert not used.are_of_another(ONE, LINE.format(KEY, ""))
    assert used.are_of_another(OTHER, LINE.format(KEY, ""))


def test_a_new_key_and_none_are_welcome():
    used = UsedKeys()
    used.use(ONE, LINE.format(KEY, ""))
    assert not used.are_of_another(OTHER, LINE.format(LATER, ""))
    assert not used.are_of_another(OTHER, "v=0\r\nm=audio 4000 RTP/AVP 8\r\n")


def test_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(used_keys, "KEPT", 2)
    used = UsedKeys()
    for number in range(3):
        used.use(ONE, LINE.format(f"{number}{KEY[1:]}", ""))
    assert [used.are_of_another(OTHER, LINE.format(f"{number}{KEY[1:]}", "")) for number in range(3)] == [
        False,
        True,
        True,
    ]
