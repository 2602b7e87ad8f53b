"""Measures the daemon beside bare pjsua2 and baresip on one machine: `python -m benchmarks`, or `make bench`."""
