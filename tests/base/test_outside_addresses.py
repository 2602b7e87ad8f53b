"""What addresses mean: those of the Internet, those of a house, and those that nobody may reach."""

import ipaddress

import pytest

from appliance.base.outside import addresses

INSIDE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.178.1"),
    *("169.254.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("192.0.2.7", "198.18.0.1", "203.0.113.1", "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:192.168.1.1", "64:ff9b::7f00:1", "64:ff9b::c0a8:101", "64:ff9b:1::1"),
    *("2002:c0a8:101::1", "2002:7f00:1::", "not an address", ""),
]
OUTSIDE = ["8.8.8.8", "192.88.99.7", "142.250.185.74", "2a00:1450:4001:80b::200a", "64:ff9b::808:808"]


@pytest.fixture(autouse=True)
def _of_no_network(monkeypatch):
    monkeypatch.setattr(addresses, "own_networks", lambda: ())


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_a_house_a_machine_or_a_cloud_is_not_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_is_public(address):
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    ("own", "address", "public"),
    [
        ("2a00:1450:4001::/48", "2a00:1450:4001:80b::1", False),
        ("2a00:1450:4001::/48", "2a00:1450:4002::1", True),
        ("93.184.216.0/24", "93.184.216.34", False),
        ("93.184.216.0/24", "93.184.217.34", True),
    ],
)
def test_the_houses_own_public_addresses_are_none_of_the_internet(monkeypatch, own, address, public):
    monkeypatch.setattr(addresses, "own_networks", lambda: (ipaddress.ip_network(own),))
    assert addresses.is_public(address) is public


def test_the_networks_of_the_interfaces_are_read_as_the_kernel_writes_them():
    routes = (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0109A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t00B8D85D\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    v6 = (
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "2a0014504001080b0000000000000007 02 40 00 00     eth0\n"
        "fe800000000000000000000000000007 02 40 20 80     eth0\n"
    )
    assert addresses._own_v4(routes) == [ipaddress.ip_network("93.216.184.0/24")]
    assert addresses._own_v6(v6) == [ipaddress.ip_network("2a00:1450:4001::/48")]
