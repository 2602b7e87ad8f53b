"""What a Refer-To says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.stack.calls.transfers import refer_to

PLACE = "x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2"


@pytest.mark.parametrize(
    ("value", "uri", "replaces"),
    [
        ("<sip:a@192.0.2.1:5070>", "sip:a@192.0.2.1:5070", ""),
        ("sip:a@192.0.2.1", "sip:a@192.0.2.1", ""),
        ('"A. Dear" <sip:a@b;transport=tcp>;x=y', "sip:a@b;transport=tcp", ""),
        (f"<sip:a@b?Replaces={PLACE}>", "sip:a@b", "x@y;to-tag=1;from-tag=2"),
        (
            f"<sip:a@b;transport=tcp?Require=replaces&replaces={PLACE}>",
            "sip:a@b;transport=tcp",
            "x@y;to-tag=1;from-tag=2",
        ),
        ("<sip:a@b?Replaces=x%0D%0ATo:%20you>", "sip:a@b", "x  To: you"),
        ("<sip:a@b;method=INVITE>", "sip:a@b", ""),
        ("<sip:a@b;method=INVITE;transport=tcp>", "sip:a@b;transport=tcp", ""),
        ("<sip:a@b;method=BYE>", "", ""),
        ("<tel:110>", "tel:110", ""),
        ("", "", ""),
    ],
)
def test_it_gives_whom_to_call_and_whose_place_to_take(value, uri, replaces):
    assert refer_to(value) == (uri, replaces)


@given(st.text(st.characters()))
def test_no_text_breaks_the_reading(text):
    uri, replaces = refer_to(text)
    assert not {"\r", "\n"} & {*uri, *replaces}
