"""Errors, fields, bodies and reasons that rows of the list of orders have."""

from typing import Annotated, Literal

from msgspec import Meta

from appliance.base.errors import ErrorCode as E
from appliance.core.appliance import custom_events
from appliance.core.inputs.bounds import LINE
from appliance.core.model import COUNTRIES
from appliance.core.panel import colors
from appliance.orders.invalid import form

PLAYED = E.AUDIO_UNAVAILABLE, E.CALL_WRONG_STATE
FETCHED = E.SERVER_UNREACHABLE, E.FILE_UNSUPPORTED, E.RECORDING_NOT_FOUND, E.ORDER_FAILED
SPOKEN = E.TEXT_TOO_LONG, E.ORDER_FAILED
DIALLED = E.NUMBER_INVALID, E.NO_ACCOUNT, E.TOO_MANY_CALLS
IN_CONFERENCE = E.CALL_NOT_FOUND, E.CALL_WRONG_STATE
OPENED = E.DOOR_BLOCKED, E.DOOR_LOCKED_DOWN
STATE = (E.CALL_WRONG_STATE,)

PlayableTone = Literal["ringback", "busy", "congestion", "call_waiting", "ringing", "door", "warning"]
TONE = Annotated[
    PlayableTone,
    Meta(
        description="ringback, busy, congestion and call_waiting sound as on the telephones of the country; ringing is "
        "the station's bell, door and warning are its own signals."
    ),
]
COUNTRY = Annotated[  # here, as to compile the pattern takes time at the start
    str,
    Meta(
        pattern=form(rf"^({'|'.join(COUNTRIES)})?\Z", f"empty, or one of {', '.join(COUNTRIES)}"),
        description="Two letters (ISO 3166), or eu. Omitted: `audio.country`.",
        examples=["de"],
    ),
]
EARLY = Annotated[
    Literal["tone", "panel"],
    Meta(
        description="tone: a ringing tone from the station; panel: the sound of the microphone, while no other call is "
        "in the foreground.",
        examples=["tone"],
    ),
]
FAILED = Annotated[
    int, Meta(ge=300, le=699, description="Final SIP response (RFC 3261 §21.3 to 21.6).", examples=[603])
]
COLOR = Annotated[
    str,
    Meta(
        pattern=form(
            rf"^(#[0-9A-Fa-f]{{6}}|{'|'.join(colors.NAMES)})\Z",
            f"a color, as in #ff8000, or one of {', '.join(colors.NAMES)}",
        ),
        examples=["#ff8000"],
        description="Colour; null: the configured one. Not black.",
    ),
]
CUSTOM_NAME = form(
    rf"^{custom_events.NAME}\Z", "1 to 64 letters, digits, dots, - and _, with a letter or a digit first"
)
DETAILS = Annotated[
    dict[
        Annotated[str, Meta(pattern=CUSTOM_NAME)],
        Annotated[str, Meta(max_length=custom_events.LONGEST_DETAIL, pattern=LINE)],
    ],
    Meta(
        max_length=custom_events.MOST_DETAILS,
        description="Texts of one line by their names.",
        examples=[{"floor": "3"}],
    ),
]
PARTICIPANT = Annotated[str, Meta(max_length=64, description="Id of the participant's call.")]
MUTED = Annotated[bool, Meta(description="Whether the other participants and the panel do not hear this one.")]
OF_CALL = Annotated[str, Meta(max_length=64, description="Id of the call that it belongs to.")]
NAME = Annotated[str, Meta(pattern=rf"^{custom_events.NAME}\Z", description="Its kind.", examples=["lift.called"])]
# why the panel, the page or a shell has no use for an order
NO_PANEL = "no: for programs, not for a person at the panel"
NO_PAGE = "no: for programs, not for a person at a page"
NO_SHELL = "no: for programs that take part in a call, not for a person at a shell"
NO_VISITOR = "no: a visitor has no use for it"

PLAY_TONE = ("PlayTone", "A tone to play.")
SIDE = ("MuteRecording", "A side of a recording.")
