"""Rooms, voices and street noise in front of the echo canceller, measured. See docs/benchmarks-audio.md."""
