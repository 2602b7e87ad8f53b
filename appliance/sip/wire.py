"""What crosses the socket pair: frozen dataclasses as length-prefixed JSON; what is not known is an error."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from appliance.core import inputs, orders
from appliance.core.desired import Sound
from appliance.sip.settings import SipSettings

HEAD = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Start:
    """The first message to a child. cards_wait_s: leave the card alone so long, for the last child hung opening it."""

    settings: SipSettings
    cards_wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Beat:
    """The child lives. doing: what it begins now and may legally block in, as opening a PCM."""

    at: float
    doing: str = ""


ToChild = Start | Sound | orders.SipOrder
SipInput = (
    inputs.SipReady
    | inputs.CallArrived
    | inputs.CallProgressed
    | inputs.CallAnswered
    | inputs.CallConfirmed
    | inputs.CallEnded
    | inputs.MediaStarted
    | inputs.RtpStopped
    | inputs.RtpResumed
    | inputs.MediaCounted
    | inputs.DigitReceived
    | inputs.DigitSent
    | inputs.HoldFailed
    | inputs.RecordingBegun
    | inputs.RecordingClosed
    | inputs.RecordingRefused
    | inputs.PartFailed
    | inputs.PartRecovered
)
ToParent = SipInput | Beat
Message = ToChild | ToParent
KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Message)}


class WireError(Exception):
    """Bytes that are none of our messages: the two sides do not run the same version."""


def encode(message: Message) -> bytes:
    """One message, ready to be sent."""
    body = json.dumps([type(message).__name__, _plain(message)], separators=(",", ":")).encode()
    return HEAD.pack(len(body)) + body


class Decoder:
    """Takes bytes as they come, gives whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages completed by `data`. Raises WireError."""
        data = self._rest + data
        found: list[Message] = []
        at = 0
        while len(data) - at >= HEAD.size:
            end = at + HEAD.size + HEAD.unpack_from(data, at)[0]
            if len(data) < end:
                break
            found.append(_decode(data[at + HEAD.size : end]))
            at = end
        self._rest = data[at:]
        return found


def _decode(body: bytes) -> Message:
    try:
        name, values = json.loads(body)
        message: Message = _reader(KINDS[name])(values)
    except (ValueError, KeyError, TypeError) as error:
        raise WireError(f"{body[:80]!r}: {error!r}") from error
    return message


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """The function that makes a value of type `hint` from what JSON gives."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _record_reader(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hasattr(hint, "__supertype__"):  # a NewType
        return _reader(hint.__supertype__)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        readers = [_reader(argument) for argument in arguments if argument is not NoneType]
        if len(readers) == 1:
            return lambda value: None if value is None else readers[0](value)
    if origin is tuple and arguments[1:] == (...,):
        each = _reader(arguments[0])
        return lambda value: tuple([each(item) for item in value])
    if origin is tuple:
        several = [_reader(argument) for argument in arguments]
        return lambda value: tuple([read(item) for read, item in zip(several, value, strict=True)])
    if hint in {str, int, bool, float}:
        return lambda value: _checked(hint, value)
    raise TypeError(f"no way to carry a {hint}")


def _record_reader(kind: type) -> Callable[[Any], Any]:
    readers = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
    return lambda values: kind(**{name: readers[name](value) for name, value in values.items()})


def _checked(kind: type, value: Any) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
