"""The engine around the core: the reactor, its inbox, and the stream of events to subscribers."""
