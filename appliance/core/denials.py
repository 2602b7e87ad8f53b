"""Why a door stays locked, in the words of door.denied and keypad.refused; what follows a colon says more."""

from enum import StrEnum


class Denial(StrEnum):
    """All there are."""

    WRONG = "a wrong code"
    UNAVAILABLE = "codes are unavailable"
    FOREIGN = "it is for other doors"
    NO_TARGET = "the far end is no target that may open this door"
    LOCKED_OUT = "after too many wrong codes none is taken for a while"
    USED_UP = "the code is used up"
    EXPIRED = "the code has expired"
    NOT_NOW = "the code is not valid at this time"
    NO_CLOCK = "the clock is not synchronised, and this opens at certain times only"
    BEING_WRITTEN = "it is being written just now"
    NOT_WRITTEN = "its use could not be written"
    LOCKED_DOWN = "the door is locked down"
    TAMPERED = "a sensor blocks it"
    NO_GUARD = "the relay guard is not there"
    NOT_TAKEN = "the relay guard did not take it"
