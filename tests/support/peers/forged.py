"""UDP packets with made-up sources, as any machine on the same cable can send them."""

import ipaddress
import socket
import struct
from typing import Self

from tests.support.peers.namespaces import Machine

Address = tuple[str, int]

UDP, HOPS = socket.IPPROTO_UDP, 64


def checksum(data: bytes) -> int:
    """Of the internet protocols (RFC 1071)."""
    words = (
        struct.unpack(f"!{len(data) // 2}H", data)
        if len(data) % 2 == 0
        else struct.unpack(f"!{len(data) // 2 + 1}H", data + b"\0")
    )
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def datagram(source: Address, target: Address, payload: bytes) -> bytes:
    """A UDP packet with its IP header; source and target: address and port."""
    (here, from_port), (there, to_port) = source, target
    addresses = ipaddress.ip_address(here).packed + ipaddress.ip_address(there).packed
    length = 8 + len(payload)
    pseudo = addresses + struct.pack("!II", length, UDP)  # IPv4's has the same sum (RFC 768, RFC 8200 §8.1)
    bare = struct.pack("!HHHH", from_port, to_port, length, 0) + payload
    udp = struct.pack("!HHHH", from_port, to_port, length, checksum(pseudo + bare)) + payload
    if ipaddress.ip_address(here).version == 6:
        return struct.pack("!IHBB", 6 << 28, length, UDP, HOPS) + addresses + udp
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, HOPS, UDP, 0) + addresses + udp


class Forger:
    """`with Forger(machine, target) as forger`: sends packets from there to address and port, with made-up sources."""

    def __init__(self, machine: Machine, target: Address) -> None:
        self._target = target
        family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
        self._socket = machine.socket(family=family, kind=socket.SOCK_RAW, protocol=socket.IPPROTO_RAW)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, source: str, payload: bytes, port: int = 5060) -> None:
        # The kernel fills in the checksum of IPv4's header; IPv6 wants no port here.
        self._socket.sendto(datagram((source, port), self._target, payload), (self._target[0], 0))


def options(source: str, number: int) -> bytes:
    """A question from there, by nobody whom the station knows; pjsip answers it by itself."""
    host = f"[{source}]" if ":" in source else source
    return (
        f"OPTIONS sip:door@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:5060;branch=z9hG4bK{number}\r\n"
        f"From: <sip:x@{host}>;tag={number}\r\nTo: <sip:door@{host}>\r\nCall-ID: forged{number}\r\n"
        "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()
