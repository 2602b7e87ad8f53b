"""Send each packet of sound back at once, as of another source (a station refuses its own); runs in the guest.

rtp_mirror.py PORT
"""

import socket
import sys

ANOTHER = bytes(4)  # SSRC (RFC 3550 §5.1)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
    rtp.bind(("127.0.0.1", int(sys.argv[1])))
    while True:
        packet, sender = rtp.recvfrom(2048)
        rtp.sendto(packet[:8] + ANOTHER + packet[12:], sender)
