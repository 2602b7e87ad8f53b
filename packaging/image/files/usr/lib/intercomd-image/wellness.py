"""Whether the door phone works, by what `intercomctl state --json` and systemd say."""

from typing import Any

# A door phone does without the others: they are at other machines, or for convenience.
VITAL = frozenset({"audio", "codes", "kept", "panel", "relay", "sip", "storage"})

RESTARTS = 5  # after so many in vain the daemon is not waited for any longer


def hopeless(state: dict[str, Any] | None, restarts: int) -> bool:
    """Whether the daemon will not come. restarts: how often systemd has started it again (NRestarts)."""
    return state is None and restarts >= RESTARTS


def unwell(state: dict[str, Any] | None, units: dict[str, str]) -> list[str]:
    """One sentence for each thing that is not as it should be, or not yet.

    state: of GET /v1/state; None: the daemon does not answer. units: what systemd says of our units (ActiveState); a
    guard that has no door to guard has ended without a fault.
    """
    wrong = [f"{name} is {active}." for name, active in units.items() if active not in {"active", "inactive"}]
    if state is None:
        return [*wrong, "The daemon does not answer."]
    station = state["appliance"]
    if not station["ready"]:
        wrong.append(f"Calls are not possible: {station['status']}")
    wrong += [f"{each['part']}: {each['why']}" for each in station["failed"] if each["part"] in VITAL]
    # A registrar may be away, or refuse us: that is no fault of this image, if the station knows it.
    wrong += [
        f"Account {each['name']} is {each['state']}, and there is no reason."
        for each in state["accounts"]
        if each["state"] != "registered" and not (each["explanation"] or each["reason"])
    ]
    for way in ("speaker", "microphone"):
        side = state["audio"][way]
        if "CARD=" in side["pcm"] and side["card"] is None:
            wrong.append(f"The card of the {way} is not there: {side['pcm']}.")
    return wrong
