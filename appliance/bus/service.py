"""Our objects on the bus: answers calls, reports changes and events, until the connection ends.

Signals and answers have one source: before any answer the objects are built again from the daemon's snapshot, and
changes are reported first.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from dbus_fast import (
    ArgDirection,
    DBusError,
    Message,
    MessageFlag,
    MessageType,
    PropertyAccess,
    Variant,
)
from dbus_fast import introspection as xml

from appliance.base import times
from appliance.base.errors import ErrorCode, IntercomError, explained, sentences
from appliance.bus.connection import (
    DRIVER,
    NAME,
    BusConnection,
    close,
    connect,
    own,
    sentence,
    taken,
    unreachable,
    user_of,
)
from appliance.bus.interfaces import APPLIANCE
from appliance.bus.paths import ROOT
from appliance.bus.ports import BusPorts
from appliance.bus.shapes import Asked, BusMethod, Interface, clean
from appliance.bus.tree import Object, Tree, changed, children, tree

MOST = 32  # requests in progress at once; a client that does not wait for its answers is refused
MOST_OF_ONE = 24  # requests of one client, so that other clients are not refused
PASSING = (f"{ROOT}/calls/", f"{ROOT}/conferences/")  # objects that come and go
FAULT = IntercomError(ErrorCode.ERROR, "This is a fault of intercomd.", "", "The log has the details.")
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
PEER = "org.freedesktop.DBus.Peer"
STANDARD = {  # interface, method -> signature of its arguments
    (INTROSPECTABLE, "Introspect"): "",
    (PROPERTIES, "Get"): "ss",
    (PROPERTIES, "GetAll"): "s",
    (PROPERTIES, "Set"): "ssv",
    (MANAGER, "GetManagedObjects"): "",
}


async def serve(daemon: BusPorts, address: str, up: Callable[[], None]) -> None:
    """Serve on the bus until the daemon's events end; `up` is called once we have our name.

    Raises `unavailable`, `forbidden` or `conflict` when the bus or our name is not available, or is lost.
    """
    bus = await connect(address)
    try:
        service = BusService(daemon, bus)
        bus.add_message_handler(service.take)
        await own(bus)
        up()
        await service.run()
    finally:
        close(bus)


class BusService:
    """Answers calls and sends signals on one connection."""

    def __init__(self, daemon: BusPorts, bus: BusConnection) -> None:
        self._daemon, self._bus = daemon, bus
        snapshot = daemon.snapshot()
        self._shown: Tree = tree(snapshot)
        self._since: int = snapshot.last_event
        self._lost = asyncio.Event()
        self._acts: dict[asyncio.Task[None], str | None] = {}  # in progress, and the client of each

    async def run(self) -> None:
        """Send events until they end. Raises `unavailable` when the bus is lost, `conflict` when our name is."""
        follow = asyncio.create_task(self._follow())
        lost = asyncio.create_task(self._lost.wait())
        # dbus-fast names no types there.
        gone = asyncio.create_task(self._bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
        try:
            await asyncio.wait({follow, lost, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise unreachable(sentence(gone.exception() or EOFError()))
            if lost.done():
                raise taken()
            await follow
        finally:
            tasks = [follow, lost, gone, *self._acts]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self) -> None:
        async with aclosing(self._daemon.subscribe(self._since)) as feed:
            async for envelope in feed:
                self._refresh()
                sent = self._signal(
                    ROOT, APPLIANCE.name, "Event", "tss", [envelope["id"], envelope["type"], json.dumps(envelope)]
                )
                try:  # at the pace of the bus; events.lost reports events for which the feed's queue has no room
                    async with asyncio.timeout(times.current.bus_answers_s):
                        await sent
                except TimeoutError:
                    raise unreachable("It accepts no more messages.") from None
                except OSError as err:
                    raise unreachable(sentence(err)) from err

    # -- changes -----------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Signal the objects and properties that have changed since the last call."""
        old, new = self._shown, tree(self._daemon.snapshot())
        self._shown = new
        for path in old.keys() - new.keys():
            self._signal(ROOT, MANAGER, "InterfacesRemoved", "oas", [path, [old[path].interface.name, PROPERTIES]])
        for path, there in new.items():
            if path not in old:
                self._signal(ROOT, MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, managed(there)])
            elif values := changed(old[path], there):
                change = [there.interface.name, variants(there.interface, values), []]
                self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", change)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> asyncio.Future[None]:
        return self._send(Message.new_signal(path, interface, member, signature, body))

    def _send(self, message: Message) -> asyncio.Future[None]:
        sent: asyncio.Future[None] = self._bus.send(message)
        # The end of the connection reports a failure, once.
        sent.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        return sent

    # -- calls -------------------------------------------------------------------------------------------------------

    def take(self, message: Message) -> bool:
        """Process a message; returns whether it was for us to answer."""
        if message.message_type is MessageType.SIGNAL:
            if message.sender == DRIVER and message.member == "NameLost" and message.body == [NAME]:
                self._lost.set()
            return False
        if message.message_type is not MessageType.METHOD_CALL or message.interface == PEER:
            return False
        try:
            self._refresh()
            self._answer(message)
        except DBusError as err:
            self._reply(message, Message.new_error(message, err.type, err.text))
        return True

    def _answer(self, message: Message) -> None:
        path, member = message.path or "", message.member or ""
        there = self._shown.get(path)
        if there is None and not children(self._shown, path):
            why = "It has ended or never existed. " if path.startswith(PASSING) else ""
            raise fault(
                "UnknownObject", f"There is nothing at {path}. {why}GetManagedObjects of {ROOT} lists all objects."
            )
        ours = None if there is None else there.interface
        method = None if ours is None else ours.method(member)
        if there is not None and method is not None and message.interface in {None, there.interface.name}:
            self._begin(message, there, method)
            return
        standard = next((each for each in STANDARD if each[1] == member and message.interface in {None, each[0]}), None)
        if standard is None or standard[0] not in offered(path, ours):
            wanted = f"{message.interface}.{member}" if message.interface else member
            raise fault("UnknownMethod", f"{path} has no method {wanted}. Introspect lists its methods.")
        fits(message, STANDARD[standard])
        signature, body = self._standard(member, path, there, message.body)
        self._reply(message, Message.new_method_return(message, signature, body))

    def _standard(self, member: str, path: str, there: Object | None, given: list[Any]) -> tuple[str, list[Any]]:
        """Signature and values that a method of D-Bus's own interfaces returns."""
        if member == "Introspect":
            return "s", [introspection(path, there, children(self._shown, path))]
        if member == "GetManagedObjects":
            return "a{oa{sa{sv}}}", [{each: managed(it) for each, it in self._shown.items() if each != ROOT}]
        assert there is not None
        shown = variants(there.interface, there.values) if given[0] in {there.interface.name, ""} else None
        if member == "GetAll":
            return "a{sv}", [shown or {}]
        if shown is None:
            ours = there.interface.name
            raise fault("UnknownInterface", f"{path} has no properties of {given[0]}, only of {ours}.")
        if given[1] not in shown:
            names = ", ".join(shown)
            raise fault("UnknownProperty", f"{there.interface.name} has no property {given[1]}. It has {names}.")
        if member == "Set":
            raise fault("PropertyReadOnly", f"{given[1]} can only be read. Methods change what can be changed.")
        return "v", [shown[given[1]]]

    def _begin(self, message: Message, there: Object, method: BusMethod) -> None:
        fits(message, method.signature, [name for name, _ in method.takes])
        most = MOST_OF_ONE if list(self._acts.values()).count(message.sender) >= MOST_OF_ONE else MOST
        if most == MOST_OF_ONE or len(self._acts) >= MOST:
            raise fault("LimitsExceeded", f"{most} requests wait for their answers. Wait for some of them.")
        act = asyncio.create_task(self._act(message, there, method))
        self._acts[act] = message.sender
        act.add_done_callback(partial(self._over, message))

    def _over(self, message: Message, act: asyncio.Task[None]) -> None:
        """Forget the act; report an exception that nothing expects to its client and in the log."""
        del self._acts[act]
        failed = None if act.cancelled() else act.exception()
        if failed is not None:
            self._reply(message, error(message, FAULT))
            said = f"A request over D-Bus has failed: {message.member}"
            act.get_loop().call_exception_handler({"message": said, "exception": failed, "task": act})

    async def _act(self, message: Message, there: Object, method: BusMethod) -> None:
        try:
            who = await user_of(self._bus, message.sender or "")
            given = await method.act(Asked(self._daemon, who, there.id), *message.body)
        except IntercomError as err:
            reply = error(message, err)
        else:
            reply = Message.new_method_return(message, "".join(kind for _, kind in method.gives), given)
        self._refresh()
        self._reply(message, reply)

    def _reply(self, message: Message, reply: Message) -> None:
        if not message.flags & MessageFlag.NO_REPLY_EXPECTED:
            self._send(reply)


# -- parts of messages -------------------------------------------------------------------------------------------------


def fault(name: str, text: str) -> DBusError:
    """One of D-Bus's own errors."""
    return DBusError(f"org.freedesktop.DBus.Error.{name}", text)


def fits(message: Message, signature: str, names: Sequence[str] = ()) -> None:
    """Raise InvalidArgs if the call's arguments do not match its method; `names` are theirs, for the text."""
    if message.signature != signature:
        takes = f"{signature!r} ({', '.join(names)})" if names else repr(signature)
        raise fault("InvalidArgs", f"{message.member} takes {takes}, not {message.signature!r}.")


def error(message: Message, err: IntercomError) -> Message:
    """The answer for one of our errors. Its code is the name; the texts are the whole error, its cause, its remedy.

    Tools such as busctl print only the first text.
    """
    return Message(
        message_type=MessageType.ERROR,
        destination=message.sender,
        reply_serial=message.serial,
        error_name=error_name(err.code),
        signature="sss",
        body=[clean(text) for text in (sentences(err.message, *explained(err)), *explained(err))],
    )


def error_name(code: ErrorCode) -> str:
    """The name of an error on the bus: org.intercomd.Error.CallNotFound for call-not-found."""
    return f"{NAME}.Error.{code.title().replace('-', '')}"


def variants(interface: Interface, values: dict[str, Any]) -> dict[str, Variant]:
    """Properties with their types."""
    return {
        each.name: Variant(each.signature, values[each.name]) for each in interface.properties if each.name in values
    }


def managed(there: Object) -> dict[str, dict[str, Variant]]:
    """An object as the ObjectManager returns it."""
    return {there.interface.name: variants(there.interface, there.values), PROPERTIES: {}}


def offered(path: str, interface: Interface | None) -> set[str]:
    """The standard interfaces of D-Bus at a path."""
    return {INTROSPECTABLE} | ({PROPERTIES} if interface else set()) | ({MANAGER} if path == ROOT else set())


def introspection(path: str, there: Object | None, below: list[str]) -> str:
    """The XML that describes the object at a path."""
    interface = None if there is None else there.interface
    standard = [each for each in xml.Node.default(path).interfaces if each.name in {PEER, *offered(path, interface)}]
    node = xml.Node(path, interfaces=[*standard, *([described(interface)] if interface else [])])
    node.nodes = [xml.Node(name, is_root=False) for name in below]
    text: str = node.tostring()
    return text


def described(interface: Interface) -> xml.Interface:
    """One of our interfaces for introspection."""
    return xml.Interface(
        interface.name,
        methods=[
            xml.Method(
                method.name,
                in_args=[xml.Arg(kind, ArgDirection.IN, name) for name, kind in method.takes],
                out_args=[xml.Arg(kind, ArgDirection.OUT, name) for name, kind in method.gives],
            )
            for method in interface.methods
        ],
        signals=[
            xml.Signal(name, [xml.Arg(kind, None, argument) for argument, kind in arguments])
            for name, arguments in interface.signals
        ],
        properties=[xml.Property(each.name, each.signature, PropertyAccess.READ) for each in interface.properties],
    )
