"""Challenges and their answers: RFC 7616's own examples, what is refused, and that nothing is taken twice."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.sip.stack.accounts import digest
from appliance.sip.stack.accounts.digest import LIFE_S, Challenges, Credentials, Verdict, read, response

V = Verdict
HERE, ELSEWHERE = "192.0.2.8", "192.0.2.99"
EXAMPLE = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
ANSWER = "8ca523f5e9506fed4657c9700eebdbec"


def test_the_example_of_rfc_7616_comes_out():
    found = read(EXAMPLE.format(algorithm="MD5", response=ANSWER))
    assert found.response == ANSWER == response(found, "GET", "Circle of Life")
    assert (found.username, found.count) == ("Mufasa", 1)


def answer(challenge, password="secret", user="kitchen", count=1, method="INVITE", **other):
    asked = read(
        f'{challenge}, username="{user}", uri="sip:door@x", response="", nc={count:08x}, cnonce="c"'.replace(
            'qop="auth"', "qop=auth"
        )
    )
    asked = replace(asked, **other)
    return header(replace(asked, response=response(asked, method, password)))


def header(c: Credentials) -> str:
    return (
        f'Digest username="{c.username}", realm="{c.realm}", nonce="{c.nonce}", uri="{c.uri}", qop=auth, '
        f'response="{c.response}", algorithm=MD5, nc={c.count:08x}, cnonce="{c.cnonce}"'
    )


def judge(challenges, text, now=10.0, method="INVITE", address=HERE, uri="sip:door@x"):
    return challenges.judge(text, (method, uri), {"kitchen": "secret"}.get, address, now)


@pytest.fixture
def asks():
    return Challenges("Front door")


def test_who_knows_the_password_is_let_in_once_for_each_count(asks):
    challenge = asks.make(HERE, 10.0)
    first, second = answer(challenge), answer(challenge, count=2)
    assert judge(asks, first) is V.ACCEPTED
    assert judge(asks, first) is V.REPLAYED
    assert judge(asks, second) is V.ACCEPTED
    assert judge(asks, first) is V.REPLAYED
    assert judge(asks, answer(challenge, count=9)) is V.ACCEPTED


def test_another_nonce_has_counts_of_its_own(asks):
    one, two = (asks.make(HERE, 10.0) for _ in range(2))
    assert one != two
    assert [judge(asks, answer(each)) for each in (one, two, one)] == [V.ACCEPTED, V.ACCEPTED, V.REPLAYED]


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "Secret"},
        {"user": "hall"},
        {"method": "MESSAGE"},
        {"realm": "Back door"},
    ],
)
def test_who_does_not_is_not_and_uses_nothing_up(wrong, asks):
    challenge = asks.make(HERE, 10.0)
    assert judge(asks, answer(challenge, **wrong)) is V.WRONG
    assert judge(asks, answer(challenge)) is V.ACCEPTED


@pytest.mark.parametrize(
    "uri",
    ["sip:hall@x", "sip:door@y", "sip:x", "sips:door@x:5061", "sip:door@x:5070", "sip:door@[2001:db8::1]", "tel:1", ""],
)
def test_an_answer_that_was_made_for_another_address_is_worth_nothing_here(uri, asks):
    challenge = asks.make(HERE, 10.0)
    assert judge(asks, answer(challenge, uri=uri)) is V.REPLAYED
    assert judge(asks, answer(challenge)) is V.ACCEPTED


@pytest.mark.parametrize("uri", ["sip:door@X", "sip:door@x:5060", "sip:door@x;transport=udp", "sip:door@x:5060;lr?a=b"])
def test_the_same_address_may_be_written_otherwise(uri, asks):
    assert judge(asks, answer(asks.make(HERE, 10.0)), uri=uri) is V.ACCEPTED
    assert judge(asks, answer(asks.make(HERE, 10.0), uri=uri)) is V.ACCEPTED


def test_the_right_answer_to_an_old_question_is_asked_for_again(asks):
    old = answer(asks.make(HERE, 10.0))
    assert judge(asks, old, 10.0 + LIFE_S) is V.STALE
    assert "stale=true" in asks.make(HERE, 80.0, stale=True)
    assert judge(asks, answer(asks.make(HERE, 10.0)), 9.0) is V.STALE, "of another clock"
    assert judge(asks, answer(asks.make(HERE, 10.0), password="x"), 100.0) is V.STALE, "no guess either"


@pytest.mark.parametrize("nonce", ["0.0.0", f"2710.{'0' * 32}.{'0' * 32}.{'0' * 64}"])
def test_a_nonce_that_we_did_not_make_is_asked_for_again(nonce, asks):
    assert judge(asks, answer(asks.make(HERE, 10.0), nonce=nonce)) is V.STALE
    assert judge(asks, answer(Challenges("Front door").make(HERE, 10.0))) is V.STALE, "the process before has asked"


def test_an_answer_from_another_address_than_the_one_that_was_asked_is_no_guess(asks):
    challenge = asks.make(HERE, 10.0)
    for password in ("secret", "a guess"):
        assert judge(asks, answer(challenge, password=password), address=ELSEWHERE) is V.STALE
    assert judge(asks, answer(challenge)) is V.ACCEPTED
    assert judge(asks, answer(challenge), address=ELSEWHERE) is V.REPLAYED


def test_the_response_is_compared_in_constant_time(asks, monkeypatch):
    """By construction: whatever is right of it, the whole of it goes through hmac.compare_digest once, and last."""
    compared = []

    def compare(one, other):
        compared.append((one, other))
        return real(one, other)

    real = hmac.compare_digest
    monkeypatch.setattr(digest.hmac, "compare_digest", compare)
    challenge = asks.make(HERE, 10.0)
    right = answer(challenge)
    expected = read(right).response
    for wrong in ("0" * 32, expected[:31] + "x", "x" + expected[1:], expected):
        compared.clear()
        judge(asks, right.replace(expected, wrong))
        assert [len(pair[0]) for pair in compared] == [64, 32, 32], "nonce, address, response"
        assert compared[-1] == (expected.encode(), wrong.encode())


def test_what_was_used_is_forgotten_when_it_is_stale(asks):
    for n in range(5):
        assert judge(asks, answer(asks.make(HERE, 10.0 + 100 * n)), 10.0 + 100 * n) is V.ACCEPTED
    assert len(asks._used) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Basic a2l0Y2hlbjpzZWNyZXQ=",
        'Digest username="kitchen"',
        EXAMPLE.format(algorithm="SHA-256", response="0"),
        EXAMPLE.format(algorithm="MD5", response="0").replace("qop=auth", "qop=auth-int"),
        EXAMPLE.format(algorithm="MD5", response="0").replace("nc=00000001", "nc=1"),
    ],
)
def test_what_is_no_answer_is_missing(text, asks):
    assert judge(asks, text) is V.MISSING


def test_names_may_hold_quotes(asks):
    asks = Challenges('The "front" \\ door')
    assert (
        judge(
            asks,
            answer(asks.make(HERE, 1.0)).replace('realm="The "front" \\ door"', 'realm="The \\"front\\" \\\\ door"'),
            1.0,
        )
        is V.ACCEPTED
    )


@given(st.text())
def test_whatever_comes_is_not_let_in(text):
    asks = Challenges("Front door", b"k" * 32)
    assert judge(asks, text) in {V.MISSING, V.STALE}
    assert judge(asks, f"Digest {text}") in {V.MISSING, V.STALE}
