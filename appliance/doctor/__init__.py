"""Examines a station: its configuration, cards and lines, each check reported in one sentence with cause and remedy."""
