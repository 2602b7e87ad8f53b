"""Examines a station: its configuration, cards and lines, each check told in one sentence with cause and remedy."""
