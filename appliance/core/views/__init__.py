"""The records that clients read: answers of HTTP, properties on D-Bus, and parts of events."""
