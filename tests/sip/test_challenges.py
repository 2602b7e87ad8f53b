"""Which challenges for a password can be answered, and why the others cannot."""

import pytest

from appliance.sip.stack.accounts.challenges import unanswerable

DIGEST = 'WWW-Authenticate: Digest realm="pbx", nonce="n1"'


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ([DIGEST], ""),
        ([f"{DIGEST}, algorithm=MD5"], ""),
        ([f'{DIGEST}, algorithm=SHA-256, qop="auth-int,auth"'], ""),
        (["WWW-Authenticate: NTLM", DIGEST], ""),
        ([f"{DIGEST}, algorithm=MD5-sess", f"{DIGEST}, algorithm=MD5"], ""),
        ([], "does not say how"),
        (
            ["WWW-Authenticate: Bearer realm=x", "Proxy-Authenticate: Basic realm=x"],
            "Bearer and it offers the scheme Basic",
        ),
        ([f"{DIGEST}, algorithm=MD5-sess"], "Digest by MD5-sess"),
        ([f'{DIGEST}, qop="auth-int"'], "Digest with qop auth-int"),
    ],
)
def test_a_challenge_is_judged(headers, why):
    found = unanswerable("\r\n".join(["SIP/2.0 401 Unauthorized", *headers, "", ""]))
    assert (found == "") == (why == "")
    assert why in found
