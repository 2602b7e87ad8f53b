"""A SIP phone that is busy: prints when each INVITE came (CLOCK_MONOTONIC), and refuses it; runs in the guest: PORT."""

import re
import socket
import sys
import time

seen = set()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.bind(("127.0.0.1", int(sys.argv[1])))
    print("listens", flush=True)
    while True:
        packet, sender = udp.recvfrom(65536)
        now = time.monotonic()
        if not packet.startswith(b"INVITE "):
            continue
        copied = re.findall(
            rb"^(?:Via|From|To|Call-ID|CSeq):.*$", packet.replace(b"\r", b""), re.MULTILINE | re.IGNORECASE
        )
        (call,) = (line for line in copied if line.lower().startswith(b"call-id"))
        copied = [line + b";tag=busy" if line.lower().startswith(b"to:") else line for line in copied]
        udp.sendto(b"\r\n".join([b"SIP/2.0 486 Busy Here", *copied, b"Content-Length: 0", b"", b""]), sender)
        if call not in seen:
            seen.add(call)
            print(f"{now:.6f}", flush=True)
