"""What orders are about: the places of objects in paths, and the scopes that a token needs for them."""

from appliance.base.errors import ErrorCode as E
from appliance.core.model import AccessScope
from appliance.orders.order import Subject

VIEW, CALL, LISTEN = AccessScope.VIEW, AccessScope.CALL, AccessScope.LISTEN
DOOR, ADMIN = AccessScope.DOOR, AccessScope.ADMIN

CALLS = Subject("/v1/calls/{call}", "calls", (CALL,), "call", "The call's id.", E.CALL_NOT_FOUND)
CONFERENCES = Subject(
    *("/v1/conferences/{conference}", "conferences", (CALL,)),
    *("conference", "The conference's id.", E.CONFERENCE_NOT_FOUND),
)
RUNNING = Subject(
    *("/v1/recordings/live/{recording}", "recordings", (CALL,)),
    *("recording", "The recording's id.", E.RECORDING_NOT_FOUND),
)
DOORS = Subject(
    *("/v1/doors/{door}", "doors", (DOOR,)),
    *("door", "The name of the door in the configuration.", E.DOOR_NOT_FOUND),
)
ACCOUNTS = Subject(
    *("/v1/accounts/{account}", "accounts", (ADMIN,)),
    *("account", "The name of the account in the configuration.", E.ACCOUNT_NOT_FOUND),
)
BUTTONS = Subject(  # a button may ring, and may open a door
    *("/v1/panel/buttons/{button}", "panel", (DOOR, CALL)),
    *("button", "The name of the button in the configuration.", E.BUTTON_NOT_FOUND),
)
LAMPS = Subject(
    *("/v1/panel/lamps/{lamp}", "panel", (ADMIN,)),
    *("lamp", "The name of the lamp in the configuration.", E.LAMP_NOT_FOUND),
)
SENSORS = Subject(
    *("/v1/panel/sensors/{sensor}", "panel", (ADMIN,)),
    *("sensor", "The name of the sensor in the configuration.", E.SENSOR_NOT_FOUND),
)
RINGS = Subject("/v1/rings/{ring}", "panel", (CALL,), "ring", "The ring's id, which ring.started brings.")
FLATS = Subject(
    *("/v1/contacts/{flat}", "contacts", (CALL,)),
    *("flat", "The number of the flat in the directory.", E.FLAT_NOT_FOUND),
)
CODES = Subject(
    *("/v1/codes/{code}", "codes", (ADMIN,)),
    *("code", "The id of the code or card, which is not its digits.", E.CODE_NOT_FOUND),
)
RECORDINGS = Subject(
    *("/v1/recordings/{recording}", "recordings", (ADMIN,)),
    *("recording", "The recording's id.", E.RECORDING_NOT_FOUND),
)
TOKENS = Subject(
    *("/v1/tokens/{token}", "tokens", (ADMIN,)),
    *("token", "The token's id, which is not the secret.", E.TOKEN_NOT_FOUND),
)
SUBSCRIPTIONS = Subject(  # of others: the route itself demands `admin`
    *("/v1/push/{subscription}", "push", (VIEW,)),
    *("subscription", "The subscription's id.", E.SUBSCRIPTION_NOT_FOUND),
)
OPERATIONS = Subject(
    *("/v1/operations/{operation}", "operations", (ADMIN,)),
    *("operation", "The id that the answer to the order gives.", E.OPERATION_NOT_FOUND),
)
RULES = Subject(  # of each client its own; the routes demand more
    *("/v1/rules/{rule}", "rules", (VIEW,)),
    *("rule", "The name of a rule.", E.RULE_NOT_FOUND),
)
NEW_RULE = Subject("/v1/rules", "rules", (VIEW,))
NEW_CALL = Subject("/v1/calls", "calls", (CALL,))
BROWSER_CALL = Subject("/v1/calls/from-browser", "calls", (CALL, LISTEN))  # it hears what is said at the door
NEW_CONFERENCE = Subject("/v1/conferences", "conferences", (CALL,))
NEW_CODE = Subject("/v1/codes", "codes", (ADMIN,))
NEW_TOKEN = Subject("/v1/tokens", "tokens", (ADMIN,))
NEW_SUBSCRIPTION = Subject("/v1/push", "push", (VIEW,))  # its reader sees rings anyway
MESSAGES = Subject("/v1/messages", "messages", (CALL,))
AUDIO = Subject("/v1/audio", "audio", (CALL,))
EVENTS = Subject("/v1/events", "events", (CALL,))  # clients' own: others act on them
# Do not disturb; the route itself demands `admin` for the rest.
RUNTIME = Subject("/v1/config/runtime", "configuration", (CALL,))
DOCTOR = Subject("/v1/doctor", "doctor", (VIEW,))  # it only looks
SESSION = Subject("/v1/session", "session", ())
# Answers about these are secrets, for one page, or last as long as a call: MQTT does not bring them.
HTTP_ONLY = NEW_TOKEN, TOKENS, SESSION, NEW_SUBSCRIPTION, SUBSCRIPTIONS, BROWSER_CALL
