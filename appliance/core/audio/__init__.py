"""The sound cards of the station."""
