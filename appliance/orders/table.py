"""The one list of clients' orders.

A row gives an order its HTTP request, and the record of `core/inputs` that is its action. From it follow the route with
body and bounds, the scopes of a token, the OpenAPI description with errors and examples, the method on D-Bus, and the
command of intercomctl. An order `by_hand` has a route of its own: its body is not its record, or its outcome comes
later.
"""

from typing import Annotated, Literal

from msgspec import Meta

from appliance.base.errors import ErrorCode as E
from appliance.core import inputs
from appliance.core.appliance import custom_events
from appliance.core.inputs.bounds import LINE
from appliance.core.model import COUNTRIES, RecordingOrder
from appliance.core.panel import colors
from appliance.orders.order import REQUIRED, Order
from appliance.orders.subjects import (
    ACCOUNTS,
    ADMIN,
    AUDIO,
    BROWSER_CALL,
    BUTTONS,
    CALLS,
    CODES,
    CONFERENCES,
    DOCTOR,
    DOORS,
    EVENTS,
    FLATS,
    LAMPS,
    MESSAGES,
    NEW_CALL,
    NEW_CODE,
    NEW_CONFERENCE,
    NEW_TOKEN,
    OPERATIONS,
    RECORDINGS,
    RUNNING,
    RUNTIME,
    SENSORS,
    SESSION,
    TOKENS,
)

# -- errors and bodies that several orders have ------------------------------------------------------------------------

_PLAYED = E.AUDIO_UNAVAILABLE, E.CALL_WRONG_STATE
_FETCHED = E.SERVER_UNREACHABLE, E.FILE_UNSUPPORTED, E.RECORDING_NOT_FOUND, E.ORDER_FAILED
_SPOKEN = E.TEXT_TOO_LONG, E.ORDER_FAILED
_DIALLED = E.NUMBER_INVALID, E.NO_ACCOUNT, E.TOO_MANY_CALLS
_IN_CONFERENCE = E.CALL_NOT_FOUND, E.CALL_WRONG_STATE
_OPENED = E.DOOR_BLOCKED, E.DOOR_LOCKED_DOWN
_STATE = (E.CALL_WRONG_STATE,)

PlayableTone = Literal["ringback", "busy", "congestion", "call_waiting", "ringing", "door", "warning"]
_TONE = Annotated[
    PlayableTone,
    Meta(
        description="ringback, busy, congestion and call_waiting sound as on the telephones of the country; ringing is "
        "the station's bell, door and warning are its own signals."
    ),
]
_COUNTRY = Annotated[  # here, as to compile the pattern takes time at the start
    str,
    Meta(
        pattern=rf"^({'|'.join(COUNTRIES)})?\Z",
        description="Two letters (ISO 3166), or eu. Omitted: `audio.country`.",
        examples=["de"],
    ),
]
_EARLY = Annotated[
    Literal["tone", "panel"],
    Meta(
        description="tone: a ringing tone from the station; panel: the sound of the microphone, while no other call is "
        "in the foreground.",
        examples=["tone"],
    ),
]
_FAILED = Annotated[
    int, Meta(ge=300, le=699, description="Final SIP response (RFC 3261 §21.3 to 21.6).", examples=[603])
]
_COLOR = Annotated[
    str,
    Meta(
        pattern=rf"^(#[0-9A-Fa-f]{{6}}|{'|'.join(colors.NAMES)})\Z",
        examples=["#ff8000"],
        description="Colour; null: the configured one. Not black.",
    ),
]
_DETAILS = Annotated[
    dict[
        Annotated[str, Meta(pattern=rf"^{custom_events.NAME}\Z")],
        Annotated[str, Meta(max_length=custom_events.LONGEST_DETAIL, pattern=LINE)],
    ],
    Meta(
        max_length=custom_events.MOST_DETAILS,
        description="Texts of one line by their names.",
        examples=[{"floor": "3"}],
    ),
]
_PARTICIPANT = Annotated[str, Meta(max_length=64, description="Id of the participant's call.")]
_MUTED = Annotated[bool, Meta(description="Whether the other participants and the panel do not hear this one.")]
_OF_CALL = Annotated[str, Meta(max_length=64, description="Id of the call that it belongs to.")]
_NAME = Annotated[str, Meta(pattern=rf"^{custom_events.NAME}\Z", description="Its kind.", examples=["lift.called"])]
_PLAY_TONE = ("PlayTone", "A tone to play.")
_SIDE = ("MuteRecording", "A side of a recording.")

# -- the orders --------------------------------------------------------------------------------------------------------

ORDERS = (
    Order("place_call", NEW_CALL, "POST", inputs.Dial, errors=(*_DIALLED, E.TEXT_TOO_LONG), by_hand=True),
    Order("call_from_browser", BROWSER_CALL, "POST", errors=(E.CALL_WRONG_STATE,), by_hand=True),
    Order("change_call", CALLS, "PATCH", errors=(E.CALL_WRONG_STATE, E.TEXT_TOO_LONG), by_hand=True),
    Order("end_call", CALLS, "DELETE", inputs.HangUpCall, fixed={"headers": ()}),
    Order(
        "answer_call",
        CALLS,
        "POST answer",
        inputs.AnswerCall,
        errors=(*_STATE, E.TEXT_TOO_LONG),
        by_hand=True,
        bus="Answer",
        command="answer [call]: answer a call",
    ),
    Order("ring_call", CALLS, "POST ring", inputs.RingCall, errors=_STATE, bus="Ring"),
    Order(
        *("send_early_media", CALLS, "POST early-media", inputs.SendEarlyMedia),
        body=("EarlyMedia", "Sound that the caller hears before the answer."),
        errors=_STATE,
        shapes={"source": (_EARLY, "tone")},
        bus="SendEarlyMedia(source)",
    ),
    Order("update_call", CALLS, "POST update", inputs.UpdateCall, errors=(*_STATE, E.ORDER_FAILED), by_hand=True),
    Order(
        *("accept_update", CALLS, "POST update-request/accept", inputs.DecideUpdate),
        errors=_STATE,
        fixed={"accepted": True},
        says="Accept a change that the far end requests (`call.update_received` with `asked`).",
        bus="AcceptUpdate",
    ),
    Order(
        *("refuse_update", CALLS, "POST update-request/refuse", inputs.DecideUpdate),
        errors=_STATE,
        fixed={"accepted": False},
        says="Refuse a change that the far end requests (488); the call continues unchanged.",
        bus="RefuseUpdate",
    ),
    Order(
        *("reject_call", CALLS, "POST reject", inputs.RejectCall),
        body=("Reject", "Response to an incoming call that is refused."),
        errors=_STATE,
        bus="Reject(code)",
        command="reject [call] --code",
    ),
    Order(
        "hang_up_call",
        CALLS,
        "POST hangup",
        inputs.HangUpCall,
        body=("HangUpWith", "Options of a hang-up."),
        bus="Hangup",
        command="hangup [call]: end a call",
    ),
    Order(
        *("hold_call", CALLS, "POST hold", inputs.HoldCall),
        errors=_STATE,
        fixed={"held": True},
        says="Hold a connected call.",
        bus="Hold",
        command="hold [call]",
    ),
    Order(
        *("resume_call", CALLS, "POST resume", inputs.HoldCall),
        errors=_STATE,
        fixed={"held": False},
        says="Resume a held call.",
        bus="Resume",
        command="resume [call]",
    ),
    Order(
        *("send_digits", CALLS, "POST dtmf", inputs.SendDigits),
        body=("Digits", "DTMF digits to send."),
        errors=(*_STATE, E.DIGITS_UNSUPPORTED),
        bus="SendDigits(digits)",
        command="dtmf <digits> [call]",
    ),
    Order(
        *("play_tone", CALLS, "POST tone", inputs.PlayTone),
        body=_PLAY_TONE,
        errors=_PLAYED,
        shapes={"tone": (_TONE, REQUIRED), "country": (_COUNTRY, "")},
        says="Play a tone to the far end, in place of one that a client plays there; `tone.stopped` reports its end.",
    ),
    Order(
        *("stop_tone", CALLS, "DELETE tone", inputs.StopTone),
        errors=(E.CONFLICT,),
        says="Stop the tone that a client plays to the far end.",
    ),
    Order("play_sound", CALLS, "POST playback", inputs.PlaySound, errors=(*_PLAYED, *_FETCHED), by_hand=True),
    Order("say_in_call", CALLS, "POST say", inputs.PlaySpeech, errors=(*_PLAYED, *_SPOKEN), by_hand=True),
    Order(
        *("stop_sound", CALLS, "DELETE playback", inputs.StopSound),
        errors=(E.PLAYBACK_NOT_FOUND,),
        says="Stop the sound that a client plays to the far end.",
    ),
    Order(
        *("link_sound", CALLS, "PUT media/{target}", inputs.LinkSound),
        body=("LinkSound", "How sound flows between a call and a target."),
        errors=(E.AUDIO_UNAVAILABLE, *_STATE, E.CONFERENCE_NOT_FOUND, E.CONFLICT),
        says="Send the call's sound to another call, the conference or the `speaker`, or bring another call's sound to "
        "it.\n\nBoth calls talk on while another one is in the foreground. Whenever somebody begins to hear a far end "
        "by this, that far end hears a tone for a second, which no client can stop or replace.",
    ),
    Order("unlink_sound", CALLS, "DELETE media/{target}", inputs.UnlinkSound),
    Order(
        *("start_recording", CALLS, "POST recording", inputs.StartRecording),
        errors=(E.RECORDING_ALREADY_RUNNING, E.RECORDING_NO_MEDIA, E.TEXT_TOO_LONG, E.ORDER_FAILED),
        by_hand=True,
        bus="StartRecording",
    ),
    Order(
        *("stop_recording", CALLS, "DELETE recording", inputs.StopRecording),
        errors=(E.RECORDING_NOT_RUNNING, E.RECORDING_NO_MEDIA),
        says="End the recording of a call, which goes on; `recording.available` follows.",
        bus="StopRecording",
    ),
    Order(
        *("transfer_call", CALLS, "POST transfer", inputs.TransferCall),
        errors=(*_STATE, E.NUMBER_INVALID, E.NO_ACCOUNT, E.ORDER_FAILED),
        by_hand=True,
    ),
    Order(
        *("accept_transfer", CALLS, "POST transfer-request/accept", inputs.AcceptTransfer),
        errors=(E.TRANSFER_NOT_REQUESTED, E.TOO_MANY_CALLS),
        bus="AcceptTransfer",
    ),
    Order(
        *("refuse_transfer", CALLS, "POST transfer-request/refuse", inputs.EndTransfer),
        errors=(E.TRANSFER_NOT_REQUESTED,),
        fixed={"code": 603, "reason": "Decline"},
        says="Refuse a transfer request; the call continues.",
        bus="RefuseTransfer",
    ),
    Order(
        *("transfer_done", CALLS, "POST transfer-request/succeed", inputs.EndTransfer),
        errors=(E.TRANSFER_NOT_REQUESTED,),
        fixed={"code": 200, "reason": "OK"},
        says="Report that the client carried out a transfer request itself; the far end is notified, and the call "
        "ends.",
    ),
    Order(
        *("transfer_failed", CALLS, "POST transfer-request/fail", inputs.EndTransfer),
        body=("TransferFailure", "Result of a requested transfer that failed."),
        shapes={"code": (_FAILED, 503)},
        errors=(E.TRANSFER_NOT_REQUESTED,),
        says="Report that the client failed to carry out a transfer request; the far end is notified, the call "
        "continues.",
    ),
    Order(
        *("send_text", CALLS, "POST message", inputs.SendCallText),
        errors=(*_STATE, E.TEXT_TOO_LONG, E.ORDER_FAILED),
        by_hand=True,
    ),
    Order(
        *("send_info", CALLS, "POST info", inputs.SendInfo),
        errors=(*_STATE, E.TEXT_TOO_LONG, E.ORDER_FAILED),
        by_hand=True,
    ),
    Order(
        *("begin_conference", NEW_CONFERENCE, "POST", inputs.Confer),
        errors=(*_IN_CONFERENCE, *_DIALLED),
        by_hand=True,
    ),
    Order("change_conference", CONFERENCES, "PATCH", errors=(E.CONFLICT,), by_hand=True),
    Order("end_conference", CONFERENCES, "DELETE", inputs.EndConference, says="End all its calls.", bus="End"),
    Order(
        *("record_conference", CONFERENCES, "POST recording", inputs.RecordConference),
        errors=(E.RECORDING_ALREADY_RUNNING, E.RECORDING_NO_MEDIA),
        by_hand=True,
    ),
    Order(
        *("stop_recording_conference", CONFERENCES, "DELETE recording", inputs.RecordConference),
        errors=(E.RECORDING_NOT_RUNNING, E.CONFLICT),
        fixed={"recorded": False, "channels": None},
        says="End the recordings of all calls of a conference, which goes on.",
        bus="StopRecording",
    ),
    Order(
        *("add_participant", CONFERENCES, "POST participants", inputs.InviteInto),
        errors=(*_IN_CONFERENCE, *_DIALLED),
        by_hand=True,
    ),
    Order(
        *("change_participant", CONFERENCES, "PATCH participants", inputs.MuteIn),
        body=("ParticipantChange", "Changes of a participant."),
        errors=(E.CALL_NOT_FOUND, E.CONFLICT),
        shapes={"call": (_PARTICIPANT, REQUIRED), "muted": (_MUTED, REQUIRED)},
        says="Mute a participant for all others, or unmute.",
    ),
    Order(
        *("remove_participant", CONFERENCES, "DELETE participants", inputs.RemoveFrom),
        errors=(E.CALL_NOT_FOUND, E.CONFLICT),
        by_hand=True,
    ),
    Order(
        *("send_message", MESSAGES, "POST", inputs.SendText),
        errors=(E.NUMBER_INVALID, E.NO_ACCOUNT, E.TEXT_TOO_LONG, E.ORDER_FAILED),
        by_hand=True,
    ),
    Order(
        *("pause_recording", RUNNING, "POST pause", inputs.SteerRecording),
        fixed={"to": RecordingOrder.PAUSE, "side": None},
        says="Pause a recording: until it is resumed, no sound goes into its file.",
    ),
    Order(
        *("resume_recording", RUNNING, "POST resume", inputs.SteerRecording),
        fixed={"to": RecordingOrder.RESUME, "side": None},
        says="End the pause of a recording.",
    ),
    Order(
        *("mute_recording", RUNNING, "POST mute", inputs.SteerRecording, _SIDE),
        fixed={"to": RecordingOrder.MUTE},
        says="Replace a side of a recording, or both, by silence from now on; unlike in a pause, its time goes on.",
    ),
    Order(
        *("unmute_recording", RUNNING, "POST unmute", inputs.SteerRecording, _SIDE),
        fixed={"to": RecordingOrder.UNMUTE},
        says="Record a muted side again, or both.",
    ),
    Order(
        *("end_recording", RUNNING, "POST stop", inputs.SteerRecording),
        fixed={"to": RecordingOrder.STOP, "side": None},
        says="End a recording; `recording.available` follows.",
    ),
    Order(
        *("discard_recording", RUNNING, "DELETE", inputs.SteerRecording),
        errors=(E.CONFLICT,),
        fixed={"to": RecordingOrder.DISCARD, "side": None},
        scopes=(ADMIN,),  # its finished part goes, too
        says="End a recording and keep nothing of it; `recording.deleted` follows.",
    ),
    Order("change_recording", RECORDINGS, "PATCH", errors=(E.CONFLICT,), by_hand=True),
    Order("delete_recording", RECORDINGS, "DELETE", errors=(E.CONFLICT,), by_hand=True),
    Order(
        "open_door",
        DOORS,
        "POST open",
        inputs.OpenDoor,
        ("Open", "Options of an opening."),
        _OPENED,
        bus="Open(seconds)",
        command="door {door} (open) --seconds: open a door, hold it open, or lock it down",
    ),
    Order(
        "hold_door",
        DOORS,
        "POST hold",
        inputs.HoldDoor,
        ("HoldOpen", "Options of a hold."),
        _OPENED,
        bus="Hold(seconds)",
        command="door {door} hold --seconds",
    ),
    Order("release_door", DOORS, "POST release", inputs.ReleaseDoor, bus="Release", command="door {door} release"),
    Order("lock_door", DOORS, "POST lock", inputs.LockDoor, bus="Lock", command="door {door} lock"),
    Order("unlock_door", DOORS, "POST unlock", inputs.UnlockDoor, bus="Unlock", command="door {door} unlock"),
    Order(
        "register_account",
        ACCOUNTS,
        "POST register",
        inputs.RegisterAccount,
        bus="Register",
        command="accounts register [account]: show the accounts at registrars, or register or unregister one",
    ),
    Order(
        "unregister_account",
        ACCOUNTS,
        "POST unregister",
        inputs.UnregisterAccount,
        bus="Unregister",
        command="accounts unregister [account]",
    ),
    Order(
        "press_button",
        BUTTONS,
        "POST press",
        inputs.PressButton,
        ("PressOptions", "Options of a press."),
        bus="PressButton(button, seconds)",
        command="press {button} --seconds: press a button of the panel",
    ),
    Order(
        *("try_lamp", LAMPS, "POST test", inputs.TestLamp, ("TestLamp", "Options of a lamp test.")),
        shapes={"color": (_COLOR | None, None)},
    ),
    Order(
        "clear_sensor", SENSORS, "POST clear", inputs.ClearSensor, bus="ClearSensor(sensor)", command="clear {sensor}"
    ),
    Order(
        "ring_flat",
        FLATS,
        "POST ring",
        inputs.RingFlat,
        errors=(E.TOO_MANY_CALLS,),
        bus="RingFlat(flat)",
        command="ring {flat}",
    ),
    Order("add_code", NEW_CODE, "POST", inputs.AddCredential, errors=(E.DOOR_NOT_FOUND,), by_hand=True),
    Order(
        *("change_code", CODES, "PATCH", inputs.ChangeCredential),
        errors=(E.DOOR_NOT_FOUND, E.CONFLICT),
        by_hand=True,
    ),
    Order("remove_code", CODES, "DELETE", inputs.RemoveCredential, errors=(E.CONFLICT,), names={"code": "id"}),
    Order(
        *("change_audio", AUDIO, "PATCH", inputs.ChangeAudio),
        body=(
            "AudioChange",
            "Levels to set, in per cent or in dB. Kept over restarts until the file changes; omitted fields stay.",
        ),
        errors=(E.AUDIO_UNAVAILABLE,),
        says="Set levels. The event `audio.settings_changed` reports the level that the card has taken: a card has "
        "steps.\n\nThe station sets the level of an absent card when the card returns.",
    ),
    Order(
        *("play_tone_on_speaker", AUDIO, "POST tone", inputs.PlayTone, _PLAY_TONE, _PLAYED),
        fixed={"call": None},
        shapes={"tone": (_TONE, REQUIRED), "country": (_COUNTRY, "")},
        says="Play a tone on the speaker, in place of one that a client plays there; `tone.stopped` reports its end.",
    ),
    Order(
        *("stop_tone_on_speaker", AUDIO, "DELETE tone", inputs.StopTone),
        errors=(E.CONFLICT,),
        fixed={"call": None},
        says="Stop the tone that a client plays on the speaker.",
    ),
    Order("play_sound_on_speaker", AUDIO, "POST playback", errors=(*_PLAYED, *_FETCHED), by_hand=True),
    Order("say_on_speaker", AUDIO, "POST say", errors=(*_PLAYED, *_SPOKEN), by_hand=True),
    Order(
        *("stop_sound_on_speaker", AUDIO, "DELETE playback", inputs.StopSound),
        errors=(E.PLAYBACK_NOT_FOUND,),
        fixed={"call": None},
        says="Stop the sound that a client plays on the speaker.",
    ),
    Order(
        "let_visitor_talk",
        AUDIO,
        "POST talk",
        inputs.Talk,
        ("Talk", "The visitor's turn to speak."),
        _STATE,
        bus="Talk(seconds)",
        command="talk (start) --seconds: with push-to-talk: let the caller hear the visitor, or the visitor the caller",
    ),
    Order(
        "let_caller_talk",
        AUDIO,
        "DELETE talk",
        inputs.StopTalk,
        errors=(*_STATE, E.CONFLICT),
        bus="StopTalk",
        command="talk stop",
    ),
    Order("try_sound", AUDIO, "POST self-test", inputs.TestSound, errors=(E.AUDIO_UNAVAILABLE,), by_hand=True),
    Order(
        *("report_event", EVENTS, "POST", inputs.ReportCustom, ("CustomEvent", "An event of a client.")),
        errors=(E.CALL_NOT_FOUND,),
        shapes={"name": (_NAME, REQUIRED), "details": (_DETAILS, {}), "call": (_OF_CALL | None, None)},
        says="Report an event of your own, `custom`, to all who follow the events: at most 20 at once, then one a "
        "second.",
        bus="ReportEvent(name, details)",
    ),
    Order(
        *("change_runtime", RUNTIME, "PATCH", inputs.ChangeRuntime),
        errors=(E.NUMBER_INVALID, E.PRECONDITION_FAILED),
        by_hand=True,
    ),
    Order("add_token", NEW_TOKEN, "POST", by_hand=True),
    Order("remove_token", TOKENS, "DELETE", by_hand=True),
    Order("begin_session", SESSION, "POST", by_hand=True),
    Order("end_session", SESSION, "DELETE", by_hand=True),
    Order("examine_station", DOCTOR, "POST", by_hand=True),
)
SUBJECTS = tuple(dict.fromkeys([*(order.of for order in ORDERS), OPERATIONS]))
