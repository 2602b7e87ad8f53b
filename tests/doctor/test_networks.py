from threading import Event

import pytest
from msgspec import convert

from appliance.core.model import AccountId, Target
from appliance.core.views.accounts import Account
from appliance.doctor import networks
from tests.api import fake

ADDRESSES = "10.8.0.7", "10.9.0.7"
ACCOUNTS = [fake.account("office", server="10.9.0.1:5060"), fake.account("spare", server="")]
THERE = ADDRESSES, convert(ACCOUNTS, list[Account])
KITCHEN = Target("kitchen", "sip:kitchen@10.8.0.2:5062")
DESK = Target("desk", "sip:201@pbx.lan", account=AccountId("office"))


def route(host):
    if not host.startswith("10."):
        raise OSError(101, "Network is unreachable")
    return f"{host.rpartition('.')[0]}.7"


def test_it_says_which_networks_there_are_and_what_calls_name():
    (found,) = networks.examine(*THERE, [KITCHEN, DESK], "0.0.0.0", route)
    assert found.level == "ok"
    assert found.message == (
        "This machine has 10.8.0.7, 10.9.0.7. Calls name 10.9.0.7 to account office, 10.8.0.7 to kitchen."
    )


def test_a_far_end_beyond_another_network_than_sips_is_warned_of():
    first, second = networks.examine(*THERE, [KITCHEN], "10.9.0.7", route)
    assert first.message.endswith("Calls name 10.9.0.7 to everyone.")
    assert (second.level, second.message) == (
        "warning",
        "Calls to kitchen (10.8.0.2) use the address 10.9.0.7, but leave from 10.8.0.7.",
    )


def test_a_far_end_that_no_route_leads_to_is_a_problem():
    _, found = networks.examine(*THERE, [Target("far", "sip:[fd00::9]")], "0.0.0.0", route)
    assert (found.level, found.message) == ("problem", "No route leads to far (fd00::9).")
    assert found.cause == "Network is unreachable."


def test_a_machine_without_an_address_is_warned_of():
    (found,) = networks.examine([], [], [KITCHEN], "0.0.0.0", route)
    assert found.level == "warning"


@pytest.mark.parametrize(("host", "own"), [("127.0.0.9", "127.0.0.1"), ("::1", "::1")])
def test_the_route_is_the_kernels(host, own):
    assert networks.route_to(host) == own


def test_a_name_server_that_hangs_delays_no_examination_and_addresses_are_looked_at_before(set_times):
    set_times(routes_found_s=0.05)
    answers = Event()

    def hangs(host):
        if host == "10.8.0.2":
            return route(host)
        answers.wait()
        raise OSError

    try:
        names = [Target("far", "sip:far.lan"), Target("near", "sip:near.lan"), KITCHEN]
        said, *found = networks.examine(*THERE[:1], [], names, "0.0.0.0", hangs)
    finally:
        answers.set()
    assert said.message.endswith("Calls name 10.8.0.7 to kitchen.")
    assert [each.message for each in found] == [
        "The address of far (far.lan) was not found in time.",
        "The address of near (near.lan) was not found in time.",
    ]
    assert {each.level for each in found} == {"problem"}
    assert {each.cause for each in found} == {"The name server does not answer."}


@pytest.mark.parametrize("host", ["nobody.invalid", "pbx..lan", f"{64 * 'a'}.lan"])
def test_a_name_without_an_address_is_no_missing_route(host):
    _, found = networks.examine(*THERE[:1], [], [Target("far", f"sip:x@{host}")], "0.0.0.0")
    assert (found.level, found.message) == ("problem", f"{host}, the name of far, has no address.")
    assert "getent hosts" in found.resolution
