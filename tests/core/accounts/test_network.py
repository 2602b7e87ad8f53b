"""The network goes, comes back, and is another one."""

from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.model import By, CallState, Cause
from appliance.core.orders import Register, Renew
from tests.core import sent
from tests.core.accounts.test_accounts import ACCOUNTS, TARGETS, begun, granted, refused
from tests.core.station import Station, ready

HOME, WORK = ("192.0.2.7",), ("198.51.100.7", "2001:db8::7")


def net(station: Station, *addresses: str, nameservers=()) -> Station:
    return station.give(inputs.NetworkChanged, addresses=addresses, nameservers=nameservers)


def told(station: Station) -> list[str]:
    return [event.TYPE.removeprefix("network.") for event in station.told if event.TYPE.startswith("network.")]


def test_only_changes_are_reported_and_a_network_that_is_not_there_at_the_start():
    assert told(net(ready(), *HOME)) == []
    assert told(net(ready())) == ["down"]
    station = net(net(ready(), *HOME))
    assert told(net(net(station), *HOME)) == ["down", "up"]
    assert station.last(events.NetworkUp).addresses == "192.0.2.7"
    assert told(net(station, *WORK, nameservers=("192.0.2.1",))) == ["down", "up", "changed"]
    assert station.last(events.NetworkChanged) == events.NetworkChanged(
        addresses="198.51.100.7, 2001:db8::7", nameservers="192.0.2.1"
    )


def test_accounts_are_registered_again_at_once_when_the_network_comes_or_changes():
    station = refused(net(granted(begun(*ACCOUNTS)), *HOME), account="home")
    station.ask(inputs.UnregisterAccount("home"))
    before = len(station.orders(Register))
    net(station).wait(2.0)
    assert len(station.orders(Register)) == before
    net(station, *HOME).wait(1.1)
    assert station.orders(Register)[before:] == [Register("office")]
    granted(station)
    net(station, *WORK).wait(1.1)
    assert station.orders(Register)[before:] == [Register("office")] * 2


def test_a_register_that_is_out_is_sent_again():
    station = net(begun(), *HOME)
    net(net(station), *HOME).wait(1.1)
    assert len(station.orders(Register)) == 2


def test_nothing_is_registered_before_sip_is_ready_or_when_the_station_goes():
    station = Station(replace(Station().state, settings=replace(Station().state.settings, accounts=ACCOUNTS)))
    net(net(station, *HOME), *WORK).wait(2.0)
    station = net(granted(begun()), *HOME).give(inputs.StopRequested)
    net(station, *WORK).wait(2.0)
    assert len(station.orders(Register)) == 1


def test_calls_are_moved_to_another_address_and_not_for_anything_else():
    station = net(ready(), *HOME)
    net(net(station), *HOME)
    net(station, *HOME, nameservers=("192.0.2.1",))
    assert station.orders(Renew) == []
    net(net(station), *WORK)
    assert station.orders(Renew) == [Renew()]
    station.give(inputs.SipLost, why="gone")
    net(station, *HOME)
    assert station.orders(Renew) == [Renew()]


def test_a_call_that_nothing_comes_of_without_a_network_is_lost_with_it():
    station = net(ready(), *HOME)
    call = station.talking()
    net(station).give(inputs.RtpStopped, call=call.id)
    station.wait(30.1)
    assert station.state.calls.get(call.id).end.cause is Cause.NETWORK_LOST
    assert station.last(events.CallDisconnecting).cause is Cause.NETWORK_LOST


def test_a_call_whose_re_invite_no_one_answers_is_lost_with_the_network():
    station = net(ready(), *HOME)
    call = station.talking()
    net(station, *WORK)
    station.give(inputs.CallEnded, call=call.id, code=0, reason="Request Timeout", remote=False)
    ended = station.last(events.CallEnded)
    assert (ended.cause, ended.by) == (Cause.NETWORK_LOST, By.NETWORK)


def test_a_call_may_begin_without_a_network_for_the_far_end_may_be_on_this_machine():
    assert net(ready()).dialled().state is CallState.DIALING


def test_the_snapshot_has_the_network():
    assert sent.snapshot(ready().state, 0.0)["network"] == {"up": True, "addresses": [], "nameservers": []}
    station = net(begun(ACCOUNTS[0], targets=TARGETS), *WORK, nameservers=("192.0.2.1",))
    assert sent.snapshot(station.state, 0.0)["network"] == {
        "up": True,
        "addresses": list(WORK),
        "nameservers": ["192.0.2.1"],
    }
    assert not sent.snapshot(net(station).state, 0.0)["network"]["up"]
