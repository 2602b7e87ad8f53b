"""Home Assistant finds a station in its network, by avahi. `make test-home-assistant` runs it."""

import contextlib
import socket
import subprocess
import sys

import pytest

from tests.bus.buses import TheBus, policy
from tests.support.daemon import Daemon
from tests.support.peers.home_assistant import MAKES, TREE, HomeAssistant
from tests.support.peers.mosquitto import DEVICE
from tests.support.peers.namespaces import DOOR, Cable
from tests.support.times import hasty
from tests.support.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.far_end, pytest.mark.home_assistant]
HOST = socket.gethostname().partition(".")[0].lower()
PORT, OTHER_PORT = 8443, 8444
SCOPES = ["view", "call", "door"]
AVAHI = """<policy context="default">
  <allow own="org.freedesktop.Avahi"/>
  <allow send_destination="org.freedesktop.Avahi"/>
  <allow receive_sender="org.freedesktop.Avahi"/>
</policy>
"""
CONFIG = f"""[server]
host-name={HOST}
use-ipv6=no
allow-interfaces=eth0
[publish]
publish-hinfo=no
publish-workstation=no
"""


class Avahi:
    """`with Avahi(directory, machine, bus)`: avahi-daemon on a machine, of the root of Debian 13."""

    def __init__(self, directory, machine, bus):
        root = subprocess.check_output([MAKES, "trixie"], text=True).strip()
        self.directory, self._bus = directory, bus
        (directory / "avahi.conf").write_text(CONFIG)
        box = ["--bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]
        box += ["--bind", str(directory.resolve()), "/peer", "--die-with-parent", "--clearenv"]
        for name, line in (("passwd", "avahi:x:0:0::/:/bin/false"), ("group", "avahi:x:0:")):
            (directory / name).write_text(f"{line.replace('avahi', 'root')}\n{line}\n")  # its namespace has one user
            box += ["--ro-bind", str((directory / name).resolve()), f"/etc/{name}"]
        box += ["--setenv", "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/peer/bus", "--setenv", "PATH", "/usr/sbin:/usr/bin"]
        options = ["--no-drop-root", "--no-chroot", "--no-rlimits", "-f", "/peer/avahi.conf"]
        self._argv = [*machine.within, "bwrap", *box, "avahi-daemon", *options]

    @property
    def log(self):
        return (self.directory / "avahi.log").read_text()

    def _starts(self):
        """Whether it runs: not while the bus has not seen the end of the one before."""
        if "Server startup complete" in self.log:
            return True
        if self.process is None or self.process.poll() is not None:
            with (self.directory / "avahi.log").open("wb") as log:
                self.process = subprocess.Popen(self._argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return False

    def __enter__(self):
        self.process = None
        (self.directory / "avahi.log").write_text("")
        until(self._starts, "avahi", log=lambda: self.log)
        return self

    def name_host(self, name):
        """Give the host another name, as avahi itself does when another machine has it."""
        order = [f"--bus={self._bus.address}", "--print-reply", "--dest=org.freedesktop.Avahi", "/"]
        set_name = ["org.freedesktop.Avahi.Server.SetHostName", f"string:{name}"]
        subprocess.run(["dbus-send", *order, *set_name], check=True, capture_output=True)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def announcing(address, name, facts):
    """A program that announces a station where there is none."""
    said = (
        f"import asyncio\nfrom appliance.bus.announced import announce\nasyncio.run(announce{address, name, 9, facts})"
    )
    argv = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-c", said]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, cwd=TREE)
    try:
        yield
    finally:
        process.kill()
        process.wait()


class Bus(TheBus):
    """A bus at a file, which processes on all machines reach."""

    def __init__(self, directory):
        super().__init__(directory, policy().replace("</busconfig>", f"{AVAHI}</busconfig>"))
        before, self.address = self.address, f"unix:path={directory}/bus"
        self._config.write_text(self._config.read_text().replace(before, self.address))


@pytest.mark.parametrize("suite", ["sid", "trixie"])
def test_a_station_is_found_set_up_and_followed_to_another_port(suite, tmp_path):
    with contextlib.ExitStack() as stack:
        cable = stack.enter_context(Cable(tmp_path))
        (tmp_path / "a").mkdir()
        bus = stack.enter_context(Bus(tmp_path / "a"))
        avahi = stack.enter_context(Avahi(tmp_path / "a", cable.door, bus))
        station = stack.enter_context(
            Daemon(
                tmp_path / "s",
                within=cable.door.within,
                times=hasty(),
                http={"address": "0.0.0.0", "port": PORT},
                dbus={"enabled": True, "address": bus.address},
                mqtt={"device": DEVICE},
                door={"front": {}},
            )
        )
        until(lambda: "is announced as Door" in station.log, "its announcement", log=lambda: station.log + avahi.log)
        hosts = {f"{HOST}.local": DOOR}
        home = stack.enter_context(
            HomeAssistant(tmp_path / "ha", suite, integrated=True, hosts=hosts, machine=cable.pbx)
        )

        def found():
            flows = home.ask("config_entries/flow/progress")
            return next((each for each in flows if each["handler"] == "intercomd"), None)

        flow = until(found, "the station", log=lambda: home.log + avahi.log, patience=PATIENCE_S)
        assert (flow["context"]["source"], flow["step_id"]) == ("zeroconf", "discovered")
        assert flow["context"]["title_placeholders"] == {"name": "Door"}
        token = station.post("/v1/tokens", {"name": "home", "scopes": SCOPES})["text"]
        shown = home.fill(flow, token=token)
        own = (station.directory / "http.authority").read_text().strip()
        assert (shown["step_id"], shown["description_placeholders"]["fingerprint"]) == ("trust", own)
        assert home.fill(flow)["type"] == "create_entry"
        ids = until(lambda: home.entities(DEVICE, "intercomd"), "its entities", log=lambda: home.log)
        until(lambda: home.state(ids["call"]) == "idle", log=lambda: home.log)

        # Somebody else announces a station of that name, one without encryption, and then one that is new, by which the
        # first ones have come.
        stack.enter_context(announcing(bus.address, "Somebody", {"device": DEVICE, "scheme": "https"}))
        stack.enter_context(announcing(bus.address, "Plain", {"device": "plain", "scheme": "http"}))
        stack.enter_context(announcing(bus.address, "Another", {"device": "another", "scheme": "https"}))
        until(lambda: (flow := found()) and flow["context"]["title_placeholders"] == {"name": "another"})
        assert home.state(ids["call"]) == "idle"

        station.stop()
        until(lambda: home.state(ids["call"]) == "unavailable", patience=PATIENCE_S)
        station.config["http"]["port"] = OTHER_PORT
        station.start()
        station.ready()
        until(lambda: home.state(ids["call"]) == "idle", "the other port", log=lambda: home.log, patience=PATIENCE_S)

        before = station.log.count("is announced as")
        avahi.__exit__()
        avahi.__enter__()
        until(lambda: station.log.count("is announced as") > before, "avahi again", log=lambda: station.log)

        before = station.log.count("is announced as")
        avahi.name_host("another")
        until(lambda: station.log.count("is announced as") > before, "the host's other name", log=lambda: station.log)
