"""A connection to the message bus under our name, by dbus-fast 2.44 or later."""

import asyncio

from dbus_fast import (
    AuthError,
    BusType,
    DBusError,
    Message,
    MessageType,
    NameFlag,
    RequestNameReply,
)
from dbus_fast.aio import MessageBus

from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError

NAME = "org.intercomd"
DRIVER = "org.freedesktop.DBus"


class BusConnection(MessageBus):
    """dbus-fast's connection. Before 5.0, it reads for ever and blocks the loop when the bus hangs up early."""

    async def _auth_readline(self) -> str:
        line = b""
        while not line.endswith(b"\r\n"):
            assert self._sock is not None
            read = await self._loop.sock_recv(self._sock, 1024)
            if not read:
                raise EOFError
            line += read
        return line[:-2].decode()


def sentence(err: BaseException) -> str:
    """The system's or the bus's error as a sentence; for an end without a message, that it ended."""
    said = (err.strerror if isinstance(err, OSError) else None) or str(err) or "The connection has ended"
    return f"{said.rstrip('.')}."


def unreachable(cause: str) -> IntercomError:
    """The error for a bus that is missing, gone or hanging."""
    return IntercomError(
        ErrorCode.UNAVAILABLE,
        "The message bus cannot be reached.",
        cause,
        "The service tries again by itself; check that dbus.service runs.",
    )


async def connect(address: str) -> BusConnection:
    """A connection to the bus at `address`, "system" for the system bus. Raises `unavailable`."""
    bus: BusConnection | None = None
    try:
        bus = BusConnection(bus_type=BusType.SYSTEM) if address == "system" else BusConnection(address)
        async with asyncio.timeout(times.current.bus_answers_s):
            await bus.connect()
    except (OSError, EOFError, ValueError, TypeError, AuthError, DBusError) as err:
        if bus is not None:
            bus.disconnect()
        raise unreachable("It does not answer." if isinstance(err, TimeoutError) else sentence(err)) from err
    return bus


def close(bus: BusConnection) -> None:
    """End the connection, if it still exists."""
    if bus.connected:
        bus.disconnect()


async def own(bus: BusConnection) -> None:
    """Request our name. Raises `forbidden` if the policy refuses it, `conflict` if another process has it."""
    try:
        async with asyncio.timeout(times.current.bus_answers_s):
            reply = await bus.request_name(NAME, NameFlag.DO_NOT_QUEUE)
    except DBusError as err:
        if err.type != "org.freedesktop.DBus.Error.AccessDenied":
            raise unreachable(sentence(err)) from err
        raise IntercomError(
            ErrorCode.FORBIDDEN,
            "The message bus refuses the name org.intercomd.",
            sentence(err),
            "Put org.intercomd.conf into /etc/dbus-1/system.d, run as the user it names, and reload dbus.service.",
        ) from err
    except TimeoutError:
        raise unreachable("It does not answer.") from None
    except (OSError, EOFError) as err:
        raise unreachable(sentence(err)) from err
    if reply not in {RequestNameReply.PRIMARY_OWNER, RequestNameReply.ALREADY_OWNER}:
        raise taken()


def taken() -> IntercomError:
    """The error for a name that another process has."""
    return IntercomError(
        ErrorCode.CONFLICT,
        "Another process has the name org.intercomd on the message bus.",
        "busctl status org.intercomd shows which.",
        "End it; the service requests the name again by itself.",
    )


async def user_of(bus: BusConnection, sender: str) -> str:
    """The sender for events: dbus:<uid>, as the bus knows it; without the number if the sender is gone."""
    ask = Message(DRIVER, "/org/freedesktop/DBus", DRIVER, "GetConnectionUnixUser", signature="s", body=[sender])
    try:
        async with asyncio.timeout(times.current.bus_answers_s):
            reply = await bus.call(ask)
    except (OSError, EOFError, TimeoutError):
        return "dbus"  # the connection is gone, which the task that waits for its end reports
    match reply:
        case Message(message_type=MessageType.METHOD_RETURN, body=[uid]):
            return f"dbus:{uid}"
        case _:
            return "dbus"
