"""The protocol on the socket pair: records as length-prefixed MessagePack; unknown messages are an error."""

import struct
from typing import Any

from msgspec import MsgspecError, msgpack, to_builtins

from appliance.base.record import Record, Tagged
from appliance.base.times import Times
from appliance.core import inputs, orders
from appliance.core.desired import Sound
from appliance.core.model import CallId
from appliance.sip.settings import SipSettings

HEAD = struct.Struct("!I")


class Counted(Record):
    """Wrong answers from a source or for a target: how many, by target; time of the last; end of the lockout.

    cleared: when a right answer last cleared those for a target.
    """

    who: str
    wrong: tuple[tuple[str, int], ...] = ()
    last: float = 0.0
    until: float = 0.0
    cleared: tuple[tuple[str, float], ...] = ()


class GuessCounts(Tagged):
    """All counters of wrong answers, which outlast the SIP process. shown: when each source last proved a password."""

    sources: tuple[Counted, ...] = ()
    targets: tuple[Counted, ...] = ()
    shown: tuple[tuple[str, tuple[tuple[str, float], ...]], ...] = ()


class Start(Tagged):
    """The first message to a child. cards_wait_s: keep the card closed for so long, as the last child hung there.

    guessed: wrong passwords that earlier children have counted. times: the daemon's table of times.
    """

    settings: SipSettings
    cards_wait_s: float = 0.0
    guessed: GuessCounts = GuessCounts()
    times: Times = Times()


class Beat(Tagged):
    """A sign of life. doing: an act of the child that may block, such as opening a PCM, as it begins; "" otherwise.

    lag_s: longest time since the last beat in which packets and orders had to wait; None beside `doing`.
    """

    at: float
    doing: str = ""
    lag_s: float | None = None


class Farewell(Tagged):
    """A message that ends a call at its far end if the child dies: for that address, by UDP. See `dialog`."""

    call: CallId
    host: str
    port: int
    datagram: str

    @property
    def said(self) -> str:
        """BYE, CANCEL or a response code."""
        return self.datagram.partition("\r\n")[0].removeprefix("SIP/2.0 ").partition(" ")[0]


class Offer(Tagged):
    """A browser's session description, as `browser_offers` has left it, of which a call is to be made.

    call: its id from then on; who: the client of HTTP.
    """

    call: CallId
    who: str
    sdp: str


class OfferAnswered(Tagged):
    """The final response to a browser's call, with the station's session description if it is 200."""

    call: CallId
    code: int
    reason: str
    sdp: str


ToChild = Start | Sound | Offer | orders.SipOrder
SipInput = (
    inputs.SipReady
    | inputs.CallArrived
    | inputs.CallProgressed
    | inputs.CallAnswered
    | inputs.CallConfirmed
    | inputs.CallEnded
    | inputs.MediaStarted
    | inputs.IceCompleted
    | inputs.IceFailed
    | inputs.SoundRefused
    | inputs.SourceChanged
    | inputs.RtpStarted
    | inputs.RtpStopped
    | inputs.RtpResumed
    | inputs.MediaCounted
    | inputs.ToneHeard
    | inputs.AnswererHeard
    | inputs.DetectionFailed
    | inputs.DigitReceived
    | inputs.DigitSent
    | inputs.DigitUnreadable
    | inputs.DigitsNotSent
    | inputs.HoldFailed
    | inputs.UpdateReceived
    | inputs.UpdateSent
    | inputs.UpdateAnswered
    | inputs.InfoReceived
    | inputs.TransferProgressed
    | inputs.TransferRequested
    | inputs.MessageReceived
    | inputs.MessageAnswered
    | inputs.Registered
    | inputs.RegistrationFailed
    | inputs.Unregistered
    | inputs.ServerFailed
    | inputs.ContactAnswered
    | inputs.ContactNotified
    | inputs.SubscriptionEnded
    | inputs.RecordingBegun
    | inputs.RecordingClosed
    | inputs.RecordingRefused
    | inputs.PartFailed
    | inputs.PartRecovered
    | inputs.CardsFound
    | inputs.PlaybackOpened
    | inputs.PlaybackBegun
    | inputs.PlaybackEnded
    | inputs.PlaybackFailed
    | inputs.LevelsRead
    | inputs.XrunsCounted
    | inputs.SoundTested
    | inputs.AccessDenied
    | inputs.AccessLockedOut
    | inputs.RequestsDropped
    | inputs.RequestRefused
    | inputs.AnswerDoubted
)
ToParent = SipInput | Beat | Farewell | GuessCounts | OfferAnswered
Message = ToChild | ToParent
ENCODER = msgpack.Encoder()
DECODER: msgpack.Decoder[Message] = msgpack.Decoder(Message)


class WireError(Exception):
    """Bytes that are not a message of this protocol: the two sides run different versions."""


def encode(message: Message) -> bytes:
    """A message as bytes to send."""
    try:
        body = ENCODER.encode(message)
    except UnicodeEncodeError:  # a peer's text with bytes that are no character must not stop the SIP process
        body = ENCODER.encode(printable(to_builtins(message)))
    return HEAD.pack(len(body)) + body


class Decoder:
    """Splits received bytes into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises WireError."""
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
        return DECODER.decode(body)
    except (MsgspecError, ValueError, RecursionError) as error:  # not a ValueError before msgspec 0.20
        raise WireError(f"{body[:80]!r}: {error!r}") from error


def printable(value: Any) -> Any:
    """Plain values with a question mark for each surrogate, which UTF-8 does not have."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {name: printable(inner) for name, inner in value.items()}
    return [printable(inner) for inner in value] if isinstance(value, list) else value
