"""Machines outside of the station to which it connects because of a URL that somebody gave."""
