# Made by python -m appliance.generate from the HTTP interface. Change that, not this.
"""What requests say."""

from typing import Any, Literal, NotRequired, TypedDict

from intercomd_client import answers, words


class Change(TypedDict):
    """Changes of a call."""

    muted: NotRequired[bool | None]  # Whether the far end does not hear the microphone.
    active: NotRequired[bool | None]
    updates: NotRequired[Literal["accept", "ask"] | None]
    custom_data: NotRequired[str | None]  # What a client notes beside the call: at most 1,000 characters.
    statistics_interval: NotRequired[int | None]
    report: NotRequired[list[Literal["level", "microphone"]] | None]
    dtmf: NotRequired[list[words.DigitMethod] | None]
    digits_to: NotRequired[words.DigitsTo | None]
    detect: NotRequired[list[words.DetectionKind] | None]
    transfer_policy: NotRequired[words.TransferPolicy | None]


class EarlyMedia(TypedDict):
    """Sound that the caller hears before the answer."""

    source: NotRequired[Literal["tone", "panel"]]
    headers: NotRequired[dict[str, str]]  # Headers of the first 183.


class Reject(TypedDict):
    """Response to an incoming call that is refused."""

    code: NotRequired[int]  # Final SIP response (RFC 3261 §21.4 to 21.6): 603 declines the call, 486 says busy.
    reason: NotRequired[str]  # Reason phrase. Empty: the usual one of the code.
    headers: NotRequired[dict[str, str]]  # Headers of the response.


class ForwardTo(TypedDict):
    """Where an incoming call goes instead of ringing here."""

    to: str  # A target's name, or a number.


class HangUpWith(TypedDict):
    """Options of a hang-up."""

    headers: NotRequired[dict[str, str]]  # Headers of the BYE, CANCEL or refusal that ends the call.


class Digits(TypedDict):
    """DTMF digits to send."""

    digits: str


class PlayTone(TypedDict):
    """A tone to play."""

    tone: Literal["ringback", "busy", "congestion", "call_waiting", "ringing", "door", "warning"]
    country: NotRequired[str]  # Two letters (ISO 3166), or eu. Omitted: `audio.country`.
    seconds: NotRequired[float]  # Longest duration.


class PlayInCall(TypedDict):
    """A sound to play into a call."""

    sound: NotRequired[str | None]
    url: NotRequired[str | None]
    recording: NotRequired[str | None]  # Id of a finished recording. `GET /v1/recordings` lists them.
    loop: NotRequired[bool]  # Whether it begins again at its end, until it is stopped.
    volume: NotRequired[float]  # In % of the file's.
    seconds: NotRequired[float]  # Longest duration.
    speaker: NotRequired[bool]  # Whether it plays on the speaker as well.


class LinkSound(TypedDict):
    """How sound flows between a call and a target."""

    direction: NotRequired[words.LinkDirection]
    gain: NotRequired[float]  # In %, for each direction.


class RecordCall(TypedDict):
    """How a call is recorded."""

    channels: NotRequired[words.RecordingChannels | None]
    format: NotRequired[words.RecordingFormat | None]  # Of the finished file. Default: `recording.format`.
    note: NotRequired[str]


class TransferFailure(TypedDict):
    """Result of a requested transfer that failed."""

    code: NotRequired[int]  # Final SIP response (RFC 3261 §21.3 to 21.6).
    reason: NotRequired[str]


class Place(TypedDict):
    """A call to place."""

    to: str  # Name of a target, a SIP URI, or a number at an account.
    account: NotRequired[str]
    headers: NotRequired[dict[str, str]]  # Headers of the INVITE.
    custom_data: NotRequired[str]  # What a client notes beside the call: at most 1,000 characters.
    id: NotRequired[str | None]
    timeout_s: NotRequired[float | None]
    auto_record: NotRequired[bool]  # Record the call from the answer on.
    media: NotRequired[Literal["speaker", "none"]]
    early_media: NotRequired[bool]


class BrowserOffer(TypedDict):
    """The offer of a browser that calls."""

    offer: str  # Session description of the browser, with its candidates: one audio stream with rtcp-mux.


class AnswerWith(TypedDict):
    """Options of an answer."""

    headers: NotRequired[dict[str, str]]  # Headers of the 200 response.
    custom_data: NotRequired[str | None]  # What a client notes beside the call: at most 1,000 characters.
    media: NotRequired[Literal["speaker", "none"]]


class Update(TypedDict):
    """Changes to request from the far end."""

    codecs: list[Literal["opus", "G722", "PCMA", "PCMU"]]  # The only codecs from now on, the preferred one first.


class SayInCall(TypedDict):
    """A text to speak into a call."""

    text: str  # At most 1,500 characters.
    language: NotRequired[str]  # As in BCP 47, of those that `espeak-ng --voices` lists. Omitted: `speech.language`.
    voice: NotRequired[str]  # One that `espeak-ng --voices=variant` lists. Omitted: `speech.voice`.
    rate: NotRequired[int | None]  # Words a minute. Omitted: `speech.rate`.
    volume: NotRequired[float]  # In % of the voice's.
    speaker: NotRequired[bool]  # Whether it is spoken on the speaker as well.


class Transfer(TypedDict):
    """New peer of the far end: give either `to` or `call`."""

    to: NotRequired[str]  # Name of a target, a SIP URI, or a number at an account (blind transfer).
    call: NotRequired[str]  # Another call, whose far end is the new peer (attended transfer).
    headers: NotRequired[dict[str, str]]  # Headers of the REFER.


class Text(TypedDict):
    """A text message, sent by SIP MESSAGE."""

    text: str  # At most 1,000 bytes of UTF-8.
    content_type: NotRequired[str]  # RFC 6838 §4.2.
    headers: NotRequired[dict[str, str]]  # Headers of the message.


class Info(TypedDict):
    """Content of an INFO request."""

    content_type: str  # RFC 6838 §4.2.
    body: str  # At most 1,000 bytes of UTF-8.
    headers: NotRequired[dict[str, str]]  # Headers of the INFO request.


class ConferenceChange(TypedDict):
    """Changes of a conference."""

    held: NotRequired[bool | None]
    muted: NotRequired[bool | None]  # Whether no participant hears the microphone.


class ParticipantChange(TypedDict):
    """Changes of a participant."""

    call: str  # Id of the participant's call.
    muted: bool  # Whether the other participants and the panel do not hear this one.


class Join(TypedDict):
    """A participant to add to a conference: an existing call, or somebody to call."""

    call: NotRequired[str | None]  # Id of a call; a ringing call is answered.
    to: NotRequired[str | None]  # As in a request to place a call.
    account: NotRequired[str]  # As in a request to place a call.
    headers: NotRequired[dict[str, str]]  # Headers of the INVITE.


class Confer(TypedDict):
    """A conference to create."""

    participants: list[Join]


class Letter(TypedDict):
    """A text message outside of calls."""

    text: str  # At most 1,000 bytes of UTF-8.
    content_type: NotRequired[str]  # RFC 6838 §4.2.
    headers: NotRequired[dict[str, str]]  # Headers of the message.
    to: str  # Name of a target, a SIP URI, or a number at an account.
    account: NotRequired[str]  # As in a request to place a call.


class CustomEvent(TypedDict):
    """An event of a client."""

    name: str  # Its kind.
    details: NotRequired[dict[str, str]]  # Texts of one line by their names.
    call: NotRequired[str | None]  # Id of the call that it belongs to.


class PressOptions(TypedDict):
    """Options of a press."""

    seconds: NotRequired[float]  # Duration of the press.


class TestLamp(TypedDict):
    """Options of a lamp test."""

    pattern: NotRequired[words.Pattern]  # Pattern of the lamp.
    seconds: NotRequired[float]  # Duration of the test.
    color: NotRequired[str | None]  # Colour; null: the configured one. Not black.


class RouteRing(TypedDict):
    """What a ring that waits for a decision rings."""

    targets: NotRequired[list[str]]  # Names of targets, or `browsers`: they ring together.
    seconds: NotRequired[float | None]  # How long they ring. null: as long as a call may.


class Open(TypedDict):
    """Options of an opening."""

    seconds: NotRequired[float | None]  # Length of the pulse; null: the configured one.


class HoldOpen(TypedDict):
    """Options of a hold."""

    seconds: NotRequired[float | None]  # Duration of the hold; null: the longest one allowed.


class CodeChange(TypedDict):
    """Changes of a code or card; omitted fields stay."""

    owner: NotRequired[str | None]  # Name of the owner, for display.
    doors: NotRequired[list[str] | None]  # Doors that it opens, in calls and at keypads and readers that may open them.
    schedule: NotRequired[list[answers.Period] | None]  # Times at which it is valid; null: always.
    profile: NotRequired[str | None]  # Time profile of the configuration within which it is valid; null: none.
    uses: NotRequired[int | None]  # How often it opens doors from now on; null: without limit.
    expires: NotRequired[str | None]  # From when on it opens nothing; null: never.


class NewCode(TypedDict):
    """A code, given by its digits, or a card, given by its number."""

    owner: str  # Name of the owner, for display.
    digits: NotRequired[str | None]  # Digits to type in a call or at a keypad.
    card: NotRequired[str | None]  # Number of the card, as the reader reports it.
    doors: list[str]  # Doors that it opens, in calls and at keypads and readers that may open them.
    schedule: NotRequired[list[answers.Period] | None]  # Times at which it is valid; null: always.
    profile: NotRequired[str | None]  # Time profile of the configuration within which it is valid; null: none.
    uses: NotRequired[int | None]  # How often it opens doors from now on; null: without limit.
    expires: NotRequired[str | None]  # From when on it opens nothing; null: never.


class NewOrder(TypedDict):
    """An order that a rule gives."""

    order: str  # Its name in the list of orders.
    values: NotRequired[dict[str, Any]]


class NewRule(TypedDict):
    """A rule: when an event is reported or a time comes, and if all conditions hold, then give orders."""

    name: str
    on: NotRequired[str]  # Type of the event; empty: none.
    at: NotRequired[list[str]]  # Times, in the station's zone.
    where: NotRequired[dict[str, str]]  # Values that fields of the event must have.
    times: NotRequired[list[str]]  # Times of the week; none: always.
    profile: NotRequired[str]  # Time profile; empty: none.
    holiday: NotRequired[bool | None]  # true: on holidays only; false: never then.
    state: NotRequired[dict[str, str]]
    then: list[NewOrder]  # Orders, one after another.


class NewAccessToken(TypedDict):
    """A token to make."""

    name: str  # The client that gets it.
    scopes: list[Literal["view", "call", "listen", "digits", "door", "admin"]]
    expires: NotRequired[str | None]  # From when on it is not accepted; null: never.


class PushKeys(TypedDict):
    """The keys of a subscription, in base64url (RFC 8291)."""

    p256dh: str  # The browser's public key.
    auth: str  # The browser's secret.


class NewPushSubscription(TypedDict):
    """A browser that wants to be notified."""

    endpoint: str  # The https address of its push service, on the Internet.
    keys: PushKeys
    language: NotRequired[str]  # Of the notifications.


class AudioChange(TypedDict):
    """Levels to set, in per cent or in dB. Kept over restarts until the file changes; omitted fields stay."""

    volume: NotRequired[float | None]  # Of the speaker, in %.
    volume_db: NotRequired[float | None]  # Of the speaker, in dB.
    gain: NotRequired[float | None]  # Of the microphone, in %.
    gain_db: NotRequired[float | None]  # Of the microphone, in dB.
    speaker_muted: NotRequired[bool | None]  # The switch of the speaker in the mixer.
    microphone_muted: NotRequired[bool | None]  # The switch of the microphone in the mixer.


class PlaySound(TypedDict):
    """A sound to play: one of the station, a URL, or a recording."""

    sound: NotRequired[str | None]
    url: NotRequired[str | None]
    recording: NotRequired[str | None]  # Id of a finished recording. `GET /v1/recordings` lists them.
    loop: NotRequired[bool]  # Whether it begins again at its end, until it is stopped.
    volume: NotRequired[float]  # In % of the file's.
    seconds: NotRequired[float]  # Longest duration.


class Talk(TypedDict):
    """The visitor's turn to speak."""

    seconds: NotRequired[float]  # Longest duration.


class SilenceRinger(TypedDict):
    """How long the bell of incoming calls is silent."""

    minutes: NotRequired[int]  # How long; 0: it rings again.


class Say(TypedDict):
    """A text to speak."""

    text: str  # At most 1,500 characters.
    language: NotRequired[str]  # As in BCP 47, of those that `espeak-ng --voices` lists. Omitted: `speech.language`.
    voice: NotRequired[str]  # One that `espeak-ng --voices=variant` lists. Omitted: `speech.voice`.
    rate: NotRequired[int | None]  # Words a minute. Omitted: `speech.rate`.
    volume: NotRequired[float]  # In % of the voice's.


class TestSound(TypedDict):
    """Options of a test of the speaker and the microphone."""

    seconds: NotRequired[float]  # Duration of the sweep.
    apply: NotRequired[bool]  # Set the volume that the result recommends.


class MuteRecording(TypedDict):
    """A side of a recording."""

    side: NotRequired[words.RecordingSide | None]


class RecordingChange(TypedDict):
    """A change of a recording."""

    protected: bool  # True: no limit removes it, and nobody deletes it. False: both are possible again.


class ForwardingChange(TypedDict):
    """Changes of call forwarding; omitted fields stay. Give the name of a target, or a number; "" for none."""

    always: NotRequired[str | None]  # All calls.
    quiet: NotRequired[str | None]  # Calls in quiet hours, or during do not disturb.
    busy: NotRequired[str | None]  # Calls beyond the limit of calls.
    no_answer: NotRequired[str | None]  # Calls that are not answered in time.
    no_answer_s: NotRequired[float | None]  # How long a call rings before it is forwarded.


class QuietHours(TypedDict):
    """Quiet hours of each day, in the machine's local time, both "" for none; and a time profile, "" for none.

    A request without `profile` leaves it as it is.
    """

    begin: str
    end: str
    profile: NotRequired[str | None]  # Time profile of the configuration that is quiet, too.


class RuntimeChange(TypedDict):
    """Run-time settings to change. Kept over restarts until the file changes; omitted fields stay."""

    forwarding: NotRequired[ForwardingChange | None]
    quiet_hours: NotRequired[QuietHours | None]
    do_not_disturb: NotRequired[bool | None]  # Calls do not ring; this station's call buttons do.
