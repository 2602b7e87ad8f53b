"""Identity of callers: a target by where its packet comes from, whatever the packet says."""

import pytest

from appliance.core.accounts.callers import caller
from appliance.core.accounts.sip_uris import addresses, are_same, parts
from appliance.core.model import Settings, Target

TARGETS = (
    Target("kitchen", "sip:kitchen@192.0.2.7:5060"),
    Target("garage", "sip:192.0.2.8"),
    Target("attic", "sip:attic@[2001:db8::7]"),
    Target("office", "sip:desk@office.example"),
    Target("broken", "nonsense"),
    Target("cellar", "sip:cellar@192.0.2.10", verify=True),
)
SETTINGS = Settings(station="Front door", targets=TARGETS)


@pytest.mark.parametrize(
    ("uri", "source", "who"),
    [
        pytest.param("sip:kitchen@192.0.2.7", "192.0.2.7:5060", "kitchen", id="user and address"),
        pytest.param("sip:kitchen@192.0.2.7:5080", "192.0.2.7:40000", "kitchen", id="other ports"),
        pytest.param("sip:kitchen@home.example", "192.0.2.7:5060", "kitchen", id="its own host name, right address"),
        pytest.param("sip:kitchen@192.0.2.7;transport=udp", "192.0.2.7:5060", "kitchen", id="parameters"),
        pytest.param("sip:kitchen:secret@192.0.2.7", "192.0.2.7:5060", "kitchen", id="password in the URI"),
        pytest.param("sips:kitchen@192.0.2.7", "192.0.2.7:5061", "kitchen", id="sips"),
        pytest.param("sip:kitchen@192.0.2.7", "192.0.2.99:5060", None, id="forged From from another address"),
        pytest.param("sip:kitchen@192.0.2.7", "192.0.2.70:5060", None, id="address that begins alike"),
        pytest.param("sip:kitchen@192.0.2.7", "", None, id="nowhere"),
        pytest.param("sip:cellar@192.0.2.7", "192.0.2.7:5060", None, id="another user there"),
        pytest.param("sip:Kitchen@192.0.2.7", "192.0.2.7:5060", None, id="users are told by case"),
        pytest.param("sip:192.0.2.7", "192.0.2.7:5060", None, id="no user where one is wanted"),
        pytest.param("sip:anybody@192.0.2.8", "192.0.2.8:5060", "garage", id="a whole host"),
        pytest.param("sip:192.0.2.8", "192.0.2.8:5060", "garage", id="a whole host, no user"),
        pytest.param("sip:anybody@192.0.2.8", "192.0.2.9:5060", None, id="a whole host, forged"),
        pytest.param("sip:attic@[2001:db8::7]", "[2001:db8::7]:5060", "attic", id="IPv6"),
        pytest.param("sip:attic@[2001:DB8::7]:5080", "[2001:DB8::7]:40000", "attic", id="IPv6 in capitals"),
        pytest.param("sip:attic@[2001:db8::7]", "[2001:db8:0:0:0:0:0:7]:5060", "attic", id="IPv6 in full"),
        pytest.param("sip:attic@[2001:db8::7]", "[2001:db8::8]:5060", None, id="IPv6, forged"),
        pytest.param("sip:desk@office.example", "203.0.113.5:5060", None, id="a name that does not lead there"),
        pytest.param("sip:@office.example", "203.0.113.5:5060", None, id="empty user"),
        pytest.param("sip:cellar@192.0.2.10", "192.0.2.10:5060", None, id="the right address of who has a password"),
        pytest.param("tel:+49123", "192.0.2.8:5060", None, id="no SIP URI"),
        pytest.param("", "192.0.2.8:5060", None, id="nothing"),
        pytest.param("<sip:anybody@192.0.2.8>", "192.0.2.8:5060", None, id="angle brackets"),
    ],
)
def test_the_caller_is(uri, source, who):
    found = caller(SETTINGS, uri, source)
    assert (found.name if found else None) == who


@pytest.mark.parametrize(
    ("uri", "names", "who"),
    [
        pytest.param("sip:desk@office.example", ("office.example",), "office", id="its name leads to the source"),
        pytest.param("sip:desk@203.0.113.5", ("office.example",), "office", id="From has its address"),
        pytest.param("sip:desk@office.example", ("other.example",), None, id="only another name leads there"),
        pytest.param("sip:hall@office.example", ("office.example",), None, id="another user there"),
        pytest.param("sip:kitchen@192.0.2.7", ("192.0.2.7",), None, id="an address is no name"),
    ],
)
def test_a_target_given_by_name_is_believed_only_where_the_name_leads_to_the_source(uri, names, who):
    found = caller(SETTINGS, uri, "203.0.113.5:5060", names=names)
    assert (found.name if found else None) == who


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [
        ("sip:a@b", ("a", "b")),
        ("sip:b", ("", "b")),
        ("sip:b:5060", ("", "b")),
        ("sip:a@B.Example:5060;x=y?h=v", ("a", "b.example")),
        ("sip:a@[2001:DB8::7]:5060", ("a", "[2001:db8::7]")),
        ("sip:a:pw@b", ("a", "b")),
        ("sip:", None),
        ("sip:a@", None),
        ("sip:a@b@c", None),
        ("sip:a@b:port", None),
        ("sip:a@[2001:db8::7", None),
        ("sip:a@b c", None),
        ("a@b", None),
    ],
)
def test_a_uri_has_parts(uri, wanted):
    assert parts(uri) == wanted


def test_the_sip_process_is_given_the_addresses_of_targets_that_are_called_without_an_account():
    targets = (
        Target("kitchen", "sip:kitchen:secret@192.0.2.7:5060"),
        Target("hall", "sip:hall@[2001:db8::7]"),
        Target("again", "sip:again@[2001:db8::7]"),
        Target("office", "sip:office@office.example"),
        Target("far", "212", account="pbx"),
        Target("odd", "tel:110"),
    )
    assert addresses(Settings(station="Front door", targets=targets)) == (
        "sip:192.0.2.7:5060",
        "sip:[2001:db8::7]",
        "sip:office.example",
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sip:kitchen@192.0.2.7", "sip:kitchen@192.0.2.7", True),
        ("sip:kitchen@192.0.2.7", "sip:kitchen@192.0.2.7:5060;transport=tcp", True),
        ("sip:kitchen@PBX.example", "sip:kitchen:secret@pbx.example", True),
        ("sip:192.0.2.7", "sip:192.0.2.7:5060", True),
        ("sip:kitchen@192.0.2.7", "sips:kitchen@192.0.2.7", False),
        ("sip:kitchen@192.0.2.7", "sip:Kitchen@192.0.2.7", False),
        ("sip:kitchen@192.0.2.7", "sip:kitchen@192.0.2.8", False),
        ("sip:kitchen@192.0.2.7", "sip:kitchen@192.0.2.7:5080", False),
        ("*", "*", True),
        ("*", "sip:kitchen@192.0.2.7", False),
        ("nonsense", "other nonsense", False),
    ],
)
def test_two_uris_are_the_same_by_scheme_user_host_and_port(one, other, same):
    assert are_same(one, other) is are_same(other, one) is same
