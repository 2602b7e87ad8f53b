"""Why notify and journald are our own: libsystemd, on which systemd-python is built, waits for who does not read."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.waiting import until

SENDERS = {
    "notify": "lib.sd_notify(0, b'STATUS=x')",
    "journal": "lib.sd_journal_send(b'MESSAGE=x', None)",
}
ENDLESS = "import ctypes\nlib = ctypes.CDLL('libsystemd.so.0')\nprint('begun', flush=True)\nwhile True:\n    {}"
# In a namespace of its own, where /run is empty: binds the journal's socket, says so, and becomes the sender.
HIDDEN = """
import os, socket, subprocess, sys
subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
journal.set_inheritable(True)
os.environ["LISTENER"] = str(journal.fileno())
os.execv(sys.executable, [sys.executable, "-c", sys.argv[1]])
"""


def sleeping(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def queued(path):
    """Whether the socket there takes no more: its queue is full, and nobody reads."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        try:
            sender.sendto(b"X=1", str(path))
        except BlockingIOError:
            return True
    return False


@pytest.mark.parametrize("sender", SENDERS)
def test_libsystemd_waits_for_a_receiver_that_does_not_read(sender, tmp_path):
    program, environment = ENDLESS.format(SENDERS[sender]), dict(os.environ)
    command = [sys.executable, "-c", program]
    if sender == "journal":
        command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", HIDDEN, program]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        try:
            assert process.stdout.readline() == b"begun\n"
            # Through the process's own root, where /run is another.
            hidden = f"/proc/{process.pid}/root/run/systemd/journal/socket"
            path = hidden if sender == "journal" else tmp_path / "notify"
            until(lambda: queued(path) and sleeping(process.pid), f"{sender} to wait")
            assert process.poll() is None
        finally:
            process.kill()
            process.communicate()
