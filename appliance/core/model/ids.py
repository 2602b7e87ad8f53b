"""The types of identifiers."""

from typing import NewType

CallId = NewType("CallId", str)
ButtonId = NewType("ButtonId", str)
LampId = NewType("LampId", str)
DoorId = NewType("DoorId", str)
KeypadId = NewType("KeypadId", str)
ReaderId = NewType("ReaderId", str)
RecordingId = NewType("RecordingId", str)
RequestId = NewType("RequestId", str)
AccountId = NewType("AccountId", str)
MessageId = NewType("MessageId", str)
ConferenceId = NewType("ConferenceId", str)
RingId = NewType("RingId", str)
SensorId = NewType("SensorId", str)
CredentialId = NewType("CredentialId", str)
PlaybackId = NewType("PlaybackId", str)
NO_CALL = CallId("")  # of a visitor's message
NO_ACCOUNT = AccountId("")  # a call directly between two addresses
DIRECT = AccountId("direct")  # the clients' name for NO_ACCOUNT
