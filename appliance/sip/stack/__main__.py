"""The SIP process: `python -m appliance.sip.stack FD PPID`, started only by `link`."""

import ctypes
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Talk to the daemon over descriptor FD, and end when process PPID ends."""
    sock, parent = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the daemon ends us, with BYE
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before prctl took effect
        return 0
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="sip: %(levelname)s %(name)s: %(message)s")
    gc.disable()  # imports leave no garbage, and searching for it takes a tenth of their time
    from appliance.sip.stack.engine import serve  # noqa: PLC0415  # pjsua2: after the lines above, which must not wait for it

    gc.freeze()
    gc.enable()
    return serve(sock)


if __name__ == "__main__":
    sys.exit(main())
