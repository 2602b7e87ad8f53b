"""libsystemd waits for a receiver that does not read, and systemd-python with it.

systemd-python keeps Python's global lock while it waits, so a thread of its own would stop the event loop as well. That
is why journald is our own, and why notify looks at the socket first.
"""

import mmap
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import pause, until

SENDERS = {
    "notify": "lib.sd_notify(0, b'STATUS=x')",
    "journal": "lib.sd_journal_send(b'MESSAGE=x', None)",
}
ENDLESS = "import ctypes\nlib = ctypes.CDLL('libsystemd.so.0')\nprint('begun', flush=True)\nwhile True:\n    {}"
# Run by Debian's Python, with Debian's systemd-python. One thread sends; the main thread counts in a shared file.
THREADED = """
import mmap, sys, threading
from systemd import daemon, journal
def notify(): daemon.notify("STATUS=x")
def record(): journal.sendv("MESSAGE=x")
def endless(send):
    while True:
        send()
        threading.Event().wait(0.01)  # the main thread has its turn
with open(sys.argv[2], "r+b") as file:
    count = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
print("begun", flush=True)
threading.Thread(target=endless, args=[{"notify": notify, "journal": record}[sys.argv[1]]], daemon=True).start()
while True:
    count[0] += 1
"""
# In a namespace of its own, where /run is empty: binds the journal's socket, says so, and becomes the sender.
HIDDEN = """
import os, socket, subprocess, sys
subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
os.makedirs("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
journal.set_inheritable(True)
os.environ["LISTENER"] = str(journal.fileno())
os.execv(sys.argv[1], sys.argv[1:])
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


@contextmanager
def running(sender, command, tmp_path):
    """The command, which sends without end, and the path of the socket that it sends to and that nobody reads."""
    environment = dict(os.environ)
    if sender == "journal":
        command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", HIDDEN, *command]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        try:
            assert process.stdout.readline() == b"begun\n"
            # Through the process's own root, where /run is another.
            hidden = f"/proc/{process.pid}/root/run/systemd/journal/socket"
            yield process, hidden if sender == "journal" else tmp_path / "notify"
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("sender", SENDERS)
def test_libsystemd_waits_for_a_receiver_that_does_not_read(sender, tmp_path):
    command = [sys.executable, "-c", ENDLESS.format(SENDERS[sender])]
    with running(sender, command, tmp_path) as (process, path):
        until(lambda: queued(path) and sleeping(process.pid), f"{sender} to wait")
        assert process.poll() is None


@pytest.mark.parametrize("sender", SENDERS)
def test_systemd_python_in_a_thread_stops_the_other_threads_while_it_waits(sender, tmp_path):
    counted = tmp_path / "counted"
    counted.write_bytes(bytes(8))

    def stopped():
        """Whether the main thread, which does nothing but count, counts no more."""
        before = count[0]
        pause(0.5)
        return before > 0 and count[0] == before

    with counted.open("r+b") as file:
        count = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
    with running(sender, ["/usr/bin/python3", "-c", THREADED, sender, str(counted)], tmp_path) as (process, path):
        until(lambda: queued(path) and stopped(), "the main thread to stop")
        assert process.poll() is None
