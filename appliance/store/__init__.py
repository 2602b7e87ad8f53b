"""What is kept: the journal of events and the recordings, in one directory."""
