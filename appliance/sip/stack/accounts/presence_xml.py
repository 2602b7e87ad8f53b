"""The body of a NOTIFY about a contact: presence (RFC 3863, RFC 4480) or dialogs (RFC 4235)."""

from typing import TYPE_CHECKING

from appliance.core.model import ContactState

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

C = ContactState
LONGEST = 65536
BUSY = {"busy", "on-the-phone"}  # activities, RFC 4480 §3.2
OVER = "terminated"
UNREADABLE = "The state that its server sent cannot be read"


class UnreadableError(Exception):
    """The body is not a document of the expected kind."""


def presence(body: str) -> ContactState:
    """The state of a presentity (RFC 3863 §4.1); a busy one may be open or closed. Raises UnreadableError."""
    root = read(body, "presence")
    names = {local(each) for each in root.iter()}
    if names & BUSY:
        return C.BUSY
    basics = {(each.text or "").strip() for each in root.iter() if local(each) == "basic"}
    if "open" in basics:
        return C.AVAILABLE
    return C.UNAVAILABLE if basics else C.UNKNOWN


class Dialogs:
    """A telephone's dialogs. A document lists all dialogs, or only the changed ones (RFC 4235 §3.5)."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}

    def take(self, body: str) -> ContactState:
        """The state after this document. Raises UnreadableError."""
        root = read(body, "dialog-info")
        if root.get("state") == "full":
            self._states.clear()
        for dialog in root:
            state = next((each for each in dialog if local(each) == "state"), None)
            if local(dialog) == "dialog" and state is not None:
                self._states[dialog.get("id", "")] = (state.text or "").strip()
        self._states = {name: state for name, state in self._states.items() if state != OVER}
        return C.BUSY if self._states else C.AVAILABLE


def read(body: str, kind: str) -> "ET.Element":
    """The document's root. Raises UnreadableError, also for a document type, which could define entities."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415  late: for stations that subscribe

    if len(body) > LONGEST or "<!" in body.replace("<!--", ""):
        raise UnreadableError
    try:
        root = ET.fromstring(body.strip().encode())  # noqa: S314 - no document type, no entities
    except (ET.ParseError, ValueError) as error:
        raise UnreadableError from error
    if local(root) != kind:
        raise UnreadableError
    return root


def local(element: "ET.Element") -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]
