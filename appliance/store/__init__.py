"""The stored data: the journal of events, the call log and the recordings, in one directory."""
