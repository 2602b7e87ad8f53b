"""Calls, their digits and their media."""

from typing import Literal

from msgspec import field

from appliance.core.events.base import CallEvent, TargetId
from appliance.core.model import (
    ButtonId,
    By,
    CallId,
    CallState,
    Candidate,
    Cause,
    Codec,
    DigitMethod,
    DigitsTo,
    Direction,
    Hold,
    IceFault,
    LinkDirection,
    MediaDirection,
    QualityClass,
    SilenceCause,
    SoundSource,
    UpdateChange,
    UpdateResult,
)


class CallDialing(CallEvent):
    """An INVITE is being sent. `from`: our own address or the account's."""

    TYPE = "call.dialing"
    to: str
    target: TargetId
    button: ButtonId | None
    from_: str = ""


class CallIncoming(CallEvent):
    """An INVITE was received. `by`, `from`: address that the caller gave; source: of the packet; to: whom it called.

    headers: X- headers, and those that say who calls, by which way and why, as Diversion does; without proof. codecs:
    those offered. answer_s: how long it waits for a webhook's receiver before it rings; null: it does not.
    """

    TYPE = "call.incoming"
    by: str
    display_name: str
    target: TargetId
    source: str
    from_: str = ""
    to: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    codecs: tuple[str, ...] = ()
    answer_s: float | None = None


class CallRinging(CallEvent):
    """The call is on its way: the far end sent an 18x without sound, or we sent 180 once more.

    code: 180, its phone rings; 181, the call is forwarded; 182, it waits in a queue; 183, it makes progress. It comes
    again with another code. headers: of the received response.
    """

    TYPE = "call.ringing"
    code: int
    headers: dict[str, str] = field(default_factory=dict)


class CallEarlyMedia(CallEvent):
    """The far end sends sound before its answer (18x with SDP), or we do (183).

    code: of the response. headers: of the received one.
    """

    TYPE = "call.early_media"
    code: int
    headers: dict[str, str] = field(default_factory=dict)


class CallAnswering(CallEvent):
    """The call is being answered here."""

    TYPE = "call.answering"
    who: str


class CallConnecting(CallEvent):
    """The 200 to the INVITE was received or sent; the ACK is due."""

    TYPE = "call.connecting"


class CallConnected(CallEvent):
    """The call is connected. `headers`: of the received INVITE, or of the 200 response to ours.

    from, to: caller and called address. codec: of the sound, null while none is negotiated.
    """

    TYPE = "call.connected"
    after_s: float
    custom_data: str
    headers: dict[str, str]
    from_: str = ""
    to: str = ""
    codec: Codec | None = None


class CallChanged(CallEvent):
    """Clients changed settings of the call, or data that they store with it; `fields`: the changed ones of the call."""

    TYPE = "call.changed"
    fields: tuple[Literal["custom_data", "statistics_interval", "report", "dtmf", "transfer_policy"], ...]


class CallDisconnecting(CallEvent):
    """We send BYE or CANCEL."""

    TYPE = "call.disconnecting"
    cause: Cause


class CallStateChanged(CallEvent):
    """The state of the call has changed."""

    TYPE = "call.state_changed"
    old: CallState
    new: CallState


class CallActiveChanged(CallEvent):
    """The call got (true) or lost the speaker and the microphone."""

    TYPE = "call.active_changed"
    old: bool
    new: bool


class CallSwitched(CallEvent):
    """Another call is in the foreground, with the buttons, the speaker and the microphone. `from`: the previous one."""

    TYPE = "call.switched"
    from_: CallId
    to: CallId


class CallHeld(CallEvent):
    """One side holds the call."""

    TYPE = "call.held"
    by: By


class CallResumed(CallEvent):
    """One side no longer holds the call."""

    TYPE = "call.resumed"
    by: By


class CallUpdateReceived(CallEvent):
    """The far end requests a change by re-INVITE or UPDATE: hold, resume, codec, address, direction.

    asked: a client must accept or refuse it; if false, it has been answered already, and call.updated follows. headers,
    content_type, body: the headers of the request, the type of its body, and the body without keys, at most 4,096
    characters.
    """

    TYPE = "call.update_received"
    changes: tuple[UpdateChange, ...]
    asked: bool
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    body: str = ""


class CallUpdating(CallEvent):
    """We request a change by re-INVITE: hold, resume, codec, address."""

    TYPE = "call.updating"
    changes: tuple[UpdateChange, ...]


class CallUpdated(CallEvent):
    """A change that one side requested by re-INVITE or UPDATE was accepted, or rejected without effect.

    result: accepted or rejected. by: who requested it. changes: hold, resume, codec, address, direction. old, new: who
    holds the call before and after it. code and reason: of the response. headers, content_type, body: of the response
    to our re-INVITE, its headers, the type of its body, and the body without keys.
    """

    TYPE = "call.updated"
    result: UpdateResult
    by: By
    changes: tuple[UpdateChange, ...]
    old: Hold
    new: Hold
    code: int
    reason: str
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    body: str = ""


class CallForwarded(CallEvent):
    """The call is redirected. `code`: of the response, from the far end to us or from us to the caller."""

    TYPE = "call.forwarded"
    to: str
    code: int


class CallMuted(CallEvent):
    """Our microphone no longer reaches the call; `by`: who asked for that."""

    TYPE = "call.muted"
    by: str


class CallUnmuted(CallEvent):
    """Our microphone reaches the call again; `by`: who asked for that."""

    TYPE = "call.unmuted"
    by: str


class FinalEvent(CallEvent):
    """The last event of a call: exactly one of four.

    `code`: SIP status, 0 for none; `by`: the side that ended the call. duration_s: of talk; total_s: since its INVITE.
    `explanation`: one sentence on a failure that names the setting to check; otherwise empty. headers: of the far end's
    BYE, CANCEL or refusal. from, to: caller and called address. codec: null for a call without sound.
    """

    cause: Cause
    code: int
    reason: str
    by: By
    direction: Direction
    duration_s: float
    missed: bool
    explanation: str
    headers: dict[str, str] = field(default_factory=dict)
    from_: str = ""
    to: str = ""
    codec: Codec | None = None
    total_s: float = 0.0


class CallEnded(FinalEvent):
    """A connected call has ended."""

    TYPE = "call.ended"


class CallFailed(FinalEvent):
    """Our call was not connected."""

    TYPE = "call.failed"


class CallCanceled(FinalEvent):
    """The caller gave up; `missed` for an unanswered incoming call."""

    TYPE = "call.canceled"


class CallRejected(FinalEvent):
    """The called side refused the call."""

    TYPE = "call.rejected"


class DtmfReceived(CallEvent):
    """A digit was received.

    `digit` is null and `masked` true if it may belong to a door code: the station has codes, the far end may open a
    door, and no program gets the digits (`dtmf.redirected`).
    """

    TYPE = "dtmf.received"
    digit: str | None
    masked: bool
    method: DigitMethod
    duration_ms: int


class DtmfSending(CallEvent):
    """Digits are being sent; only their number is reported, because they may be a code of the far end."""

    TYPE = "dtmf.sending"
    count: int


class DtmfSent(CallEvent):
    """One digit was sent.

    `digit` is null and `masked` true if a button sent it, or a client that does not lead the call, and it may belong to
    a code.
    """

    TYPE = "dtmf.sent"
    digit: str | None
    masked: bool


class DtmfRedirected(CallEvent):
    """The call's digits go to the program that leads it, and open nothing; or to the station's codes again.

    by: the program. why: order, or stream_ended: it follows no events any more that bring these digits.
    """

    TYPE = "dtmf.redirected"
    to: DigitsTo
    by: str
    why: Literal["order", "stream_ended"]


class MediaStarted(CallEvent):
    """The first RTP packet was sent, or received: one event for each direction.

    direction: send, or receive. For an answered call both follow `call.connected`; early media has its own events
    before. They come again with another codec. `media.stopped` reports that no packets arrive, `media.resumed` that
    they arrive again, `media.ended` that the sound is over.
    """

    TYPE = "media.started"
    direction: MediaDirection
    codec: Codec


class MediaEnded(CallEvent):
    """The sound of a call is over, in both directions: the call ends, and its last event follows.

    It comes once, if `media.started` came. A hold does not end the sound.
    """

    TYPE = "media.ended"


class MediaLinked(CallEvent):
    """A client links the call with another call, the conference or the speaker: sound flows to or from that target.

    target: id of that call or conference, or speaker. direction: to the target, from it, or both. gain: in per cent.
    Sound flows while neither side holds the calls. Whenever somebody begins to hear a far end, that far end hears a
    tone (`tone.started`).
    """

    TYPE = "media.linked"
    target: str
    direction: LinkDirection
    gain: float


class MediaUnlinked(CallEvent):
    """The link ended. reason: stopped, by a client; ended, with the call or target, or as both join a conference."""

    TYPE = "media.unlinked"
    target: str
    reason: Literal["stopped", "ended"]


class MediaIceCompleted(CallEvent):
    """ICE has selected the addresses for the sound: our candidate and theirs (RFC 8445 §8.1)."""

    TYPE = "media.ice_completed"
    local: Candidate
    remote: Candidate


class MediaIceFailed(CallEvent):
    """ICE has found no path for the sound, for example because of a firewall; the call ends."""

    TYPE = "media.ice_failed"
    cause: IceFault


class MediaSourceChanged(CallEvent):
    """The sound of the call comes from another address, and ours is sent there now; or from another stream there.

    source, previous: address and port. ssrc, previous_ssrc: the number of the stream (RFC 3550 §3). The first source of
    a call is reported if it is not the address in the other side's SDP, as behind a NAT; previous_ssrc is null then. A
    later one is reported after a re-INVITE, or after 5 s without a packet from the previous one, and digits in its
    packets then open nothing; another SSRC at the same address, after a pause of 0.2 s, as when a PBX connects the call
    with somebody else.
    """

    TYPE = "media.source_changed"
    source: str
    ssrc: int
    previous: str
    previous_ssrc: int | None


class MediaStopped(CallEvent):
    """RTP no longer arrives. Reports (RTCP) alone count as no sound: nothing can be heard."""

    TYPE = "media.stopped"


class MediaSilent(CallEvent):
    """No sound is heard in one direction, although the call is connected, and not on hold.

    direction: send, or receive. why: no_packets (`media.stopped` comes too); not_sent (the far end only listens, by
    agreement: recvonly); other_codec, unreadable or undecrypted
    (packets arrive and none can be played: they are of a codec that was not agreed, are too short, empty or damaged, or
    the agreed keys do not decrypt them); digital_silence (each sample of the last 5 s was zero: the far end is muted,
    or our microphone is dead); or muted (by a client, or at our sound card). It comes again with another cause. Sent
    sound is not examined for digital silence without a microphone, or with an audio.mode other than full_duplex, which
    closes the microphone itself.
    """

    TYPE = "media.silent"
    direction: MediaDirection
    why: SilenceCause


class MediaResumed(CallEvent):
    """RTP arrives again, or the silence of `media.silent` is over.

    direction and why: as of the last `media.silent`; why is no_packets if RTP arrives again.
    """

    TYPE = "media.resumed"
    direction: MediaDirection
    why: SilenceCause


class MediaDisconnectionWarning(CallEvent):
    """No packets have arrived for a third of `deadlines.rtp_s`, or two thirds; the call ends when all of it is over.

    tries: number of this warning, 1 or 2. ends_in_s: seconds until the call ends, unless packets arrive again.
    """

    TYPE = "media.disconnection_warning"
    tries: int
    ends_in_s: float


class MediaStatistics(CallEvent):
    """Figures of a call's sound so far: every `audio.statistics_s`, or as a client wants, and (`final`) at its end.

    packets, bytes, lost: received and missing RTP packets; jitter_ms: their mean jitter; buffer_ms: mean delay of the
    jitter buffer. sent, sent_bytes: RTP to the far end; sent_lost, sent_jitter_ms: loss and jitter as the far end
    reports them, null without a report. rtt_ms: round trip, null if it is not known. mos: 1 to 4.41 (ITU-T G.107), null
    with fewer than 50 packets. The figures count the whole call, over holds and changes of codec; codec: the
    latest.
    """

    TYPE = "media.statistics"
    final: bool
    packets: int
    lost: int
    jitter_ms: float
    buffer_ms: float
    bytes: int
    sent: int
    sent_bytes: int
    sent_lost: int | None
    sent_jitter_ms: float | None
    rtt_ms: float | None
    mos: float | None
    codec: Codec | None


class AudioLevel(CallEvent):
    """Level of a call's sound in one direction over the last second, while a client has `report` with `level` set.

    source: local, the station's sound; remote, the far end's sound. dbfs: mean power, at least -96.3. speaking: a voice
    was heard for 0.2 s of the second: sound at least 9 dB above the noise before it.
    """

    TYPE = "audio.level"
    source: SoundSource
    dbfs: float
    speaking: bool


class MediaQuality(CallEvent):
    """The received sound is in another class now, or in its first one: good, fair, poor or bad, by its MOS.

    It is judged every 10 s. The class changes when the MOS is more than 0.1 beyond the limits of the previous one.
    """

    TYPE = "media.quality"
    mos: float
    class_: QualityClass


class MediaSlowLink(CallEvent):
    """At least 5 % of the packets of 10 s were lost; reported again only after at most 2 % were lost.

    loss: the lost share, 0 to 1. rtt_ms: round trip, null if it is not known.
    """

    TYPE = "media.slow_link"
    loss: float
    rtt_ms: float | None
