# Made by python -m appliance.generate from the HTTP interface. Change that, not this.
"""Words that stand for a choice."""

from typing import Literal

# The right that a token of HTTP gives, or that a client or a far end lacked.  VIEW: read the state and the events.
# CALL: everything about calls and their recordings. LISTEN: with CALL, talk and listen at the door from a browser.
# DIGITS: get the digits of calls, in place of the codes. DOOR: open and lock doors. ADMIN: everything. For a far end it
# names the refused request: a call or a MESSAGE.
AccessScope = Literal["view", "call", "listen", "digits", "door", "admin", "message"]

# The states of a registration (RFC 3261 §10): failed until the next attempt, registering during an attempt.
AccountState = Literal["unregistered", "registering", "registered", "failed"]

# Action of a button. EXIT: an indoor button that opens the door. VOLUME_…: the speaker, by one step.  AUDIO_TEST: the
# self-test of speaker and microphone. TALK: push-to-talk, while the button is down.
Action = Literal[
    "ring",
    "answer",
    "hangup",
    "hold",
    "switch",
    "door",
    "exit",
    "volume_up",
    "volume_down",
    "audio_test",
    "talk",
    "none",
]

# Who ended or held a call.
By = Literal["local", "remote", "network", "device"]

# The states of a call; docs/reference/call-states.md is drawn from the table in `call_states`.
CallState = Literal[
    "dialing", "ringing", "early_media", "incoming", "connecting", "connected", "disconnecting", "ended"
]

# Why a call ended, for programs; the SIP code and reason are separate fields.
Cause = Literal[
    "hangup",
    "busy",
    "rejected",
    "canceled",
    "no_answer",
    "unavailable",
    "not_found",
    "payment_required",
    "unauthorized",
    "media_failed",
    "ice_failed",
    "rtp_timeout",
    "network_lost",
    "server_error",
    "answered_elsewhere",
    "transferred",
    "replaced",
    "duration_limit",
    "audio_failed",
    "shutdown",
    "error",
]

# The states of a conference: connecting until a participant has joined, disconnecting while its calls end.
ConferenceState = Literal["connecting", "connected", "disconnecting", "ended"]

# The state of a watched contact.
ContactState = Literal["unknown", "available", "busy", "unavailable"]

# The kinds of credentials: digits that a person knows, or a card.
CredentialKind = Literal["code", "card"]

# A day of the week, in the order of datetime.weekday().
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

# The searches that a client can order in the sound of a far end.  BEEP: the tone after which an answering machine
# records a message. PROGRESS: tones of telephone networks. ANSWERING_MACHINE: whether a machine or a person has
# answered.
DetectionKind = Literal["beep", "progress", "answering_machine"]

# How a digit came: as an RTP event (RFC 4733), by INFO, or as tones in the sound.
DigitMethod = Literal["rfc4733", "info", "inband"]

# Who gets a call's digits: the station's codes, or the program that leads the call.
DigitsTo = Literal["codes", "program"]

# Who sent the INVITE: they (incoming) or we (outgoing).
Direction = Literal["incoming", "outgoing"]

# The state of a door: relay at rest, energised by a pulse, energised by a hold, or locked down.
DoorState = Literal["locked", "unlocked", "held", "locked_down"]

# The code of an error: for programs, and never renamed. Some are reserved: see docs/reference/contract.md.
ErrorCode = Literal[
    "account-not-found",
    "account-unregistered",
    "audio-unavailable",
    "body-too-long",
    "button-not-found",
    "call-not-found",
    "call-wrong-state",
    "code-not-found",
    "conference-not-found",
    "config-invalid",
    "conflict",
    "digits-unsupported",
    "door-blocked",
    "door-locked-down",
    "door-not-found",
    "error",
    "event-unknown",
    "file-unsupported",
    "flat-not-found",
    "forbidden",
    "ice-failed",
    "lamp-not-found",
    "media-update-failed",
    "method-not-allowed",
    "no-account",
    "not-found",
    "number-invalid",
    "operation-not-found",
    "order-failed",
    "parameter-invalid",
    "playback-not-found",
    "precondition-failed",
    "range-not-satisfiable",
    "rate-limited",
    "recording-already-running",
    "recording-no-media",
    "recording-not-found",
    "recording-not-running",
    "rule-not-found",
    "sensor-not-found",
    "server-unreachable",
    "storage-full",
    "subscription-not-found",
    "text-too-long",
    "token-not-found",
    "too-many-calls",
    "transfer-not-requested",
    "unauthorized",
    "unavailable",
    "upgrade-required",
]

# The types of events.
EventType = Literal[
    "access.denied",
    "access.locked_out",
    "access.order_refused",
    "access.token_added",
    "access.token_removed",
    "account.expired",
    "account.failed",
    "account.registered",
    "account.registering",
    "account.unregistered",
    "answer.doubted",
    "appliance.degraded",
    "appliance.ready",
    "appliance.recovered",
    "appliance.started",
    "appliance.stopping",
    "appliance.update_offered",
    "audio.devices_changed",
    "audio.failed",
    "audio.level",
    "audio.microphone_changed",
    "audio.recovered",
    "audio.ringer_changed",
    "audio.settings_changed",
    "audio.tested",
    "audio.xruns",
    "button.chord",
    "button.clicked",
    "button.double_clicked",
    "button.held",
    "button.pressed",
    "button.released",
    "button.stuck",
    "call.active_changed",
    "call.answering",
    "call.canceled",
    "call.changed",
    "call.connected",
    "call.connecting",
    "call.dialing",
    "call.disconnecting",
    "call.early_media",
    "call.ended",
    "call.failed",
    "call.forwarded",
    "call.held",
    "call.incoming",
    "call.muted",
    "call.rejected",
    "call.replaced",
    "call.resumed",
    "call.ringing",
    "call.state_changed",
    "call.switched",
    "call.transfer_failed",
    "call.transfer_requested",
    "call.transferred",
    "call.transferring",
    "call.unmuted",
    "call.update_received",
    "call.updated",
    "call.updating",
    "card.discarded",
    "card.read",
    "code.added",
    "code.changed",
    "code.removed",
    "conference.canceled",
    "conference.changed",
    "conference.connected",
    "conference.connecting",
    "conference.disconnecting",
    "conference.ended",
    "conference.held",
    "conference.invitation_accepted",
    "conference.invitation_rejected",
    "conference.invitation_sending",
    "conference.invitation_sent",
    "conference.participant_added",
    "conference.participant_removed",
    "conference.resumed",
    "config.changed",
    "config.rejected",
    "contact.changed",
    "custom",
    "detection.failed",
    "detection.result",
    "detection.started",
    "detection.stopped",
    "door.closed",
    "door.denied",
    "door.forced",
    "door.held_open",
    "door.hold_ending",
    "door.lockdown_ended",
    "door.locked",
    "door.locked_down",
    "door.opened",
    "door.unlocked",
    "dtmf.received",
    "dtmf.redirected",
    "dtmf.sending",
    "dtmf.sent",
    "error",
    "events.lost",
    "info.failed",
    "info.received",
    "info.sent",
    "keypad.accepted",
    "keypad.digit",
    "keypad.locked_out",
    "keypad.refused",
    "lamp.changed",
    "media.disconnection_warning",
    "media.ended",
    "media.ice_completed",
    "media.ice_failed",
    "media.linked",
    "media.quality",
    "media.resumed",
    "media.silent",
    "media.slow_link",
    "media.source_changed",
    "media.started",
    "media.statistics",
    "media.stopped",
    "media.unlinked",
    "message.failed",
    "message.received",
    "message.sent",
    "network.changed",
    "network.down",
    "network.up",
    "notice",
    "notification.failed",
    "notification.sent",
    "panel.failed",
    "panel.recovered",
    "playback.failed",
    "playback.finished",
    "playback.ready",
    "playback.started",
    "playback.stopped",
    "recording.available",
    "recording.changed",
    "recording.converted",
    "recording.copied",
    "recording.copy_failed",
    "recording.deleted",
    "recording.failed",
    "recording.muted",
    "recording.paused",
    "recording.recovered",
    "recording.resumed",
    "recording.started",
    "recording.stopped",
    "recording.unmuted",
    "request.refused",
    "ring.ended",
    "ring.started",
    "rule.added",
    "rule.failed",
    "rule.removed",
    "rule.stopped",
    "rule.triggered",
    "sensor.blocked",
    "sensor.changed",
    "sensor.unblocked",
    "server.reachable",
    "server.unreachable",
    "storage.full",
    "storage.low",
    "storage.recovered",
    "tone.detected",
    "tone.started",
    "tone.stopped",
    "warning",
]

# Who holds a call.
Hold = Literal["none", "local", "remote", "both"]

# How a call joined: by our invitation, by our answer, from an existing call, or in a participant's place.
Joining = Literal["invited", "answered", "taken_in", "replacing"]

# Which way sound flows between a call and the target of a link.
LinkDirection = Literal["to", "from", "both"]

# How a door is opened. RULE: by a configured rule; EXIT: by an indoor button.
OpenedBy = Literal["button", "dtmf", "api", "keypad", "card", "rule", "exit"]

# The stages of a participant, each reported by an event.
ParticipantState = Literal["inviting", "coming", "in", "left"]

# How a lamp shines. SLOW: 1 Hz, FAST: 4 Hz, both half on; every 2 s, DOUBLE: two flashes, PULSE: a soft pulse.  A lamp
# on a plain line cannot dim; its PULSE is one flash.
Pattern = Literal["off", "on", "slow", "fast", "pulse", "double"]

# The conditions that lamps can show. A lamp shows the first active picture that it has a pattern for.  The order is
# door_open, error in a call whose sound card is lost, recording, speak, testing, and then the only active picture of
# the rest.
Picture = Literal[
    "idle",
    "dialing",
    "ringing",
    "in_call",
    "held",
    "speak",
    "testing",
    "recording",
    "door_open",
    "error",
    "unregistered",
]

# The rating of a call's received sound, by its MOS.
QualityClass = Literal["good", "fair", "poor", "bad"]

# MIXED: both sides in one channel.  SEPARATE: the station's sound in the left channel, the far end's in the right.
RecordingChannels = Literal["mixed", "separate"]

# The station's clock when a recording began.  RIGHT: it was right. CORRECTED: it was wrong, and the time was corrected
# since. UNCERTAIN: neither is known.
RecordingClock = Literal["right", "corrected", "uncertain"]

# The file format of a recording: WAV, or Opus in Ogg after the conversion.
RecordingFormat = Literal["wav", "opus"]

# The kinds of recordings: a call, or a message that a visitor leaves when nobody answers.
RecordingKind = Literal["call", "message"]

# A side of a recorded call. LOCAL: the sound that the station sends; REMOTE: the sound of the far end.
RecordingSide = Literal["local", "remote"]

# The kinds of sensors: for a door's leaf, the panel's housing, motion, or anything else that is only reported.
SensorKind = Literal["contact", "tamper", "motion", "other"]

# Which way sound flows in a call.  HALF_DUPLEX: from the louder side. PUSH_TO_TALK: from the visitor on order, else to
# the visitor.
SoundMode = Literal["full_duplex", "half_duplex", "push_to_talk"]

# The result of a self-test of speaker and microphone.  TOO_QUIET: heard, but hardly. CLIPPED: the microphone gets more
# than it can take. LOUD_ECHO: so loud that the echo canceller would take the visitor's voice away. NO_ECHO: the
# microphone does not hear the speaker. NO_CARD: there is no working sound card.
SoundResult = Literal["works", "too_quiet", "clipped", "loud_echo", "no_echo", "no_card"]

# Free space for recordings. LOW: no recording begins.  FULL: less than half of the reserve is free; running recordings
# stop.
Space = Literal["ok", "low", "full"]

# The state of a strike without current: locked, or open. In both cases the station energises the relay to open.
Strike = Literal["fail_secure", "fail_safe"]

# A tone. Those up to TEST are played by the station itself: CONFIRM to a far end that must press a digit first.
# Clients may play RINGING and those after TEST.
Tone = Literal[
    "dialing",
    "ringing",
    "held",
    "waiting",
    "auto_answer",
    "confirm",
    "ending",
    "error",
    "ringback",
    "busy",
    "congestion",
    "call_waiting",
    "door",
    "warning",
]

# How to handle a far end's transfer request: refuse it, follow it, or ask a client.
TransferPolicy = Literal["refuse", "follow", "ask"]

# Our role in a transfer (RFC 5589 §2): we transfer a far end, or a far end transfers us.
TransferRole = Literal["transferor", "transferee"]

# A client must decide, the outcome is awaited, or it succeeded and the far end should now end its call with us.
TransferState = Literal["asked", "under_way", "done"]
