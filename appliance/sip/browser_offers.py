"""Between the session descriptions of browsers and of pjsua (RFC 8829, RFC 8866).

pjsua gets an offer of only those lines that the station needs: a line that is not named here does not reach it.
"""

import ipaddress
import re
from collections.abc import Iterator

from appliance.base.record import Record

LONGEST = 20000
CANDIDATES = 8
LONGEST_FORMAT = 200
PORTS = 65536
MEDIA = re.compile(r"m=audio \d{1,5} UDP/TLS/RTP/SAVPF((?: \d{1,3}){1,40})")
CODEC = re.compile(r"(?i:opus/48000/2|G722/8000(?:/1)?|PCMA/8000(?:/1)?|PCMU/8000(?:/1)?|telephone-event/(?:8|48)000)")
MAPPED = re.compile(r"a=rtpmap:(\d{1,3}) (\S{1,64})")
CANDIDATE = re.compile(
    r"a=candidate:([\w+/]{1,32}) 1 (?i:udp) (\d{1,10}) (\S{1,64}) (\d{1,5}) typ (host|srflx|relay)\b", re.ASCII
)
TEXT = re.compile(r"[\x20-\x7e\r\n]+")
# What an offer must have once, and how it may look. A key's digest by SHA-256 is as good as the connection it came by.
NEEDED = {
    "ice-ufrag": re.compile(r"[A-Za-z0-9+/]{4,256}"),
    "ice-pwd": re.compile(r"[A-Za-z0-9+/]{22,256}"),
    "fingerprint": re.compile(r"sha-256 [0-9A-F]{2}(?::[0-9A-F]{2}){31}", re.IGNORECASE),
    "setup": re.compile("actpass|active|passive"),
    "mid": re.compile(r"[\w-]{1,16}", re.ASCII),
}
DIRECTIONS = ("a=sendrecv", "a=sendonly", "a=recvonly")
# RTCP is in use, whatever pjsua says of its bandwidth.
UNSAID = re.compile(r"b=R[RS]:0|a=X-nat")


class UnfitError(ValueError):
    """An offer that the station does not take, and why."""


class Candidate(Record):
    """Where a browser may be reached (RFC 8839 §5.1): its line, its address and its port."""

    line: str
    address: str
    port: int


def for_station(offer: str, peer: str) -> str:
    """The offer as pjsua gets it. peer: the browser's address by its request. Raises UnfitError."""
    if len(offer) > LONGEST or not TEXT.fullmatch(offer):
        raise UnfitError("It is no session description, or too long.")
    lines = offer.splitlines()
    media = [line for line in lines if line.startswith("m=")]
    found = MEDIA.fullmatch(media[0]) if len(media) == 1 else None
    if found is None or "a=rtcp-mux" not in lines:
        raise UnfitError("It has to offer audio by UDP/TLS/RTP/SAVPF with rtcp-mux, and nothing else.")
    keys = [_only(lines, name) for name in NEEDED]
    candidates = list(_candidates(lines, peer))[:CANDIDATES]
    if not candidates:
        raise UnfitError("It names no address by IPv4 and UDP.")
    names = {known[1]: known[2] for line in lines if (known := MAPPED.fullmatch(line))}
    kinds = [kind for kind in dict.fromkeys(found[1].split()) if CODEC.fullmatch(names.get(kind, ""))]
    if all(names[kind].startswith("telephone") for kind in kinds):
        raise UnfitError("It names no codec that the station has: opus, G722, PCMA or PCMU.")
    codecs = []
    for kind in kinds:
        codecs.append(f"a=rtpmap:{kind} {names[kind]}")
        codecs += [line for line in lines if line.startswith(f"a=fmtp:{kind} ") and len(line) < LONGEST_FORMAT][:1]
    directions = [line for line in lines if line in DIRECTIONS]
    # pjsua gives ICE up unless the lines c= and m= name one of the candidates; browsers may write 0.0.0.0 and 9 there.
    first = candidates[0]
    written = [
        *("v=0", f"o=- 1 1 IN IP4 {first.address}", "s=-", f"c=IN IP4 {first.address}", "t=0 0"),
        f"m=audio {first.port} UDP/TLS/RTP/SAVPF {' '.join(kinds)}",
        *(candidate.line for candidate in candidates),
        *(*keys, "a=rtcp-mux", directions[-1] if directions else DIRECTIONS[0], *codecs, ""),
    ]
    return "\r\n".join(written)


def for_browser(answer: str, offer: str) -> str:
    """The answer as the browser gets it: with the offer's `mid`, which pjsua leaves out."""
    lines = [line for line in answer.splitlines() if line and not UNSAID.match(line)]
    if not any(line.startswith("a=mid:") for line in lines):
        lines.append(_only(offer.splitlines(), "mid"))
    return "\r\n".join([*lines, ""])


def _only(lines: list[str], name: str) -> str:
    """The one line of this attribute. Raises UnfitError."""
    start = f"a={name}:"
    found = {line.removeprefix(start) for line in lines if line.startswith(start)}
    if len(found) != 1 or not NEEDED[name].fullmatch(value := found.pop()):
        raise UnfitError(f"It has no a={name}, or one that the station does not take.")
    return start + value


def _candidates(lines: list[str], peer: str) -> Iterator[Candidate]:
    """Where the browser may be reached by IPv4 and UDP.

    pjsip would look a name up in the only thread of SIP. A name in .local hides an address, though not its port: most
    often it is the address from which the request came. Where it is another, the browser's own checks show it.
    """
    for line in lines:
        if (found := CANDIDATE.match(line)) is None:
            continue
        foundation, priority, address, port, kind = found.groups()
        try:
            known = ipaddress.IPv4Address(peer if address.endswith(".local") else address)
        except ValueError:
            continue
        if 0 < int(port) < PORTS and int(priority) < 1 << 32:
            more = "" if kind == "host" else " raddr 0.0.0.0 rport 9"  # nobody needs the address behind it
            written = f"a=candidate:{foundation} 1 UDP {int(priority)} {known} {int(port)} typ {kind}{more}"
            yield Candidate(written, str(known), int(port))
