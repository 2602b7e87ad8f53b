"""A message bus of the tests' own, and a client on it."""

import asyncio
import contextlib
import grp
import os
import pwd
import secrets
import subprocess
from pathlib import Path

from dbus_fast import Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus

from tests.support.daemon import Daemon
from tests.support.waiting import until, until_async

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "packaging/dbus/org.intercomd.conf"
PATIENCE_S = 120.0
DRIVER = "org.freedesktop.DBus"
ME = pwd.getpwuid(os.getuid()).pw_name
MY_GROUP = grp.getgrgid(os.getgid()).gr_name
# Debian's system bus in short: nobody owns names or sends calls but where a service's own policy lets him.
CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <auth>EXTERNAL</auth>
  <listen>{address}</listen>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
  </policy>
  <include>{policy}</include>
</busconfig>
"""


def foreign_group():
    """A group of this machine to which we do not belong."""
    mine = {os.getgid(), *os.getgroups()}
    return next(g.gr_name for g in grp.getgrall() if g.gr_gid not in mine and ME not in g.gr_mem)


def policy(user=ME, group=MY_GROUP):
    """The policy that is shipped, with other names for its user and its group."""
    shipped = POLICY.read_text()
    assert shipped.count('user="intercomd"') == shipped.count('group="intercom"') == 1
    return shipped.replace('user="intercomd"', f'user="{user}"').replace('group="intercom"', f'group="{group}"')


class TheBus:
    """A dbus-daemon that can be ended and started again at the same address, which any user reaches."""

    def __init__(self, directory, rules):
        # No file: the tests' directories are closed to other users.
        self.address = f"unix:abstract=intercomd-test-{secrets.token_hex(8)}"
        self._config = directory / "bus.conf"
        (directory / "policy.conf").write_text(rules)
        self._config.write_text(CONFIG.format(address=self.address, policy=directory / "policy.conf"))
        self._log = directory / "bus.log"
        self.process = None

    def start(self):
        """Start it; it takes connections then."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL", "dbus-daemon", "--nofork", "--nopidfile", "--nosyslog"),
                    *(f"--config-file={self._config}", "--print-address"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout.readline(), self._log.read_text()  # it listens before it prints its address

    def stop(self):
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Client:
    """`async with Client(address) as client`: calls methods, and keeps the signals it gets."""

    def __init__(self, address):
        self._address, self.heard = address, []

    async def __aenter__(self):
        async with asyncio.timeout(PATIENCE_S):
            self.bus = await MessageBus(self._address).connect()
            self.bus.add_message_handler(self._hear)
            await self.driver("AddMatch", "s", "type='signal',path_namespace='/org/intercomd'")
        return self

    async def __aexit__(self, *_):
        self.bus.disconnect()
        with contextlib.suppress(Exception):
            await self.bus.wait_for_disconnect()

    def _hear(self, message):
        if message.message_type is MessageType.SIGNAL and (message.path or "").startswith("/org/intercomd"):
            self.heard.append(message)

    async def driver(self, member, signature="", *body):
        """What the bus itself answers."""
        return await self.send(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, signature, body
        )

    async def send(self, destination, path, interface, member, signature, body):
        message = Message(destination, path, interface, member, signature=signature, body=list(body))
        async with asyncio.timeout(PATIENCE_S):
            return await self.bus.call(message)

    async def ask(self, path, interface, member, signature="", *body):
        """Our whole answer, or the error."""
        return await self.send("org.intercomd", path, interface, member, signature, body)

    async def get(self, path, interface, member, signature="", *body):
        """What our answer gives."""
        answer = await self.ask(path, interface, member, signature, *body)
        assert answer.message_type is MessageType.METHOD_RETURN, (answer.error_name, answer.body)
        return answer.body[0] if answer.body else None

    async def members(self, count):
        """Names of the signals that came, once there are so many."""
        await until_async(lambda: len(self.heard) >= count, "signals")
        return [message.member for message in self.heard]


class BusStation(Daemon):
    """A station on a bus of the tests' own, which is asked there."""

    def __init__(self, directory, bus, **settings):
        super().__init__(directory, dbus={"enabled": True, "address": bus.address}, **settings)
        self.bus = bus

    def ready(self):
        """Wait until its objects are there as well, unless its D-Bus is off."""
        super().ready()
        if self.config["dbus"]["enabled"]:
            ping = "/org/intercomd", "org.freedesktop.DBus.Peer", "Ping"
            until(lambda: self.asks_bus(*ping) is None, "its objects on the bus", log=self.told)
        return self

    def asks_bus(self, path, interface, member, signature="", *given):
        """What a method on the bus gives; or the code of its error."""

        async def asked():
            async with Client(self.bus.address) as client:
                return await client.ask(path, interface, member, signature, *given)

        answer = asyncio.run(asked())
        if answer.message_type is MessageType.METHOD_RETURN:
            self.asked.append(f"{interface.rpartition('.')[2]}.{member}")
            return answer.body[0] if answer.body else None
        return answer.error_name

    def on_bus(self, path, interface):
        """All properties of an object."""
        return unpack_variants(self.asks_bus(path, "org.freedesktop.DBus.Properties", "GetAll", "s", interface))


def object_of(call):
    """The path of a call's object."""
    return f"/org/intercomd/calls/{call.replace('-', '_')}"
