"""What is kept: the journal of events, the call log and the recordings, in one directory."""
