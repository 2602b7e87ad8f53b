"""Transfers: as transferor and as transferee (RFC 5589)."""
