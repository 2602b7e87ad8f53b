"""SIPp as the far end: a process of its own that calls or is called by one of the scenarios, and judges how it went."""

import asyncio
import random
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

from tests.peers import sipp_scenarios

ADDRESS = "127.0.0.1"
PATIENCE_S = 30
PORTS = range(10000, 20000)  # below the kernel's own range, which port 0 of others is taken from
RTP_PORTS = range(20000, 30000, 4)


def _free(ports):
    for port in random.sample(ports, 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                udp.bind((ADDRESS, port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def _bound(port):
    wanted = f"{socket.inet_aton(ADDRESS)[::-1].hex().upper()}:{port:04X}"
    return any(line.split()[1] == wanted for line in Path("/proc/net/udp").read_text().splitlines())


class Sipp:
    """`with Sipp(directory, "uas-answer") as peer`: runs until its calls are done; ended at the end of the block.

    remote: address:port to call, for the uac- scenarios. ring: seconds before a uas- one answers; seconds: to talk,
    to hold, before BYE, CANCEL or 200; code: of a refusal; hold: sendonly, inactive, or zero as in c=0.0.0.0.
    """

    def __init__(
        self, directory, scenario, remote="", *, user="sipp", ring=0.1, seconds=0.3, code=486, hold="sendonly"
    ):
        self.options = SimpleNamespace(user=user, ring=ring, seconds=seconds, code=code, hold=hold)
        self.scenario, self.remote = scenario, remote
        self.directory = Path(directory) / scenario
        self.port = 0
        self.process = None

    @property
    def uri(self):
        return f"sip:{self.options.user}@{ADDRESS}:{self.port}"

    def __enter__(self):
        self.directory.mkdir()
        (self.directory / "scenario.xml").write_text(sipp_scenarios.xml(self.scenario, self.options))
        end = time.monotonic() + PATIENCE_S
        self._spawn()
        while not _bound(self.port):
            if self.process.poll() is not None:  # somebody took the port first; or it is done already
                if self.process.returncode == 0:
                    break
                self._spawn()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    async def finished(self):
        """Every call went as the scenario says."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, self.log()
            await asyncio.sleep(0.05)
        assert self.process.returncode == 0, self.log()

    def log(self):
        files = (self.directory / name for name in ("errors.log", "messages.log"))
        return "\n".join(file.read_text(errors="replace")[-4000:] for file in files if file.exists())

    def _spawn(self):
        self.port = _free(PORTS)
        argv = ["sipp", *([self.remote] if self.remote else []), "-sf", "scenario.xml", "-m", "1", "-nostdin"]
        argv += ["-i", ADDRESS, "-p", str(self.port), "-mi", ADDRESS, "-mp", str(_free(RTP_PORTS)), "-rtp_echo"]
        argv += ["-ci", ADDRESS, "-cp", str(_free(PORTS)), "-s", "service"]
        argv += ["-timeout", f"{PATIENCE_S}s", "-timeout_error", "-recv_timeout", str(PATIENCE_S * 1000)]
        argv += ["-trace_msg", "-message_file", "messages.log", "-trace_err", "-error_file", "errors.log"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(argv, cwd=self.directory, stdin=quiet, stdout=quiet, stderr=quiet)
