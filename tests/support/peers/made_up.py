"""INVITEs from sources that are made up, a new one for each: `made_up.py ADDRESS:PORT RATE SECONDS`.

They come until standard input is closed, for so many seconds at most; then it prints how many a second it sent.
All of 127.0.0.0/8 is ours to send from (IP_PKTINFO, ip(7)); what comes back finds nobody.
"""

import select
import socket
import struct
import sys
import time

PKTINFO = 8  # IP_PKTINFO, which Python does not name everywhere
TURN_S = 0.005
SDP = "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
INVITE = (
    "INVITE sip:door@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {0}:5060;branch=z9hG4bK{1}\r\n"
    "From: <sip:somebody@{0}>;tag={1}\r\nTo: <sip:door@{to}>\r\nCall-ID: {1}\r\nCSeq: 1 INVITE\r\n"
    "Contact: <sip:somebody@{0}>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: {2}\r\n\r\n{3}"
)


def source(number: int) -> str:
    """One of 16 million, beside those that tests use."""
    return f"127.{128 + number // 62500 % 100}.{number // 250 % 250}.{number % 250 + 2}"


def flood(to: str, rate: float, seconds: float) -> float:
    host, _, port = to.partition(":")
    begin, sent = time.monotonic(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        while (passed := time.monotonic() - begin) < seconds:
            while sent < passed * rate:
                address = source(sent)
                sdp = SDP.format(address)
                packet = INVITE.format(address, f"{begin}-{sent}", len(sdp), sdp, to=to).encode()
                info = struct.pack("=i4s4s", 0, socket.inet_aton(address), bytes(4))
                out.sendmsg([packet], [(socket.IPPROTO_IP, PKTINFO, info)], 0, (host, int(port)))
                sent += 1
            if select.select([sys.stdin], [], [], TURN_S)[0]:
                break
    return sent / passed


if __name__ == "__main__":
    print(flood(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
